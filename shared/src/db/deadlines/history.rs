//! Every step of an escalation, written once.

use jiff::Timestamp;
use sqlx::{AnyPool, Row as _};

use crate::db::{LedgerEntry, StoreError, Tx};
use crate::domain::clocks::Clock;
use crate::domain::escalation::{Rung, StepKind, StepTaken};
use crate::domain::ids::TransmissionId;

/// Writes a step of this transmission, here and in the ledger.
pub(super) async fn record(tx: &mut Tx, transmission: &TransmissionId, step: &StepTaken) -> Result<(), StoreError> {
    let (rung, contacts) = step.told.clone().unzip();
    sqlx::query(
        "-- deadlines::record
INSERT INTO escalation (subject, step, taken_at, kind, clock, due_at, rung, contacts, actor)
SELECT $1, COALESCE((SELECT MAX(step) FROM escalation WHERE subject = $1), 0) + 1, $2, $3, $4, $5, $6, $7, $8",
    )
    .bind(transmission.to_string())
    .bind(step.at.as_microsecond())
    .bind(step.kind.as_str())
    .bind(step.clock.as_str())
    .bind(step.due.as_microsecond())
    .bind(rung.map(Rung::as_str))
    .bind(contacts.clone())
    .bind(step.actor.clone())
    .execute(tx.conn())
    .await?;
    let whom = rung.map_or(String::new(), |rung| {
        format!(", {rung}: {}", contacts.unwrap_or_default())
    });
    tx.record(LedgerEntry {
        kind: "escalation",
        subject: transmission.to_string(),
        actor: step.actor.clone(),
        data: format!("{} of {}, due {}{whom}", step.kind, step.clock, step.due),
    });
    Ok(())
}

/// The steps of a transmission, in order.
///
/// # Errors
/// Those of storage.
pub async fn steps(pool: &AnyPool, transmission: &TransmissionId) -> Result<Vec<StepTaken>, StoreError> {
    let rows = sqlx::query(
        "-- deadlines::steps
SELECT taken_at, kind, clock, due_at, rung, contacts, actor
FROM escalation
WHERE subject = $1
ORDER BY step",
    )
    .bind(transmission.to_string())
    .fetch_all(pool)
    .await?;
    let corrupt = |column| StoreError::Corrupt {
        table: "escalation",
        column,
        row: transmission.to_string(),
    };
    let read = |row: &sqlx::any::AnyRow| {
        let time = |column| {
            let micros: i64 = row.try_get(column)?;
            Timestamp::from_microsecond(micros).map_err(|_| corrupt(column))
        };
        let word = |column| row.try_get::<String, _>(column);
        let rung: Option<String> = row.try_get("rung")?;
        let rung = rung.map(|word| Rung::parse(&word)).transpose();
        Ok(StepTaken {
            at: time("taken_at")?,
            kind: StepKind::parse(&word("kind")?).map_err(|_| corrupt("kind"))?,
            clock: Clock::parse(&word("clock")?).map_err(|_| corrupt("clock"))?,
            due: time("due_at")?,
            told: rung.map_err(|_| corrupt("rung"))?.zip(row.try_get("contacts")?),
            actor: word("actor")?,
        })
    };
    rows.iter().map(read).collect()
}
