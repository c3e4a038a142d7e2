//! Transmissions: what is sent to one receiver of one report.

use std::collections::HashMap;

use framme_shared::{
    db::{
        StoreError,
        rows::{ManyRows, exactly},
    },
    domain::{
        digest::Digest,
        ids::{ReportId, TransmissionId},
        organisation::OrganisationNumber,
    },
};
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool, any::AnyRow};

use super::{columns::Reader, period::Part};
use crate::window::EarlyClaim;

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
    /// The transmission that carried its children before they were sent on.
    pub redirected_from: Option<TransmissionId>,
    /// What makes it claimed from the first moment; `None` to let it wait for a worker.
    pub claim: Option<EarlyClaim>,
}

const INSERT: ManyRows = ManyRows {
    head: "-- transmission::insert
INSERT INTO transmission (transmission_id, report_id, receiver, sequence, content_sha256, submitted_at, urgency_rank,
    delivery_state, attempts, next_attempt_at, lease_token, lease_until, last_failure, written_at, written_by,
    redirected_from)
SELECT column1, column2, column3, column4, column5, column6, column7, 'waiting', column8, column11, column9, column10,
    NULL, column11, column13, column12
FROM (VALUES",
    columns: 13,
    tail: ") AS new",
};

const INSERT_CONTENT: ManyRows = ManyRows {
    head: "-- transmission::insert the content
INSERT INTO transmission_content (transmission_id, content, written_at, written_by)
SELECT column1, column2, column3, column4
FROM (VALUES",
    columns: 4,
    tail: ") AS new",
};

/// Stores new transmissions of what was submitted then, to be delivered at once.
pub async fn insert(
    conn: &mut AnyConnection,
    transmissions: &[&NewTransmission],
    submitted_at: Timestamp,
    at: Timestamp,
    by: &'static str,
) -> Result<(), StoreError> {
    INSERT
        .execute(&mut *conn, transmissions, |query, new| {
            query
                .bind(new.transmission.to_string())
                .bind(new.report.to_string())
                .bind(new.receiver.as_str())
                .bind(new.sequence)
                .bind(new.content_sha256.as_bytes().as_slice())
                .bind(submitted_at.as_microsecond())
                .bind(new.urgency_rank)
                .bind(i64::from(new.claim.is_some()))
                .bind(new.claim.as_ref().map(|claim| claim.token.clone()))
                .bind(new.claim.as_ref().map_or(0, |claim| claim.until(at).as_microsecond()))
                .bind(at.as_microsecond())
                .bind(new.redirected_from.map(|id| id.to_string()))
                .bind(by)
        })
        .await?;
    INSERT_CONTENT
        .execute(conn, transmissions, |query, new| {
            query
                .bind(new.transmission.to_string())
                .bind(new.content.as_slice())
                .bind(at.as_microsecond())
                .bind(by)
        })
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
    /// When the report was taken.
    pub submitted_at: Timestamp,
    /// Whether it is not known to be stored at the receiver yet.
    pub waiting: bool,
    /// Whether a doubt about it is open, so that nothing of it counts as delivered.
    pub doubted: bool,
}

const SENT: ManyRows = ManyRows {
    head: "-- transmission::sent
SELECT transmission_id, report_id, receiver, content_sha256, submitted_at, delivery_state,
    (SELECT COUNT(*) FROM doubt
     WHERE doubt.transmission_id = transmission.transmission_id AND doubt.ended_at IS NULL) AS doubts
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
                submitted_at: reader.time("submitted_at")?,
                waiting: reader.text("delivery_state")? == "waiting",
                doubted: reader.count("doubts")? > 0,
            })
        })
        .collect()
}

/// Where a transmission that children are sent on from came from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Of which report.
    pub report: ReportId,
    /// When the report was taken: the first submission.
    pub submitted_at: Timestamp,
    /// 0 acute, 1 urgent, 2 normal.
    pub urgency_rank: i64,
}

/// Looks it up.
pub async fn origin(conn: &mut AnyConnection, transmission: &TransmissionId) -> Result<Option<Origin>, StoreError> {
    let row = sqlx::query(
        "-- transmission::origin
SELECT transmission_id, report_id, submitted_at, urgency_rank
FROM transmission
WHERE transmission_id = $1",
    )
    .bind(transmission.to_string())
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let reader = Reader::new(&row, "transmission", "transmission_id");
        Ok(Origin {
            report: reader.parsed("report_id")?,
            submitted_at: reader.time("submitted_at")?,
            urgency_rank: reader.number("urgency_rank")?,
        })
    })
    .transpose()
}

