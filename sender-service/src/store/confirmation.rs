//! Confirmations: when each transmission that was handed over is asked for next.

mod question;

use framme_shared::{
    db::{StoreError, rows::ManyRows},
    domain::{
        ids::{ReportId, TransmissionId},
        organisation::OrganisationNumber,
    },
};
use jiff::{SignedDuration, Timestamp};
use sqlx::{AnyConnection, AnyPool, any::AnyRow};

pub use self::question::{Asked, Claimed, Next, any_due, claim, put_back, release_all, settle, still_asked};
use super::columns::Reader;

const ARM: ManyRows = ManyRows {
    head: "-- confirmation::arm
INSERT INTO confirmation (transmission_id, receiver, held_since, due_at, reason, faulty_id, wait_after, answered,
    last_held_at, attempts, next_attempt_at, last_failure, doubted, lease_token, lease_until, written_at, written_by)
SELECT column1, column2, column3, column3 + column4, 'schedule', NULL, column4, 0, NULL, 0, column3 + column4, NULL, 0,
    NULL, 0, column3, 'HandOver'
FROM (VALUES",
    columns: 4,
    tail: ") AS new
WHERE 1 = 1
ON CONFLICT (transmission_id) DO UPDATE
SET held_since = excluded.held_since, due_at = excluded.held_since + confirmation.wait_after,
    next_attempt_at = excluded.held_since + confirmation.wait_after, attempts = 0, lease_token = NULL, lease_until = 0,
    written_at = excluded.written_at, written_by = excluded.written_by",
};

/// Begins to ask for transmissions that were just handed over: those that were never handed over before `first` after
/// `at`, and others when their last doubt says.
pub async fn arm(
    conn: &mut AnyConnection,
    handed_over: &[(TransmissionId, OrganisationNumber)],
    first: SignedDuration,
    at: Timestamp,
) -> Result<(), StoreError> {
    let first = micros(first);
    ARM.execute(conn, handed_over, |query, (transmission, receiver)| {
        query
            .bind(transmission.to_string())
            .bind(receiver.to_string())
            .bind(at.as_microsecond())
            .bind(first)
    })
    .await?;
    Ok(())
}

const STOP: ManyRows = ManyRows {
    head: "-- confirmation::stop
UPDATE confirmation
SET due_at = NULL, lease_token = NULL, lease_until = 0
WHERE transmission_id IN (VALUES",
    columns: 1,
    tail: ")",
};

/// Asks no more by itself: everything is assessed or ended, or the transmission is being sent again.
pub async fn stop(conn: &mut AnyConnection, transmissions: &[TransmissionId]) -> Result<(), StoreError> {
    STOP.execute(conn, transmissions, |query, transmission| {
        query.bind(transmission.to_string())
    })
    .await?;
    Ok(())
}

const DOUBT: ManyRows = ManyRows {
    head: "-- confirmation::doubt
UPDATE confirmation
SET doubted = 1
WHERE transmission_id IN (VALUES",
    columns: 1,
    tail: ")",
};

/// Marks transmissions of which a doubt is open.
pub async fn doubt(conn: &mut AnyConnection, transmissions: &[TransmissionId]) -> Result<(), StoreError> {
    DOUBT
        .execute(conn, transmissions, |query, transmission| {
            query.bind(transmission.to_string())
        })
        .await?;
    Ok(())
}

const TRUST: ManyRows = ManyRows {
    head: "-- confirmation::trust
WITH stored (transmission_id, first, at) AS (VALUES",
    columns: 3,
    tail: ")
UPDATE confirmation
SET doubted = 0, reason = 'schedule', wait_after = stored.first, held_since = stored.at,
    due_at = stored.at + stored.first, next_attempt_at = stored.at + stored.first, attempts = 0, written_at = stored.at,
    written_by = 'ApplyReceipts'
FROM stored
WHERE confirmation.transmission_id = stored.transmission_id",
};

/// Begins the schedule of transmissions anew that were stored anew, so that nothing of them is in doubt.
pub async fn trust(
    conn: &mut AnyConnection,
    transmissions: &[TransmissionId],
    first: SignedDuration,
    at: Timestamp,
) -> Result<(), StoreError> {
    let first = micros(first);
    TRUST
        .execute(conn, transmissions, |query, transmission| {
            query
                .bind(transmission.to_string())
                .bind(first)
                .bind(at.as_microsecond())
        })
        .await?;
    Ok(())
}

const RESUME: ManyRows = ManyRows {
    head: "-- confirmation::resume
WITH again (transmission_id, due_at) AS (VALUES",
    columns: 2,
    tail: ")
UPDATE confirmation
SET due_at = again.due_at, next_attempt_at = again.due_at, reason = 'schedule', attempts = 0
FROM again
WHERE confirmation.transmission_id = again.transmission_id AND confirmation.due_at IS NULL AND EXISTS (
    SELECT 1
    FROM transmission
    WHERE transmission.transmission_id = again.transmission_id AND transmission.delivery_state = 'handed_over')",
};

/// Asks again for transmissions of which a child that was assessed waits again.
pub async fn resume(
    conn: &mut AnyConnection,
    transmissions: &[TransmissionId],
    due_at: Timestamp,
) -> Result<(), StoreError> {
    RESUME
        .execute(conn, transmissions, |query, transmission| {
            query.bind(transmission.to_string()).bind(due_at.as_microsecond())
        })
        .await?;
    Ok(())
}

/// Whether any transmission of this receiver is overdue as [`overdue`] finds them.
pub async fn any_overdue(pool: &AnyPool, receiver: &OrganisationNumber, before: Timestamp) -> Result<bool, StoreError> {
    let mut conn = pool.acquire().await?;
    Ok(!overdue(&mut conn, receiver, before, 1).await?.is_empty())
}

/// Up to `limit` transmissions with a child that counts as delivered, whose question has been due since before this time,
/// and that are in no doubt yet; with their reports.
pub async fn overdue(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<(TransmissionId, ReportId)>, StoreError> {
    let rows = sqlx::query(
        "-- confirmation::overdue
SELECT confirmation.transmission_id, transmission.report_id
FROM confirmation
JOIN transmission ON transmission.transmission_id = confirmation.transmission_id
WHERE confirmation.receiver = $1 AND due_at IS NOT NULL AND due_at < $2 AND doubted = 0
  AND transmission.delivery_state = 'handed_over' AND EXISTS (
    SELECT 1
    FROM child
    WHERE child.report_id = transmission.report_id AND child.transmission_id = transmission.transmission_id
      AND stage IN ('assigned', 'assessed'))
LIMIT $3",
    )
    .bind(receiver.to_string())
    .bind(before.as_microsecond())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "confirmation", "transmission_id");
            Ok((reader.parsed("transmission_id")?, reader.parsed("report_id")?))
        })
        .collect()
}

/// Makes up to `limit` questions to a receiver due now because a person asks, after this id in the order of ids; of one
/// report when one is named. Returns the ids.
pub async fn ask_now(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
    report: Option<&ReportId>,
    after: &str,
    limit: i64,
    at: Timestamp,
) -> Result<Vec<TransmissionId>, StoreError> {
    let rows = sqlx::query(
        "-- confirmation::ask_now
UPDATE confirmation
SET due_at = CASE WHEN due_at IS NOT NULL AND due_at < $1 THEN due_at ELSE $1 END, next_attempt_at = $1, reason = 'hand',
    attempts = 0, written_at = $1, written_by = 'AskNow'
WHERE transmission_id IN (
    SELECT confirmation.transmission_id
    FROM confirmation
    JOIN transmission ON transmission.transmission_id = confirmation.transmission_id
    WHERE confirmation.receiver = $2 AND confirmation.transmission_id > $3
      AND ($4 = '' OR transmission.report_id = $4) AND transmission.delivery_state = 'handed_over'
    ORDER BY confirmation.transmission_id
    LIMIT $5)
RETURNING transmission_id",
    )
    .bind(at.as_microsecond())
    .bind(receiver.to_string())
    .bind(after.to_owned())
    .bind(report.map(ToString::to_string).unwrap_or_default())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    ids(&rows)
}

const ASK_FAULTY: ManyRows = ManyRows {
    head: "-- confirmation::ask_faulty
WITH doubtful (transmission_id, faulty_id, at) AS (VALUES",
    columns: 3,
    tail: ")
UPDATE confirmation
SET due_at = CASE WHEN due_at IS NOT NULL AND due_at < doubtful.at THEN due_at ELSE doubtful.at END,
    next_attempt_at = doubtful.at, reason = 'faulty', faulty_id = doubtful.faulty_id, attempts = 0,
    written_at = doubtful.at, written_by = 'LookForFaulty'
FROM doubtful
WHERE confirmation.transmission_id = doubtful.transmission_id AND EXISTS (
    SELECT 1
    FROM transmission
    WHERE transmission.transmission_id = doubtful.transmission_id AND transmission.delivery_state = 'handed_over')",
};

/// Makes questions due now, because software that was marked made receipts about these; returns how many.
pub async fn ask_faulty(
    conn: &mut AnyConnection,
    transmissions: &[TransmissionId],
    faulty: &str,
    at: Timestamp,
) -> Result<u64, StoreError> {
    ASK_FAULTY
        .execute(conn, transmissions, |query, transmission| {
            query
                .bind(transmission.to_string())
                .bind(faulty.to_owned())
                .bind(at.as_microsecond())
        })
        .await
}

/// How the questions to one receiver stand.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Who.
    pub receiver: OrganisationNumber,
    /// Transmissions that are asked for.
    pub asked_for: u64,
    /// Of them due now.
    pub due: u64,
    /// Transmissions in doubt.
    pub doubted: u64,
    /// The oldest time at which a question was due that is due now.
    pub due_since: Option<Timestamp>,
}

/// How the questions stand, by receiver.
pub async fn standings(pool: &AnyPool, at: Timestamp) -> Result<Vec<Standing>, StoreError> {
    let rows = sqlx::query(
        "-- confirmation::standings
SELECT receiver.organisation, COUNT(due_at) AS asked_for,
    CAST(COALESCE(SUM(CASE WHEN due_at <= $1 THEN 1 ELSE 0 END), 0) AS BIGINT) AS due,
    CAST(COALESCE(SUM(doubted), 0) AS BIGINT) AS doubted,
    MIN(CASE WHEN due_at <= $1 THEN due_at END) AS due_since
FROM receiver
LEFT JOIN confirmation ON confirmation.receiver = receiver.organisation
GROUP BY receiver.organisation
ORDER BY receiver.organisation",
    )
    .bind(at.as_microsecond())
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "receiver", "organisation");
            Ok(Standing {
                receiver: reader.parsed("organisation")?,
                asked_for: reader.count("asked_for")?,
                due: reader.count("due")?,
                doubted: reader.count("doubted")?,
                due_since: reader.time_or_null("due_since")?,
            })
        })
        .collect()
}

fn ids(rows: &[AnyRow]) -> Result<Vec<TransmissionId>, StoreError> {
    rows.iter()
        .map(|row| Reader::new(row, "confirmation", "transmission_id").parsed("transmission_id"))
        .collect()
}

fn micros(wait: SignedDuration) -> i64 {
    i64::try_from(wait.as_micros()).unwrap_or(i64::MAX)
}
