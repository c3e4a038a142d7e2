//! Letters: what was ordered, and how far each has come.

use framme_shared::{
    db::{StoreError, rows::exactly_one},
    domain::{
        digest::Digest,
        ids::{LetterId, ReportId, TransmissionId},
        letter::Announced,
        organisation::OrganisationNumber,
    },
};
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool, any::AnyRow};

use super::columns::Reader;

/// A letter to store. Everything secret in it is sealed.
#[derive(Clone)]
pub struct NewLetter {
    /// Names it.
    pub letter: LetterId,
    /// The report.
    pub report: ReportId,
    /// The transmission that it holds.
    pub transmission: TransmissionId,
    /// The receiver.
    pub receiver: OrganisationNumber,
    /// The code, sealed.
    pub code: Vec<u8>,
    /// What the code is known by.
    pub code_sha256: Digest,
    /// Name and address of the recipient, sealed.
    pub recipient: Vec<u8>,
    /// Whether it goes by a delivery that only the addressee opens.
    pub sealed_delivery: bool,
    /// Who ordered it.
    pub ordered_by: String,
}

/// Letters of a transmission that a person has routed are asked about where it goes now.
pub async fn route(
    conn: &mut AnyConnection,
    transmission: &TransmissionId,
    receiver: &OrganisationNumber,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "-- letter::route
UPDATE letter
SET receiver = $1, written_at = $2, written_by = 'RouteTransmission'
WHERE transmission_id = $3",
    )
    .bind(receiver.to_string())
    .bind(at.as_microsecond())
    .bind(transmission.to_string())
    .execute(conn)
    .await?;
    Ok(())
}

/// Something that somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
}

/// How a letter was confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    /// When, as whoever confirmed it states.
    pub at: Timestamp,
    /// Whether its code was typed in at the receiver; otherwise somebody said so on the phone.
    pub by_code: bool,
    /// Who typed it in, or who recorded the call.
    pub by: String,
}

/// How far a letter has come.
#[derive(Debug, Clone)]
pub struct LetterRow {
    /// Names it.
    pub letter: LetterId,
    /// The report.
    pub report: ReportId,
    /// The transmission that it holds.
    pub transmission: TransmissionId,
    /// The receiver.
    pub receiver: OrganisationNumber,
    /// What the code is known by.
    pub code_sha256: Digest,
    /// Whether it goes by a delivery that only the addressee opens.
    pub sealed_delivery: bool,
    /// When and by whom it was ordered.
    pub ordered: Done,
    /// When and by whom it was first printed.
    pub printed: Option<Done>,
    /// When and by whom it was posted.
    pub posted: Option<Done>,
    /// How it was confirmed.
    pub confirmed: Option<Confirmed>,
    /// Since when a later letter counts instead.
    pub superseded_at: Option<Timestamp>,
    /// Why the receiver could not be asked the last time.
    pub last_failure: Option<String>,
}

impl LetterRow {
    /// As the receiver is told of it.
    pub fn announced(&self) -> Announced {
        Announced {
            letter: self.letter,
            transmission: self.transmission,
            code_sha256: self.code_sha256,
        }
    }
}

macro_rules! columns {
    () => {
        "letter_id, report_id, transmission_id, receiver, code_sha256, sealed_delivery, ordered_at, ordered_by, printed_at,
    printed_by, posted_at, posted_by, confirmed_at, confirmed_kind, confirmed_by, superseded_at, last_failure"
    };
}