const SENT_ON_FROM: ManyRows = ManyRows {
    head: "-- transmission::sent_on_from
SELECT transmission_id, redirected_from
FROM transmission
WHERE redirected_from IS NOT NULL AND transmission_id IN (VALUES",
    columns: 1,
    tail: ")",
};

/// Of those of these transmissions whose children were sent on: the transmission that carried them before.
pub async fn sent_on_from(
    conn: &mut AnyConnection,
    transmissions: &[TransmissionId],
) -> Result<HashMap<TransmissionId, TransmissionId>, StoreError> {
    let rows = SENT_ON_FROM
        .fetch_all(conn, transmissions, |query, transmission| {
            query.bind(transmission.to_string())
        })
        .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "transmission", "transmission_id");
            Ok((reader.parsed("transmission_id")?, reader.parsed("redirected_from")?))
        })
        .collect()
}

/// A transmission as it was sent.
#[derive(Debug, Clone)]
pub struct Numbered {
    /// Which.
    pub transmission: TransmissionId,
    /// Of which report.
    pub report: ReportId,
    /// Its number in the pair.
    pub sequence: u64,
    /// SHA-256 of the content.
    pub content_sha256: Digest,
    /// When it was taken.
    pub submitted_at: Timestamp,
}

/// Up to `limit` transmissions of a part of the exchange after this number, in order.
pub async fn of_part(pool: &AnyPool, part: &Part, after: u64, limit: i64) -> Result<Vec<Numbered>, StoreError> {
    let rows = sqlx::query(
        "-- transmission::of_part
SELECT transmission_id, report_id, sequence, content_sha256, submitted_at
FROM transmission
WHERE receiver = $1 AND sequence > $2 AND (sequence BETWEEN $3 AND $4 OR transmission_id IN (
    SELECT transmission_id
    FROM receipt
    WHERE receiver = $1 AND sequence BETWEEN $5 AND $6))
ORDER BY sequence
LIMIT $7",
    )
    .bind(part.receiver.to_string())
    .bind(after as i64)
    .bind(part.transmissions.0 as i64)
    .bind(part.transmissions.1 as i64)
    .bind(part.receipts.0 as i64)
    .bind(part.receipts.1 as i64)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "transmission", "transmission_id");
            Ok(Numbered {
                transmission: reader.parsed("transmission_id")?,
                report: reader.parsed("report_id")?,
                sequence: reader.count("sequence")?,
                content_sha256: reader.digest("content_sha256")?,
                submitted_at: reader.time("submitted_at")?,
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

/// What is kept of one transmission.
pub async fn sealed_of(pool: &AnyPool, transmission: &TransmissionId) -> Result<Option<Sealed>, StoreError> {
    let row = sqlx::query(
        "-- transmission::sealed_of
SELECT transmission.transmission_id, transmission_content.content, transmission.content_sha256, data_key.wrapped
FROM transmission
LEFT JOIN transmission_content ON transmission_content.transmission_id = transmission.transmission_id
LEFT JOIN data_key ON data_key.report_id = transmission.report_id
WHERE transmission.transmission_id = $1",
    )
    .bind(transmission.to_string())
    .fetch_optional(pool)
    .await?;
    row.as_ref().map(read_sealed).transpose()
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
    rows.iter().map(read_sealed).collect()
}

fn read_sealed(row: &AnyRow) -> Result<Sealed, StoreError> {
    let reader = Reader::new(row, "transmission", "transmission_id");
    Ok(Sealed {
        transmission: reader.parsed("transmission_id")?,
        content: reader.bytes_or_null("content")?,
        content_sha256: reader.digest("content_sha256")?,
        wrapped_key: reader.bytes_or_null("wrapped")?,
    })
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

/// What this receiver has not stored, in the order of numbers.
pub async fn waiting(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
) -> Result<Vec<TransmissionId>, StoreError> {
    let rows = sqlx::query(
        "-- transmission::waiting
SELECT transmission_id
FROM transmission
WHERE receiver = $1 AND delivery_state = 'waiting'
ORDER BY sequence",
    )
    .bind(receiver.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| Reader::new(row, "transmission", "transmission_id").parsed("transmission_id"))
        .collect()
}

/// Gives what waited at nobody to a receiver, under a number of that pair, to be delivered at once.
pub async fn route(
    conn: &mut AnyConnection,
    transmission: &TransmissionId,
    receiver: &OrganisationNumber,
    sequence: i64,
    at: Timestamp,
) -> Result<(), StoreError> {
    let result = sqlx::query(
        "-- transmission::route
UPDATE transmission
SET receiver = $1, sequence = $2, next_attempt_at = $3, written_at = $3, written_by = 'RouteTransmission'
WHERE transmission_id = $4 AND receiver = $5",
    )
    .bind(receiver.to_string())
    .bind(sequence)
    .bind(at.as_microsecond())
    .bind(transmission.to_string())
    .bind(OrganisationNumber::NOBODY.to_string())
    .execute(conn)
    .await?;
    exactly(result.rows_affected(), 1)
}
