//! Transmissions, and the outbox that their rows are.

use framme_shared::{
    db::{StoreError, rows::ManyRows},
    domain::{
        digest::Digest,
        ids::{ReportId, TransmissionId},
        organisation::OrganisationNumber,
    },
};
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool};

use super::columns::Reader;

/// A new transmission.
#[derive(Clone)]
pub struct NewTransmission {
    /// Made at submission.
    pub transmission: TransmissionId,
    /// The report it is part of.
    pub report: ReportId,
    /// Who gets it.
    pub receiver: OrganisationNumber,
    /// Its number in the pair.
    pub sequence: i64,
    /// The sealed bytes that are delivered.
    pub content: Vec<u8>,
    /// SHA-256 of those bytes before sealing.
    pub content_sha256: Digest,
    /// 0 acute, 1 urgent, 2 normal.
    pub urgency_rank: i64,
}

const INSERT: ManyRows = ManyRows {
    head: "-- transmission::insert
INSERT INTO transmission (transmission_id, report_id, receiver, sequence, content_sha256, submitted_at, urgency_rank,
    delivery_state, attempts, next_attempt_at, lease_token, lease_until, last_failure, written_at, written_by)
SELECT column1, column2, column3, column4, column5, column6, column7, 'waiting', 0, column6, NULL, 0, NULL, column6,
    'AcceptReport'
FROM (VALUES",
    columns: 7,
    tail: ") AS new",
};

const INSERT_CONTENT: ManyRows = ManyRows {
    head: "-- transmission::insert the content
INSERT INTO transmission_content (transmission_id, content, written_at, written_by)
SELECT column1, column2, column3, 'AcceptReport'
FROM (VALUES",
    columns: 3,
    tail: ") AS new",
};

/// Stores new transmissions, ready for delivery at once.
pub async fn insert(
    conn: &mut AnyConnection,
    transmissions: &[&NewTransmission],
    at: Timestamp,
) -> Result<(), StoreError> {
    INSERT
        .execute(&mut *conn, transmissions, |query, new| {
            query
                .bind(new.transmission.to_string())
                .bind(new.report.to_string())
                .bind(new.receiver.as_str())
                .bind(new.sequence)
                .bind(new.content_sha256.as_bytes().as_slice())
                .bind(at.as_microsecond())
                .bind(new.urgency_rank)
        })
        .await?;
    INSERT_CONTENT
        .execute(conn, transmissions, |query, new| {
            query
                .bind(new.transmission.to_string())
                .bind(new.content.as_slice())
                .bind(at.as_microsecond())
        })
        .await?;
    Ok(())
}

/// A transmission that a worker has claimed.
pub struct Claimed {
    /// Which.
    pub transmission: TransmissionId,
    /// Of which report.
    pub report: ReportId,
    /// Its number in the pair.
    pub sequence: u64,
    /// The sealed bytes to deliver.
    pub content: Vec<u8>,
    /// Their digest before sealing.
    pub content_sha256: Digest,
    /// When the report was taken.
    pub submitted_at: Timestamp,
    /// 0 acute, 1 urgent, 2 normal.
    pub urgency_rank: i64,
    /// Attempts begun, with this one.
    pub attempts: u32,
    /// The report's wrapped data key.
    pub wrapped_key: Vec<u8>,
}

/// Leases up to `limit` transmissions that are due at `at`: acute before urgent before normal, then the oldest. A
/// lease that has run out is no lease.
pub async fn claim(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
    token: &str,
    lease_until: Timestamp,
    limit: i64,
    at: Timestamp,
) -> Result<Vec<Claimed>, StoreError> {
    let rows = sqlx::query(
        "-- transmission::claim
UPDATE transmission
SET lease_token = $1, lease_until = $2, attempts = attempts + 1, written_at = $3, written_by = 'ClaimDeliveries'
WHERE transmission_id IN (
    SELECT transmission_id
    FROM transmission
    WHERE receiver = $4 AND delivery_state = 'waiting' AND next_attempt_at <= $3 AND lease_until <= $3
    ORDER BY urgency_rank, submitted_at, sequence
    LIMIT $5)
RETURNING transmission_id, report_id, sequence, content_sha256, submitted_at, urgency_rank, attempts,
    (SELECT content FROM transmission_content AS kept WHERE kept.transmission_id = transmission.transmission_id)
        AS content,
    (SELECT wrapped FROM data_key WHERE data_key.report_id = transmission.report_id) AS wrapped",
    )
    .bind(token.to_owned())
    .bind(lease_until.as_microsecond())
    .bind(at.as_microsecond())
    .bind(receiver.to_string())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    let mut claimed = rows
        .iter()
        .map(|row| {
            let reader = Reader::new(row, "transmission", "transmission_id");
            Ok(Claimed {
                transmission: reader.parsed("transmission_id")?,
                report: reader.parsed("report_id")?,
                sequence: reader.count("sequence")?,
                content: reader.bytes("content")?,
                content_sha256: reader.digest("content_sha256")?,
                submitted_at: reader.time("submitted_at")?,
                urgency_rank: reader.number("urgency_rank")?,
                attempts: u32::try_from(reader.count("attempts")?).unwrap_or(u32::MAX),
                wrapped_key: reader.bytes("wrapped")?,
            })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    // RETURNING promises no order.
    claimed.sort_by_key(|claim| (claim.urgency_rank, claim.submitted_at, claim.sequence));
    Ok(claimed)
}

/// Prolongs a lease that is still held. `false` when another worker has it, or the work is done.
pub async fn renew_lease(
    conn: &mut AnyConnection,
    transmission: &TransmissionId,
    token: &str,
    lease_until: Timestamp,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let result = sqlx::query(
        "-- transmission::renew_lease
UPDATE transmission
SET lease_until = $1, written_at = $2, written_by = 'RenewLease'
WHERE transmission_id = $3 AND lease_token = $4 AND delivery_state = 'waiting'",
    )
    .bind(lease_until.as_microsecond())
    .bind(at.as_microsecond())
    .bind(transmission.to_string())
    .bind(token.to_owned())
    .execute(conn)
    .await?;
    Ok(result.rows_affected() == 1)
}

const HAND_OVER: ManyRows = ManyRows {
    head: "-- transmission::hand_over
WITH held (transmission_id, written_at, written_by) AS (VALUES",
    columns: 3,
    tail: ")
UPDATE transmission
SET delivery_state = 'handed_over', lease_token = NULL, lease_until = 0, last_failure = NULL,
    written_at = held.written_at, written_by = held.written_by
FROM held
WHERE transmission.transmission_id = held.transmission_id AND transmission.delivery_state = 'waiting'",
};

/// Records that the receiver holds these. Whoever learns it may record it: a verified receipt is true whatever became
/// of the lease.
pub async fn hand_over(
    conn: &mut AnyConnection,
    transmissions: &[TransmissionId],
    at: Timestamp,
    by: &'static str,
) -> Result<(), StoreError> {
    HAND_OVER
        .execute(conn, transmissions, |query, transmission| {
            query.bind(transmission.to_string()).bind(at.as_microsecond()).bind(by)
        })
        .await?;
    Ok(())
}

/// Records a failed attempt and when the next may begin, if this worker still has the lease. `false` when it does not.
pub async fn put_back(
    conn: &mut AnyConnection,
    transmission: &TransmissionId,
    token: &str,
    failure: &'static str,
    next_attempt_at: Timestamp,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let result = sqlx::query(
        "-- transmission::put_back
UPDATE transmission
SET lease_token = NULL, lease_until = 0, last_failure = $1, next_attempt_at = $2, written_at = $3,
    written_by = 'SettleDeliveries'
WHERE transmission_id = $4 AND lease_token = $5 AND delivery_state = 'waiting'",
    )
    .bind(failure)
    .bind(next_attempt_at.as_microsecond())
    .bind(at.as_microsecond())
    .bind(transmission.to_string())
    .bind(token.to_owned())
    .execute(conn)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Ends all leases on an embedded database, whose only process has just started: nobody can hold one.
pub async fn release_all(conn: &mut AnyConnection, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "-- transmission::release_all
UPDATE transmission
SET lease_token = NULL, lease_until = 0, written_at = $1, written_by = 'ReleaseLeases'
WHERE delivery_state = 'waiting' AND lease_until > 0",
    )
    .bind(at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// What receipts about a transmission must agree with.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Which.
    pub transmission: TransmissionId,
    /// Of which report.
    pub report: ReportId,
    /// To whom.
    pub receiver: OrganisationNumber,
    /// SHA-256 of the content.
    pub content_sha256: Digest,
    /// Whether it is not known to be stored at the receiver yet.
    pub waiting: bool,
}

const SENT: ManyRows = ManyRows {
    head: "-- transmission::sent
SELECT transmission_id, report_id, receiver, content_sha256, delivery_state
FROM transmission
WHERE transmission_id IN (VALUES",
    columns: 1,
    tail: ")",
};

/// What was sent under these ids, to whomever; unknown ids are left out. In no promised order.
pub async fn sent(conn: &mut AnyConnection, transmissions: &[TransmissionId]) -> Result<Vec<Sent>, StoreError> {
    let rows = SENT
        .fetch_all(conn, transmissions, |query, transmission| {
            query.bind(transmission.to_string())
        })
        .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "transmission", "transmission_id");
            Ok(Sent {
                transmission: reader.parsed("transmission_id")?,
                report: reader.parsed("report_id")?,
                receiver: reader.parsed("receiver")?,
                content_sha256: reader.digest("content_sha256")?,
                waiting: reader.text("delivery_state")? == "waiting",
            })
        })
        .collect()
}

/// Deliveries to one receiver that fail alike.
pub struct Failing {
    /// To whom.
    pub receiver: OrganisationNumber,
    /// Why.
    pub failure: String,
    /// How many.
    pub count: u64,
}

/// What fails now, by receiver and reason.
pub async fn failing(pool: &AnyPool) -> Result<Vec<Failing>, StoreError> {
    let rows = sqlx::query(
        "-- transmission::failing
SELECT receiver, last_failure, COUNT(*) AS failing
FROM transmission
WHERE delivery_state = 'waiting' AND last_failure IS NOT NULL
GROUP BY receiver, last_failure
ORDER BY receiver, last_failure",
    )
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "transmission", "receiver");
            Ok(Failing {
                receiver: reader.parsed("receiver")?,
                failure: reader.text("last_failure")?,
                count: reader.count("failing")?,
            })
        })
        .collect()
}

/// The first and the last id there is; `None` when there is none.
pub async fn ends(pool: &AnyPool) -> Result<Option<(TransmissionId, TransmissionId)>, StoreError> {
    let row = sqlx::query(
        "-- transmission::ends
SELECT MIN(transmission_id) AS first, MAX(transmission_id) AS last
FROM transmission",
    )
    .fetch_one(pool)
    .await?;
    let reader = Reader::new(&row, "transmission", "first");
    Ok(reader.parsed_or_null("first")?.zip(reader.parsed_or_null("last")?))
}

/// How many transmissions there are.
pub async fn count(pool: &AnyPool) -> Result<u64, StoreError> {
    let row = sqlx::query(
        "-- transmission::count
SELECT COUNT(*) AS transmissions
FROM transmission",
    )
    .fetch_one(pool)
    .await?;
    Reader::new(&row, "transmission", "transmissions").count("transmissions")
}

/// The sealed content of a transmission, with what opens and checks it.
pub struct Sealed {
    /// Which.
    pub transmission: TransmissionId,
    /// The sealed bytes; `None` when they are gone.
    pub content: Option<Vec<u8>>,
    /// SHA-256 before sealing.
    pub content_sha256: Digest,
    /// The report's wrapped data key; `None` when it is gone.
    pub wrapped_key: Option<Vec<u8>>,
}

/// Up to `limit` transmissions whose id comes after this one, in the order of ids.
pub async fn sealed_after(pool: &AnyPool, after: &str, limit: i64) -> Result<Vec<Sealed>, StoreError> {
    let rows = sqlx::query(
        "-- transmission::sealed_after
SELECT transmission.transmission_id, transmission_content.content, transmission.content_sha256, data_key.wrapped
FROM transmission
LEFT JOIN transmission_content ON transmission_content.transmission_id = transmission.transmission_id
LEFT JOIN data_key ON data_key.report_id = transmission.report_id
WHERE transmission.transmission_id > $1
ORDER BY transmission.transmission_id
LIMIT $2",
    )
    .bind(after.to_owned())
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "transmission", "transmission_id");
            Ok(Sealed {
                transmission: reader.parsed("transmission_id")?,
                content: reader.bytes_or_null("content")?,
                content_sha256: reader.digest("content_sha256")?,
                wrapped_key: reader.bytes_or_null("wrapped")?,
            })
        })
        .collect()
}