fn read(row: &AnyRow) -> Result<LetterRow, StoreError> {
    let reader = Reader::new(row, "letter", "letter_id");
    let done = |at, by| match (reader.time_or_null(at)?, reader.text_or_null(by)?) {
        (Some(at), Some(by)) => Ok(Some(Done { at, by })),
        (None, None) => Ok(None),
        _ => Err(reader.corrupt(by)),
    };
    let confirmed = match (
        done("confirmed_at", "confirmed_by")?,
        reader.text_or_null("confirmed_kind")?,
    ) {
        (None, None) => None,
        (Some(done), Some(kind)) => Some(Confirmed {
            at: done.at,
            by_code: match kind.as_str() {
                "code" => true,
                "call" => false,
                _ => return Err(reader.corrupt("confirmed_kind")),
            },
            by: done.by,
        }),
        _ => return Err(reader.corrupt("confirmed_kind")),
    };
    Ok(LetterRow {
        letter: reader.parsed("letter_id")?,
        report: reader.parsed("report_id")?,
        transmission: reader.parsed("transmission_id")?,
        receiver: reader.parsed("receiver")?,
        code_sha256: reader.digest("code_sha256")?,
        sealed_delivery: reader.flag("sealed_delivery")?,
        ordered: Done {
            at: reader.time("ordered_at")?,
            by: reader.text("ordered_by")?,
        },
        printed: done("printed_at", "printed_by")?,
        posted: done("posted_at", "posted_by")?,
        confirmed,
        superseded_at: reader.time_or_null("superseded_at")?,
        last_failure: reader.text_or_null("last_failure")?,
    })
}

const BY_ID: &str = concat!(
    "-- letter::by_id\nSELECT ",
    columns!(),
    "\nFROM letter\nWHERE letter_id = $1"
);

/// One letter, inside a change.
pub async fn load(conn: &mut AnyConnection, letter: &LetterId) -> Result<Option<LetterRow>, StoreError> {
    let row = sqlx::query(BY_ID).bind(letter.to_string()).fetch_optional(conn).await?;
    row.as_ref().map(read).transpose()
}

/// One letter, outside a change.
pub async fn look_up(pool: &AnyPool, letter: &LetterId) -> Result<Option<LetterRow>, StoreError> {
    let row = sqlx::query(BY_ID).bind(letter.to_string()).fetch_optional(pool).await?;
    row.as_ref().map(read).transpose()
}

/// The sealed code and the sealed recipient of a letter.
pub async fn secrets(pool: &AnyPool, letter: &LetterId) -> Result<Option<(Vec<u8>, Vec<u8>)>, StoreError> {
    let row = sqlx::query(
        "-- letter::secrets
SELECT letter_id, code, recipient
FROM letter
WHERE letter_id = $1",
    )
    .bind(letter.to_string())
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        let reader = Reader::new(&row, "letter", "letter_id");
        Ok((reader.bytes("code")?, reader.bytes("recipient")?))
    })
    .transpose()
}

/// Up to `limit` letters after this one, newest first.
pub async fn page(
    pool: &AnyPool,
    after: Option<(Timestamp, LetterId)>,
    report: Option<&ReportId>,
    unconfirmed_only: bool,
    limit: i64,
) -> Result<Vec<LetterRow>, StoreError> {
    const PAGE: &str = concat!(
        "-- letter::page\nSELECT ",
        columns!(),
        "
FROM letter
WHERE (ordered_at, letter_id) < ($1, $2)
  AND (CAST($3 AS TEXT) = '' OR report_id = $3)
  AND ($4 = 0 OR (confirmed_at IS NULL AND superseded_at IS NULL))
ORDER BY ordered_at DESC, letter_id DESC
LIMIT $5"
    );
    let (time, id) = after.map_or((i64::MAX, String::new()), |(time, id)| {
        (time.as_microsecond(), id.to_string())
    });
    let rows = sqlx::query(PAGE)
        .bind(time)
        .bind(id)
        .bind(report.map(ToString::to_string).unwrap_or_default())
        .bind(i64::from(unconfirmed_only))
        .bind(limit)
        .fetch_all(pool)
        .await?;
    rows.iter().map(read).collect()
}

