//! Questions as a worker has them: claimed by lease, and settled or put back with it.

use framme_shared::{
    db::{StoreError, rows::ManyRows},
    domain::{
        ids::{ReportId, TransmissionId},
        organisation::OrganisationNumber,
    },
};
use jiff::{SignedDuration, Timestamp};
use sqlx::{AnyConnection, AnyPool};

use super::micros;
use crate::store::columns::Reader;

/// A question that a worker has claimed.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// About which transmission.
    pub transmission: TransmissionId,
    /// Of which report.
    pub report: ReportId,
    /// Whether a doubt about it is open.
    pub doubted: bool,
    /// Whether the schedule alone makes it due.
    pub by_schedule: bool,
    /// Whether files go with its report.
    pub has_files: bool,
    /// Questions in a row that were not answered.
    pub attempts: u32,
}

/// Whether any question to this receiver is due at `at` and not asked by another worker.
pub async fn any_due(pool: &AnyPool, receiver: &OrganisationNumber, at: Timestamp) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "-- confirmation::any_due
SELECT transmission_id
FROM confirmation
WHERE receiver = $1 AND due_at IS NOT NULL AND next_attempt_at <= $2 AND lease_until <= $2
LIMIT 1",
    )
    .bind(receiver.to_string())
    .bind(at.as_microsecond())
    .fetch_optional(pool)
    .await?;
    Ok(row.is_some())
}

/// Leases up to `limit` questions that are due at `at`. A lease that has run out is no lease.
pub async fn claim(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
    token: &str,
    lease_until: Timestamp,
    limit: i64,
    at: Timestamp,
) -> Result<Vec<Claimed>, StoreError> {
    let rows = sqlx::query(
        "-- confirmation::claim
UPDATE confirmation
SET lease_token = $1, lease_until = $2, written_at = $3, written_by = 'ClaimQuestions'
WHERE transmission_id IN (
    SELECT transmission_id
    FROM confirmation
    WHERE receiver = $4 AND due_at IS NOT NULL AND next_attempt_at <= $3 AND lease_until <= $3
    ORDER BY next_attempt_at
    LIMIT $5)
RETURNING transmission_id, doubted, reason, attempts,
    (SELECT report_id FROM transmission WHERE transmission.transmission_id = confirmation.transmission_id)
        AS report_id,
    (SELECT COUNT(*) FROM transmission JOIN attachment ON attachment.report_id = transmission.report_id
     WHERE transmission.transmission_id = confirmation.transmission_id) AS files",
    )
    .bind(token.to_owned())
    .bind(lease_until.as_microsecond())
    .bind(at.as_microsecond())
    .bind(receiver.to_string())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "confirmation", "transmission_id");
            Ok(Claimed {
                transmission: reader.parsed("transmission_id")?,
                report: reader.parsed("report_id")?,
                doubted: reader.flag("doubted")?,
                by_schedule: reader.text("reason")? == "schedule",
                has_files: reader.count("files")? > 0,
                attempts: u32::try_from(reader.count("attempts")?).unwrap_or(u32::MAX),
            })
        })
        .collect()
}

/// Ends all leases on an embedded database, whose only process has just started: nobody can hold one.
pub async fn release_all(conn: &mut AnyConnection, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "-- confirmation::release_all
UPDATE confirmation
SET lease_token = NULL, lease_until = 0, written_at = $1, written_by = 'ReleaseLeases'
WHERE lease_until > 0",
    )
    .bind(at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// A question whose lease still holds.
#[derive(Debug, Clone)]
pub struct Asked {
    /// About which transmission.
    pub transmission: TransmissionId,
    /// When it was handed over.
    pub held_since: Timestamp,
    /// Whether a doubt about it is open.
    pub doubted: bool,
}

const STILL_ASKED: ManyRows = ManyRows {
    head: "-- confirmation::still_asked
SELECT confirmation.transmission_id, held_since, doubted
FROM confirmation
JOIN (VALUES",
    columns: 2,
    tail: ") AS asked ON confirmation.transmission_id = asked.column1 AND confirmation.lease_token = asked.column2
WHERE due_at IS NOT NULL",
};

/// Those of these questions that this worker still has.
pub async fn still_asked(
    conn: &mut AnyConnection,
    token: &str,
    transmissions: &[TransmissionId],
) -> Result<Vec<Asked>, StoreError> {
    let rows = STILL_ASKED
        .fetch_all(conn, transmissions, |query, transmission| {
            query.bind(transmission.to_string()).bind(token.to_owned())
        })
        .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "confirmation", "transmission_id");
            Ok(Asked {
                transmission: reader.parsed("transmission_id")?,
                held_since: reader.time("held_since")?,
                doubted: reader.flag("doubted")?,
            })
        })
        .collect()
}

