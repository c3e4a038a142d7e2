//! Tasks for people: what a program cannot put right by itself. They are opened in the change that finds what is wrong,
//! so that none is lost, and once however often it is found.

use jiff::Timestamp;
use sqlx::{AnyPool, Row as _, any::AnyRow};

use super::{Change, LedgerEntry, StoreError, Tx};
pub use crate::domain::task::{Closed, Desk, NewTask, Task};

/// Opens a task, unless one of this kind about this subject is open. `true` when it is new.
///
/// # Errors
/// Those of storage.
pub async fn raise(tx: &mut Tx, task: NewTask) -> Result<bool, StoreError> {
    let at = tx.at();
    let raised = sqlx::query(
        "-- tasks::raise
INSERT INTO task (number, kind, subject, desk, data, opened_at, closed_at, closed_by, outcome)
SELECT COALESCE((SELECT MAX(number) FROM task), 0) + 1, $1, $2, $3, $4, $5, NULL, NULL, NULL
WHERE NOT EXISTS (SELECT 1 FROM task WHERE kind = $1 AND subject = $2 AND closed_at IS NULL)",
    )
    .bind(task.kind)
    .bind(task.subject.clone())
    .bind(task.desk.as_str())
    .bind(task.data.clone())
    .bind(at.as_microsecond())
    .execute(tx.conn())
    .await?;
    let is_new = raised.rows_affected() == 1;
    if is_new {
        tracing::error!(task.kind, task.subject, task.desk = %task.desk, "A person must look");
        tx.record(LedgerEntry {
            kind: "task_opened",
            subject: task.subject,
            actor: "program".to_owned(),
            data: format!("{} for the {} desk: {}", task.kind, task.desk, task.data),
        });
    }
    Ok(is_new)
}

/// Closes the open task of this kind about this subject, whose cause the program found gone. `false` when there is none.
///
/// # Errors
/// Those of storage.
pub async fn settle(tx: &mut Tx, kind: &'static str, subject: &str, outcome: &'static str) -> Result<bool, StoreError> {
    let at = tx.at();
    let settled = sqlx::query(
        "-- tasks::settle
UPDATE task
SET closed_at = $1, closed_by = 'program', outcome = $2
WHERE kind = $3 AND subject = $4 AND closed_at IS NULL",
    )
    .bind(at.as_microsecond())
    .bind(outcome)
    .bind(kind)
    .bind(subject.to_owned())
    .execute(tx.conn())
    .await?;
    let was_open = settled.rows_affected() > 0;
    if was_open {
        tx.record(closed(
            subject.to_owned(),
            "program".to_owned(),
            format!("{kind}: {outcome}"),
        ));
    }
    Ok(was_open)
}

/// A person has dealt with a task.
pub struct CloseTask {
    /// Its number.
    pub number: u64,
    /// Who: role-scoped staff id, or name of the credential.
    pub by: String,
}

impl Change for CloseTask {
    /// `false` when it is not open.
    type Outcome = bool;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        close(tx, self.number, &self.by).await
    }
}

async fn close(tx: &mut Tx, number: u64, by: &str) -> Result<bool, StoreError> {
    let at = tx.at();
    let row = sqlx::query(
        "-- tasks::close
UPDATE task
SET closed_at = $1, closed_by = $2, outcome = 'dealt_with'
WHERE number = $3 AND closed_at IS NULL
RETURNING kind, subject",
    )
    .bind(at.as_microsecond())
    .bind(by.to_owned())
    .bind(i64::try_from(number).unwrap_or(i64::MAX))
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else {
        return Ok(false);
    };
    let (kind, subject): (String, String) = (row.try_get("kind")?, row.try_get("subject")?);
    tx.record(closed(subject, by.to_owned(), format!("{kind}: dealt_with")));
    Ok(true)
}

fn closed(subject: String, actor: String, data: String) -> LedgerEntry {
    LedgerEntry {
        kind: "task_closed",
        subject,
        actor,
        data,
    }
}

/// Up to `limit` tasks after this number, in order; with `closed`, also those that ended.
///
/// # Errors
/// Those of storage.
pub async fn page(pool: &AnyPool, after: u64, closed: bool, limit: u32) -> Result<Vec<Task>, StoreError> {
    let rows = sqlx::query(
        "-- tasks::page
SELECT number, kind, subject, desk, data, opened_at, closed_at, closed_by, outcome
FROM task
WHERE number > $1 AND (closed_at IS NULL OR $2 = 1)
ORDER BY number
LIMIT $3",
    )
    .bind(i64::try_from(after).unwrap_or(i64::MAX))
    .bind(i64::from(closed))
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<Task, StoreError> {
    let number: i64 = row.try_get("number")?;
    let corrupt = |column| StoreError::Corrupt {
        table: "task",
        column,
        row: number.to_string(),
    };
    let time = |column, micros| Timestamp::from_microsecond(micros).map_err(|_| corrupt(column));
    let closed_at: Option<i64> = row.try_get("closed_at")?;
    let closed = match closed_at {
        None => None,
        Some(micros) => Some(Closed {
            at: time("closed_at", micros)?,
            by: row.try_get("closed_by")?,
            outcome: row.try_get("outcome")?,
        }),
    };
    Ok(Task {
        number: u64::try_from(number).map_err(|_| corrupt("number"))?,
        kind: row.try_get("kind")?,
        subject: row.try_get("subject")?,
        desk: row.try_get("desk")?,
        data: row.try_get("data")?,
        opened_at: time("opened_at", row.try_get("opened_at")?)?,
        closed,
    })
}
