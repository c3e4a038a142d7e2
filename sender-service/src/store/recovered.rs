//! Rows that come back from a receiver after this database was restored from a backup.

use framme_shared::{
    db::{StoreError, exactly_one},
    domain::{
        digest::Digest,
        ids::{ReportId, TransmissionId},
        organisation::OrganisationNumber,
    },
};
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool};

use super::{columns::Reader, report::NewReport, transmission::NewTransmission};

/// The number after which the receiver may hold what is not here: before the first that waits, or the last given.
pub async fn known_up_to(pool: &AnyPool, receiver: &OrganisationNumber) -> Result<u64, StoreError> {
    let row = sqlx::query(
        "-- recovered::known_up_to
SELECT COALESCE(
    (SELECT MIN(sequence) - 1 FROM transmission WHERE receiver = $1 AND delivery_state = 'waiting'),
    (SELECT last_transmission FROM receiver WHERE organisation = $1), 0) AS sequence",
    )
    .bind(receiver.to_string())
    .fetch_one(pool)
    .await?;
    Reader::new(&row, "transmission", "sequence").count("sequence")
}

/// The transmission to this receiver that has a number.
pub async fn holder_of(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
    sequence: u64,
) -> Result<Option<TransmissionId>, StoreError> {
    let row = sqlx::query(
        "-- recovered::holder_of
SELECT transmission_id
FROM transmission
WHERE receiver = $1 AND sequence = $2",
    )
    .bind(receiver.to_string())
    .bind(sequence as i64)
    .fetch_optional(conn)
    .await?;
    row.map(|row| Reader::new(&row, "transmission", "transmission_id").parsed("transmission_id"))
        .transpose()
}

/// To whom the parts of a report went when it was submitted, and their digests.
pub async fn parts(pool: &AnyPool, report: &ReportId) -> Result<Vec<(OrganisationNumber, Digest)>, StoreError> {
    let rows = sqlx::query(
        "-- recovered::parts
SELECT receiver, content_sha256
FROM transmission
WHERE transmission_id IN (
    SELECT transmission_id
    FROM child
    WHERE report_id = $1) AND redirected_from IS NULL
ORDER BY receiver",
    )
    .bind(report.to_string())
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "transmission", "receiver");
            Ok((reader.parsed("receiver")?, reader.digest("content_sha256")?))
        })
        .collect()
}

/// Gives a transmission that never reached its receiver another number.
pub async fn renumber(
    conn: &mut AnyConnection,
    transmission: &TransmissionId,
    sequence: u64,
    at: Timestamp,
) -> Result<(), StoreError> {
    exactly_one(
        sqlx::query(
            "-- recovered::renumber
UPDATE transmission
SET sequence = $1, next_attempt_at = $2, written_at = $2, written_by = 'TakeBack'
WHERE transmission_id = $3 AND delivery_state = 'waiting'",
        )
        .bind(sequence as i64)
        .bind(at.as_microsecond())
        .bind(transmission.to_string())
        .execute(conn),
    )
    .await
}

/// Numbers up to this one are taken.
pub async fn take_numbers_up_to(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
    sequence: u64,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "-- recovered::take_numbers_up_to
UPDATE receiver
SET last_transmission = $1, written_at = $2, written_by = 'TakeBack'
WHERE organisation = $3 AND last_transmission < $1",
    )
    .bind(sequence as i64)
    .bind(at.as_microsecond())
    .bind(receiver.to_string())
    .execute(conn)
    .await?;
    Ok(())
}

/// What this receiver says that it was sent may be taken back from it. `false` when there is no such receiver.
pub async fn allow(conn: &mut AnyConnection, receiver: &OrganisationNumber, at: Timestamp) -> Result<bool, StoreError> {
    set_may_take_back(conn, receiver, true, at).await
}

/// It was taken back.
pub async fn taken_back(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
    at: Timestamp,
) -> Result<(), StoreError> {
    set_may_take_back(conn, receiver, false, at).await?;
    Ok(())
}

