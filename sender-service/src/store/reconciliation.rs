//! Comparisons: what is asked for, who works on it, and what it came to.

use framme_shared::{
    db::{
        StoreError,
        rows::{ManyRows, exactly},
    },
    domain::{
        digest::Digest,
        ids::{RequestId, TransmissionId},
        organisation::OrganisationNumber,
        reconciliation::{Class, Difference, Period},
    },
};
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool, any::AnyRow};

use super::columns::Reader;

/// A comparison that is asked for.
#[derive(Debug, Clone)]
pub struct NewReconciliation {
    /// Made by the sender, or by whoever asks.
    pub id: RequestId,
    /// With whom.
    pub receiver: OrganisationNumber,
    /// Why; once for each occasion.
    pub occasion: String,
    /// About what.
    pub period: Period,
    /// Who asked.
    pub requested_by: String,
}

/// Stores it, to be carried out at once. `false` when the occasion or the id has one already.
pub async fn insert(conn: &mut AnyConnection, new: &NewReconciliation, at: Timestamp) -> Result<bool, StoreError> {
    let result = sqlx::query(
        "-- reconciliation::insert
INSERT INTO reconciliation (reconciliation_id, receiver, occasion, period_from, period_until, requested_by, requested_at,
    state, attempts, next_attempt_at, lease_token, lease_until, last_failure, written_at, written_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', 0, $7, NULL, 0, NULL, $7, 'AskForReconciliation')
ON CONFLICT DO NOTHING",
    )
    .bind(new.id.to_string())
    .bind(new.receiver.to_string())
    .bind(new.occasion.clone())
    .bind(new.period.from.map(Timestamp::as_microsecond))
    .bind(new.period.until.map(Timestamp::as_microsecond))
    .bind(new.requested_by.clone())
    .bind(at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// What a comparison came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// Transmissions that this side held as handed over.
    pub sender_entries: u64,
    /// Transmissions that the receiver held.
    pub receiver_entries: u64,
    /// How many both hold alike.
    pub matched: u64,
    /// How many are not simply a match.
    pub differences: u64,
    /// Whether every range that differed was looked into.
    pub complete: bool,
    /// Bytes of messages, both ways.
    pub bytes_moved: u64,
    /// The own signed result.
    pub sender_result: String,
    /// The receiver's.
    pub receiver_result: String,
}

/// A comparison as stored.
#[derive(Debug, Clone)]
pub struct Reconciliation {
    /// Which.
    pub id: RequestId,
    /// With whom.
    pub receiver: OrganisationNumber,
    /// Why.
    pub occasion: String,
    /// About what.
    pub period: Period,
    /// Who asked.
    pub requested_by: String,
    /// When.
    pub requested_at: Timestamp,
    /// Attempts begun.
    pub attempts: u32,
    /// When the last of them was begun.
    pub begun_at: Option<Timestamp>,
    /// Why the last attempt failed.
    pub last_failure: Option<String>,
    /// What it came to; `None` while it waits.
    pub ended: Option<Ended>,
}

macro_rules! columns {
    () => {
        "reconciliation_id, receiver, occasion, period_from, period_until, requested_by, requested_at, attempts,
    begun_at, last_failure, ended_at, sender_entries, receiver_entries, matched, differences, complete, bytes_moved,
    sender_result, receiver_result"
    };
}

/// The comparison with this id.
pub async fn find(pool: &AnyPool, id: &RequestId) -> Result<Option<Reconciliation>, StoreError> {
    const FIND: &str = concat!(
        "-- reconciliation::find\nSELECT ",
        columns!(),
        "\nFROM reconciliation\nWHERE reconciliation_id = $1"
    );
    let row = sqlx::query(FIND).bind(id.to_string()).fetch_optional(pool).await?;
    row.as_ref().map(read).transpose()
}

/// Up to `limit` comparisons that were asked for before this place, newest first; with all receivers when none is named.
pub async fn page(
    pool: &AnyPool,
    receiver: Option<&OrganisationNumber>,
    before: (i64, &str),
    limit: u32,
) -> Result<Vec<Reconciliation>, StoreError> {
    const PAGE: &str = concat!(
        "-- reconciliation::page\nSELECT ",
        columns!(),
        "
FROM reconciliation
WHERE (requested_at, reconciliation_id) < ($1, $2) AND (receiver = $3 OR $3 = '')
ORDER BY requested_at DESC, reconciliation_id DESC
LIMIT $4"
    );
    let rows = sqlx::query(PAGE)
        .bind(before.0)
        .bind(before.1.to_owned())
        .bind(receiver.map(ToString::to_string).unwrap_or_default())
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await?;
    rows.iter().map(read).collect()
}

/// The occasion of this kind that comes last in order; `None` when there was none. Their days are written so that later
/// ones come later.
pub async fn last_occasion(
    pool: &AnyPool,
    receiver: &OrganisationNumber,
    kind: &'static str,
) -> Result<Option<String>, StoreError> {
    let row = sqlx::query(
        "-- reconciliation::last_occasion
SELECT reconciliation_id, occasion
FROM reconciliation
WHERE receiver = $1 AND occasion LIKE $2
ORDER BY occasion DESC
LIMIT 1",
    )
    .bind(receiver.to_string())
    .bind(format!("{kind}/%"))
    .fetch_optional(pool)
    .await?;
    row.map(|row| Reader::new(&row, "reconciliation", "reconciliation_id").text("occasion"))
        .transpose()
}

/// Whether there is one to carry out now.
pub async fn is_due(pool: &AnyPool, receiver: &OrganisationNumber, at: Timestamp) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "-- reconciliation::is_due
SELECT reconciliation_id
FROM reconciliation
WHERE receiver = $1 AND state = 'waiting' AND next_attempt_at <= $2 AND lease_until <= $2
LIMIT 1",
    )
    .bind(receiver.to_string())
    .bind(at.as_microsecond())
    .fetch_optional(pool)
    .await?;
    Ok(row.is_some())
}

