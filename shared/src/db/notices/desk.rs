//! A desk hears of each of its tasks: when it is raised, and every day while it stays open.

use jiff::Timestamp;
use sqlx::AnyPool;

use crate::{
    db::{Change, StoreError, Tx},
    domain::{notice::ContactName, report::Urgency, task::Desk},
};

/// Tasks of a desk, $1, that a contact, $2, was not told of today. A day is 24 hours since the task was raised; $3 is now.
macro_rules! untold {
    () => {
        "FROM task
WHERE task.closed_at IS NULL AND task.desk = $1 AND NOT EXISTS (
    SELECT 1
    FROM notice
    WHERE notice.contact = $2 AND notice.occasion = 'incident' AND notice.subject = CAST(task.number AS TEXT)
        AND notice.turn = CASE WHEN $3 < task.opened_at THEN 0 ELSE ($3 - task.opened_at) / 86400000000 END)"
    };
}

/// Whether there is something to tell.
///
/// # Errors
/// Those of storage.
pub async fn is_untold(pool: &AnyPool, desk: Desk, contact: &ContactName, now: Timestamp) -> Result<bool, StoreError> {
    let row = sqlx::query(concat!(
        "-- notices::is_untold\nSELECT task.number\n",
        untold!(),
        "\nLIMIT 1"
    ))
    .bind(desk.as_str())
    .bind(contact.to_string())
    .bind(now.as_microsecond())
    .fetch_optional(pool)
    .await?;
    Ok(row.is_some())
}

/// Puts a notice into the outbox for each open task of a desk that a contact was not told of today.
pub struct TellDesk {
    /// Whose tasks.
    pub desk: Desk,
    /// Who is told.
    pub contact: ContactName,
}

impl Change for TellDesk {
    /// How many.
    type Outcome = u64;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<u64, StoreError> {
        let at = tx.at().as_microsecond();
        let told = sqlx::query(concat!(
            "-- notices::tell_desk
INSERT INTO notice (contact, occasion, subject, turn, urgency_rank, until_at, created_at, state, attempts,
    next_attempt_at, lease_token, lease_until, last_failure, sent_at, written_at, written_by, message, relayed_at)
SELECT $2, 'incident', CAST(task.number AS TEXT),
    CASE WHEN $3 < task.opened_at THEN 0 ELSE ($3 - task.opened_at) / 86400000000 END,
    $4, NULL, $3, 'waiting', 0, $3, NULL, 0, NULL, NULL, $3, 'tell_desk', NULL, NULL
",
            untold!(),
            "
ON CONFLICT (contact, occasion, subject, turn) DO NOTHING"
        ))
        .bind(self.desk.as_str())
        .bind(self.contact.to_string())
        .bind(at)
        // A task says no urgency of its own: somebody should look today.
        .bind(Urgency::Urgent.rank())
        .execute(tx.conn())
        .await?;
        Ok(told.rows_affected())
    }
}