/// Stores a letter that was ordered.
pub async fn insert(conn: &mut AnyConnection, new: &NewLetter, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "-- letter::insert
INSERT INTO letter (letter_id, report_id, transmission_id, receiver, code, code_sha256, recipient, sealed_delivery,
    ordered_at, ordered_by, asked, next_ask_at, failures, lease_until, written_at, written_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $9, 0, 0, $9, 'OrderLetter')",
    )
    .bind(new.letter.to_string())
    .bind(new.report.to_string())
    .bind(new.transmission.to_string())
    .bind(new.receiver.to_string())
    .bind(new.code.clone())
    .bind(new.code_sha256.as_bytes().to_vec())
    .bind(new.recipient.clone())
    .bind(i64::from(new.sealed_delivery))
    .bind(at.as_microsecond())
    .bind(new.ordered_by.clone())
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets the letters of a transmission that are not confirmed count no more; which ones.
pub async fn supersede(
    conn: &mut AnyConnection,
    transmission: &TransmissionId,
    at: Timestamp,
) -> Result<Vec<LetterId>, StoreError> {
    let rows = sqlx::query(
        "-- letter::supersede
UPDATE letter
SET superseded_at = $1, asked = 0, lease_token = NULL, lease_until = 0, written_at = $1, written_by = 'OrderLetter'
WHERE transmission_id = $2 AND confirmed_at IS NULL AND superseded_at IS NULL
RETURNING letter_id",
    )
    .bind(at.as_microsecond())
    .bind(transmission.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| Reader::new(row, "letter", "letter_id").parsed("letter_id"))
        .collect()
}

/// Says that a letter was printed for the first time.
pub async fn printed(conn: &mut AnyConnection, letter: &LetterId, done: &Done) -> Result<(), StoreError> {
    exactly_one(
        sqlx::query(
            "-- letter::printed
UPDATE letter
SET printed_at = $1, printed_by = $2, written_at = $1, written_by = 'PrintLetter'
WHERE letter_id = $3 AND printed_at IS NULL AND superseded_at IS NULL",
        )
        .bind(done.at.as_microsecond())
        .bind(done.by.clone())
        .bind(letter.to_string())
        .execute(conn),
    )
    .await
}

/// Says that a letter was posted; its receiver is asked from now on.
pub async fn posted(conn: &mut AnyConnection, letter: &LetterId, done: &Done) -> Result<(), StoreError> {
    exactly_one(
        sqlx::query(
            "-- letter::posted
UPDATE letter
SET posted_at = $1, posted_by = $2, asked = 1, next_ask_at = $1, written_at = $1, written_by = 'PostLetter'
WHERE letter_id = $3 AND printed_at IS NOT NULL AND posted_at IS NULL AND superseded_at IS NULL",
        )
        .bind(done.at.as_microsecond())
        .bind(done.by.clone())
        .bind(letter.to_string())
        .execute(conn),
    )
    .await
}

/// Says that a letter was confirmed by a call, and who answered it, sealed.
pub async fn confirmed_by_call(
    conn: &mut AnyConnection,
    letter: &LetterId,
    call: &Done,
    answered_by: &[u8],
    at: Timestamp,
) -> Result<(), StoreError> {
    exactly_one(
        sqlx::query(
            "-- letter::confirmed_by_call
UPDATE letter
SET confirmed_at = $1, confirmed_kind = 'call', confirmed_by = $2, call_answered_by = $3, asked = 0, last_failure = NULL,
    lease_token = NULL, lease_until = 0, written_at = $4, written_by = 'RecordCall'
WHERE letter_id = $5 AND posted_at IS NOT NULL AND confirmed_at IS NULL AND superseded_at IS NULL",
        )
        .bind(call.at.as_microsecond())
        .bind(call.by.clone())
        .bind(answered_by.to_vec())
        .bind(at.as_microsecond())
        .bind(letter.to_string())
        .execute(conn),
    )
    .await
}