/// What comes after an answer that was believed.
#[derive(Debug, Clone)]
pub struct Next {
    /// About which transmission.
    pub transmission: TransmissionId,
    /// When the next question is due; `None` for not by itself.
    pub due_at: Option<Timestamp>,
    /// Whether it was found held as it should be.
    pub held: bool,
    /// Whether a doubt about it is open now.
    pub doubted: bool,
    /// How long after the next hand-over it is asked.
    pub wait_after: SignedDuration,
}

const SETTLE: ManyRows = ManyRows {
    head: "-- confirmation::settle
WITH next (transmission_id, due_at, held_at, doubted, wait_after, at) AS (VALUES",
    columns: 6,
    tail: ")
UPDATE confirmation
SET due_at = CASE WHEN next.due_at = 0 THEN NULL ELSE next.due_at END,
    reason = CASE WHEN next.doubted = 1 THEN 'again' ELSE 'schedule' END, faulty_id = NULL,
    wait_after = next.wait_after, answered = answered + 1,
    last_held_at = CASE WHEN next.held_at = 0 THEN confirmation.last_held_at ELSE next.held_at END, attempts = 0,
    next_attempt_at = next.due_at, last_failure = NULL, doubted = next.doubted, lease_token = NULL, lease_until = 0,
    written_at = next.at, written_by = 'RecordHolding'
FROM next
WHERE confirmation.transmission_id = next.transmission_id",
};

/// Records answers that were believed.
pub async fn settle(conn: &mut AnyConnection, next: &[Next], at: Timestamp) -> Result<(), StoreError> {
    SETTLE
        .execute(conn, next, |query, next| {
            query
                .bind(next.transmission.to_string())
                .bind(next.due_at.map_or(0, Timestamp::as_microsecond))
                .bind(if next.held { at.as_microsecond() } else { 0 })
                .bind(i64::from(next.doubted))
                .bind(micros(next.wait_after))
                .bind(at.as_microsecond())
        })
        .await?;
    Ok(())
}

const PUT_BACK: ManyRows = ManyRows {
    head: "-- confirmation::put_back
WITH unanswered (transmission_id, lease_token, failure, next_attempt_at, tried, at) AS (VALUES",
    columns: 6,
    tail: ")
UPDATE confirmation
SET attempts = attempts + unanswered.tried, last_failure = unanswered.failure,
    next_attempt_at = unanswered.next_attempt_at, lease_token = NULL, lease_until = 0, written_at = unanswered.at,
    written_by = 'PutBack'
FROM unanswered
WHERE confirmation.transmission_id = unanswered.transmission_id
  AND confirmation.lease_token = unanswered.lease_token",
};

/// Gives back questions of this worker that were not answered, to be asked again from `next_attempt_at` on.
pub async fn put_back(
    conn: &mut AnyConnection,
    token: &str,
    transmissions: &[TransmissionId],
    failure: &'static str,
    next_attempt_at: Timestamp,
    at: Timestamp,
) -> Result<(), StoreError> {
    PUT_BACK
        .execute(conn, transmissions, |query, transmission| {
            query
                .bind(transmission.to_string())
                .bind(token.to_owned())
                .bind(failure)
                .bind(next_attempt_at.as_microsecond())
                .bind(1_i64)
                .bind(at.as_microsecond())
        })
        .await?;
    Ok(())
}
