//! When a row is looked at next, as the changes say that move what its clocks depend on.

use std::collections::HashSet;

use jiff::Timestamp;
use sqlx::AnyConnection;

use crate::db::StoreError;
use crate::db::rows::ManyRows;
use crate::domain::ids::TransmissionId;

const ARM: ManyRows = ManyRows {
    head: "-- deadlines::arm
INSERT INTO deadline (subject, look_at, looked_at, clock, due_at, told_rung, told_at, told_repeats, turns, start_rung,
    snoozed_since, snoozed_until, snoozed_by, written_at)
SELECT column1, column2, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, column3
FROM (VALUES",
    columns: 3,
    tail: ") AS new
WHERE 1 = 1
ON CONFLICT (subject) DO UPDATE
SET look_at = CASE WHEN deadline.look_at <= excluded.look_at THEN deadline.look_at ELSE excluded.look_at END,
    written_at = excluded.written_at",
};

/// Makes the clocks of transmissions run: each is looked at when it says, or before if it was to be looked at before.
///
/// # Errors
/// Those of storage.
pub async fn arm(
    conn: &mut AnyConnection,
    transmissions: &[(TransmissionId, Timestamp)],
    at: Timestamp,
) -> Result<(), StoreError> {
    ARM.execute(conn, transmissions, |query, (transmission, look_at)| {
        query
            .bind(transmission.to_string())
            .bind(look_at.as_microsecond())
            .bind(at.as_microsecond())
    })
    .await?;
    Ok(())
}

const MOVED: ManyRows = ManyRows {
    head: "-- deadlines::moved
WITH moved (subject, at) AS (VALUES",
    columns: 2,
    tail: ")
UPDATE deadline
SET look_at = moved.at, written_at = moved.at
FROM moved
WHERE deadline.subject = moved.subject AND deadline.looked_at IS NOT NULL",
};

/// Looks again at once at transmissions of which something has moved: what people are told of may be over, and a child who
/// was taken from a caseworker may be late already. One that was never looked at keeps the time of its first deadline,
/// before which nothing can be late.
///
/// # Errors
/// Those of storage.
pub async fn moved(
    conn: &mut AnyConnection,
    transmissions: impl IntoIterator<Item = TransmissionId>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let each_once: HashSet<TransmissionId> = transmissions.into_iter().collect();
    let each_once: Vec<TransmissionId> = each_once.into_iter().collect();
    MOVED
        .execute(conn, &each_once, |query, transmission| {
            query.bind(transmission.to_string()).bind(at.as_microsecond())
        })
        .await?;
    Ok(())
}