/// Leases the oldest that is due. A lease that has run out is no lease.
pub async fn claim(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
    token: &str,
    lease_until: Timestamp,
    at: Timestamp,
) -> Result<Option<Reconciliation>, StoreError> {
    const CLAIM: &str = concat!(
        "-- reconciliation::claim
UPDATE reconciliation
SET lease_token = $1, lease_until = $2, attempts = attempts + 1, begun_at = $3, written_at = $3,
    written_by = 'ClaimReconciliation'
WHERE reconciliation_id IN (
    SELECT reconciliation_id
    FROM reconciliation
    WHERE receiver = $4 AND state = 'waiting' AND next_attempt_at <= $3 AND lease_until <= $3
    ORDER BY requested_at, reconciliation_id
    LIMIT 1)
RETURNING ",
        columns!()
    );
    let row = sqlx::query(CLAIM)
        .bind(token.to_owned())
        .bind(lease_until.as_microsecond())
        .bind(at.as_microsecond())
        .bind(receiver.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Ends all leases on an embedded database, whose only process has just started.
pub async fn release_all(conn: &mut AnyConnection, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "-- reconciliation::release_all
UPDATE reconciliation
SET lease_token = NULL, lease_until = 0, written_at = $1, written_by = 'ReleaseLeases'
WHERE state = 'waiting' AND lease_until > 0",
    )
    .bind(at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// Records a failed attempt, if this worker still has the lease.
pub async fn put_back(
    conn: &mut AnyConnection,
    id: &RequestId,
    token: &str,
    failure: &'static str,
    next_attempt_at: Timestamp,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "-- reconciliation::put_back
UPDATE reconciliation
SET lease_token = NULL, lease_until = 0, last_failure = $1, next_attempt_at = $2, written_at = $3,
    written_by = 'PutBackReconciliation'
WHERE reconciliation_id = $4 AND lease_token = $5 AND state = 'waiting'",
    )
    .bind(failure)
    .bind(next_attempt_at.as_microsecond())
    .bind(at.as_microsecond())
    .bind(id.to_string())
    .bind(token.to_owned())
    .execute(conn)
    .await?;
    Ok(())
}

/// Records what it came to. `false` when this worker has lost its lease.
pub async fn end(conn: &mut AnyConnection, id: &RequestId, token: &str, ended: &Ended) -> Result<bool, StoreError> {
    let result = sqlx::query(
        "-- reconciliation::end
UPDATE reconciliation
SET state = 'done', lease_token = NULL, lease_until = 0, last_failure = NULL, ended_at = $1, sender_entries = $2,
    receiver_entries = $3, matched = $4, differences = $5, complete = $6, bytes_moved = $7, sender_result = $8,
    receiver_result = $9, written_at = $1, written_by = 'EndReconciliation'
WHERE reconciliation_id = $10 AND lease_token = $11 AND state = 'waiting'",
    )
    .bind(ended.at.as_microsecond())
    .bind(ended.sender_entries as i64)
    .bind(ended.receiver_entries as i64)
    .bind(ended.matched as i64)
    .bind(ended.differences as i64)
    .bind(i64::from(ended.complete))
    .bind(ended.bytes_moved as i64)
    .bind(ended.sender_result.clone())
    .bind(ended.receiver_result.clone())
    .bind(id.to_string())
    .bind(token.to_owned())
    .execute(conn)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// A difference with what was done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Treated {
    /// What is wrong.
    pub difference: Difference,
    /// The transmission; `None` when this side has none of the number.
    pub transmission: Option<TransmissionId>,
    /// What was done, a word.
    pub remedy: String,
}

const INSERT_DIFFERENCES: ManyRows = ManyRows {
    head: "-- reconciliation::insert_differences
INSERT INTO reconciliation_difference (reconciliation_id, sequence, class, transmission_id, sender_sha256,
    receiver_sha256, remedy, written_at, written_by)
VALUES",
    columns: 9,
    tail: "",
};

/// Stores the differences of a comparison.
pub async fn insert_differences(
    conn: &mut AnyConnection,
    id: &RequestId,
    differences: &[Treated],
    at: Timestamp,
) -> Result<(), StoreError> {
    let bytes = |digest: &Option<Digest>| digest.as_ref().map(|digest| digest.as_bytes().to_vec());
    let inserted = INSERT_DIFFERENCES
        .execute(conn, differences, |query, treated| {
            query
                .bind(id.to_string())
                .bind(treated.difference.sequence as i64)
                .bind(treated.difference.class.as_str())
                .bind(treated.transmission.map(|id| id.to_string()))
                .bind(bytes(&treated.difference.at_sender))
                .bind(bytes(&treated.difference.at_receiver))
                .bind(treated.remedy.clone())
                .bind(at.as_microsecond())
                .bind("EndReconciliation")
        })
        .await?;
    exactly(inserted, differences.len())
}

/// The first `limit` differences of a comparison, in the order of numbers and then of classes.
pub async fn differences(pool: &AnyPool, id: &RequestId, limit: u32) -> Result<Vec<Treated>, StoreError> {
    let rows = sqlx::query(
        "-- reconciliation::differences
SELECT reconciliation_id, sequence, class, transmission_id, sender_sha256, receiver_sha256, remedy
FROM reconciliation_difference
WHERE reconciliation_id = $1
ORDER BY sequence, class
LIMIT $2",
    )
    .bind(id.to_string())
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "reconciliation_difference", "reconciliation_id");
            let digest = |column| match reader.bytes_or_null(column)? {
                Some(bytes) => Digest::from_slice(&bytes).map(Some).map_err(|_| reader.corrupt(column)),
                None => Ok(None),
            };
            Ok(Treated {
                difference: Difference {
                    sequence: reader.count("sequence")?,
                    class: reader.word("class", Class::parse)?,
                    at_sender: digest("sender_sha256")?,
                    at_receiver: digest("receiver_sha256")?,
                },
                transmission: reader.parsed_or_null("transmission_id")?,
                remedy: reader.text("remedy")?,
            })
        })
        .collect()
}