/// Keeps the receiver's word that a letter has come, if this worker still asks for it. `false` when it does not.
pub async fn confirmed_by_code(
    conn: &mut AnyConnection,
    letter: &LetterId,
    token: &str,
    confirmed: &Done,
    confirmation: &str,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let updated = sqlx::query(
        "-- letter::confirmed_by_code
UPDATE letter
SET confirmed_at = $1, confirmed_kind = 'code', confirmed_by = $2, confirmation = $3, asked = 0, failures = 0,
    last_failure = NULL, lease_token = NULL, lease_until = 0, written_at = $4, written_by = 'RecordAnswers'
WHERE letter_id = $5 AND lease_token = $6 AND asked = 1",
    )
    .bind(confirmed.at.as_microsecond())
    .bind(confirmed.by.clone())
    .bind(confirmation.to_owned())
    .bind(at.as_microsecond())
    .bind(letter.to_string())
    .bind(token.to_owned())
    .execute(conn)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Whether this receiver is to be asked at `at` about any letter that no other worker asks about.
pub async fn any_due(pool: &AnyPool, receiver: &OrganisationNumber, at: Timestamp) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "-- letter::any_due
SELECT letter_id
FROM letter
WHERE asked = 1 AND receiver = $1 AND next_ask_at <= $2 AND lease_until <= $2
LIMIT 1",
    )
    .bind(receiver.to_string())
    .bind(at.as_microsecond())
    .fetch_optional(pool)
    .await?;
    Ok(row.is_some())
}

/// A letter that a worker asks about, and the questions about it that failed in a row.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The letter.
    pub row: LetterRow,
    /// How many.
    pub failures: u32,
}

/// Leases up to `limit` letters that are due at `at`. A lease that has run out is no lease.
pub async fn claim(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
    token: &str,
    lease_until: Timestamp,
    limit: i64,
    at: Timestamp,
) -> Result<Vec<Claimed>, StoreError> {
    const CLAIM: &str = concat!(
        "-- letter::claim
UPDATE letter
SET lease_token = $1, lease_until = $2, written_at = $3, written_by = 'ClaimLetters'
WHERE letter_id IN (
    SELECT letter_id
    FROM letter
    WHERE asked = 1 AND receiver = $4 AND next_ask_at <= $3 AND lease_until <= $3
    ORDER BY next_ask_at
    LIMIT $5)
RETURNING failures, ",
        columns!()
    );
    let rows = sqlx::query(CLAIM)
        .bind(token.to_owned())
        .bind(lease_until.as_microsecond())
        .bind(at.as_microsecond())
        .bind(receiver.to_string())
        .bind(limit)
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| {
            let failures = Reader::new(row, "letter", "letter_id").count("failures")?;
            Ok(Claimed {
                row: read(row)?,
                failures: u32::try_from(failures).unwrap_or(u32::MAX),
            })
        })
        .collect()
}

/// Gives back what this worker asked about and is not confirmed: asked again from `next_ask_at` on.
pub async fn put_back(
    conn: &mut AnyConnection,
    token: &str,
    failure: Option<&'static str>,
    next_ask_at: Timestamp,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "-- letter::put_back
UPDATE letter
SET failures = CASE WHEN $1 = 1 THEN failures + 1 ELSE 0 END, last_failure = $2, next_ask_at = $3, lease_token = NULL,
    lease_until = 0, written_at = $4, written_by = 'RecordAnswers'
WHERE lease_token = $5 AND asked = 1",
    )
    .bind(i64::from(failure.is_some()))
    .bind(failure)
    .bind(next_ask_at.as_microsecond())
    .bind(at.as_microsecond())
    .bind(token.to_owned())
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends all leases on an embedded database, whose only process has just started: nobody can hold one.
pub async fn release_all(conn: &mut AnyConnection, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "-- letter::release_all
UPDATE letter
SET lease_token = NULL, lease_until = 0, written_at = $1, written_by = 'ReleaseLeases'
WHERE lease_until > 0",
    )
    .bind(at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}