/// Up to `limit` numbers given to transmissions to this receiver, after this number, in order.
pub async fn numbers_after(
    pool: &AnyPool,
    receiver: &OrganisationNumber,
    after: u64,
    limit: i64,
) -> Result<Vec<u64>, StoreError> {
    let rows = sqlx::query(
        "-- transmission::numbers_after
SELECT transmission_id, sequence
FROM transmission
WHERE receiver = $1 AND sequence > $2
ORDER BY sequence
LIMIT $3",
    )
    .bind(receiver.to_string())
    .bind(after as i64)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| Reader::new(row, "transmission", "transmission_id").count("sequence"))
        .collect()
}

/// The first hundred transmissions that were handed over before this time, and of which no receipt is stored, with
/// their receivers.
pub async fn unproven(
    pool: &AnyPool,
    before: Timestamp,
) -> Result<Vec<(TransmissionId, OrganisationNumber)>, StoreError> {
    let rows = sqlx::query(
        "-- transmission::unproven
SELECT transmission_id, receiver
FROM transmission
WHERE delivery_state = 'handed_over' AND written_at < $1 AND NOT EXISTS (
    SELECT 1
    FROM receipt
    WHERE receipt.transmission_id = transmission.transmission_id)
ORDER BY transmission_id
LIMIT 100",
    )
    .bind(before.as_microsecond())
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "transmission", "transmission_id");
            Ok((reader.parsed("transmission_id")?, reader.parsed("receiver")?))
        })
        .collect()
}