fn read(row: &AnyRow) -> Result<Reconciliation, StoreError> {
    let reader = Reader::new(row, "reconciliation", "reconciliation_id");
    let ended = match reader.time_or_null("ended_at")? {
        None => None,
        Some(at) => Some(Ended {
            at,
            sender_entries: reader.count("sender_entries")?,
            receiver_entries: reader.count("receiver_entries")?,
            matched: reader.count("matched")?,
            differences: reader.count("differences")?,
            complete: reader.flag("complete")?,
            bytes_moved: reader.count("bytes_moved")?,
            sender_result: reader.text("sender_result")?,
            receiver_result: reader.text("receiver_result")?,
        }),
    };
    Ok(Reconciliation {
        id: reader.parsed("reconciliation_id")?,
        receiver: reader.parsed("receiver")?,
        occasion: reader.text("occasion")?,
        period: Period {
            from: reader.time_or_null("period_from")?,
            until: reader.time_or_null("period_until")?,
        },
        requested_by: reader.text("requested_by")?,
        requested_at: reader.time("requested_at")?,
        attempts: u32::try_from(reader.count("attempts")?).unwrap_or(u32::MAX),
        begun_at: reader.time_or_null("begun_at")?,
        last_failure: reader.text_or_null("last_failure")?,
        ended,
    })
}