async fn set_may_take_back(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
    may: bool,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let set = sqlx::query(
        "-- recovered::set_may_take_back
UPDATE receiver
SET may_take_back = $1, written_at = $2, written_by = 'TakeBack'
WHERE organisation = $3",
    )
    .bind(i64::from(may))
    .bind(at.as_microsecond())
    .bind(receiver.to_string())
    .execute(conn)
    .await?;
    Ok(set.rows_affected() == 1)
}

/// Stores a report that came back, unless another part of it is here already.
pub async fn insert_report(
    conn: &mut AnyConnection,
    report: &NewReport,
    submitted_at: Timestamp,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "-- recovered::insert_report
INSERT INTO report (report_id, submitted_sha256, report_type, urgency, police_district, submitted_at, submitted_by,
    answer, standing, delivered_at, children, children_open, written_at, written_by, follows_up, phone_calls,
    phone_reached, phone_last_at, drill)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', NULL, 0, 0, $9, 'TakeBack', $10, $11, $12, $13, $14)
ON CONFLICT (report_id) DO NOTHING",
    )
    .bind(report.report.to_string())
    .bind(report.submitted_sha256.as_bytes().to_vec())
    .bind(report.report_type.as_str())
    .bind(report.urgency.as_str())
    .bind(report.police_district.clone())
    .bind(submitted_at.as_microsecond())
    .bind(report.submitted_by.clone())
    .bind(Vec::<u8>::new())
    .bind(at.as_microsecond())
    .bind(report.follows_up.map(|id| id.to_string()))
    .bind(i64::from(report.phone.made))
    .bind(i64::from(report.phone.reached))
    .bind(report.phone.last_at.map(Timestamp::as_microsecond))
    .bind(i64::from(report.drill))
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes what follows from all parts that are here: how many children, and the answer to a repeated submission.
pub async fn complete_report(
    conn: &mut AnyConnection,
    report: &ReportId,
    children: usize,
    answer: Vec<u8>,
    at: Timestamp,
) -> Result<(), StoreError> {
    exactly_one(
        sqlx::query(
            "-- recovered::complete_report
UPDATE report
SET children = $1, answer = $2, written_at = $3, written_by = 'TakeBack'
WHERE report_id = $4",
        )
        .bind(children as i64)
        .bind(answer)
        .bind(at.as_microsecond())
        .bind(report.to_string())
        .execute(conn),
    )
    .await
}

/// Stores a transmission that came back. It waits like any other: its receipts, which come by the stream, say that the
/// receiver holds it, and so does the first answer to its repetition.
pub async fn insert_transmission(
    conn: &mut AnyConnection,
    new: &NewTransmission,
    submitted_at: Timestamp,
    at: Timestamp,
) -> Result<(), StoreError> {
    exactly_one(
        sqlx::query(
            "-- recovered::insert_transmission
INSERT INTO transmission (transmission_id, report_id, receiver, sequence, content_sha256, submitted_at, urgency_rank,
    delivery_state, attempts, next_attempt_at, lease_token, lease_until, last_failure, written_at, written_by,
    redirected_from)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', 0, $8, NULL, 0, NULL, $8, 'TakeBack', $9)",
        )
        .bind(new.transmission.to_string())
        .bind(new.report.to_string())
        .bind(new.receiver.to_string())
        .bind(new.sequence)
        .bind(new.content_sha256.as_bytes().to_vec())
        .bind(submitted_at.as_microsecond())
        .bind(new.urgency_rank)
        .bind(at.as_microsecond())
        .bind(new.redirected_from.map(|id| id.to_string()))
        .execute(&mut *conn),
    )
    .await?;
    exactly_one(
        sqlx::query(
            "-- recovered::insert_transmission, the content
INSERT INTO transmission_content (transmission_id, content, written_at, written_by)
VALUES ($1, $2, $3, 'TakeBack')",
        )
        .bind(new.transmission.to_string())
        .bind(new.content.clone())
        .bind(at.as_microsecond())
        .execute(conn),
    )
    .await
}
