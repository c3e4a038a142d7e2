//! Tasks that stand for as long as something is wrong: raised in the change that finds it, settled in the one that finds it
//! over. What a person closed while it lasts is raised again.

use std::collections::BTreeSet;

use sqlx::Row as _;

use super::{StoreError, Tx, tasks};
use crate::domain::task::NewTask;

/// Brings the open tasks of these kinds about subjects in this scope into line with what is wrong now: raises what is new
/// and settles what is over. A scope is a subject, and every subject that begins with it and a slash; the empty scope is
/// everything.
///
/// # Errors
/// Those of storage.
pub async fn keep(
    tx: &mut Tx,
    scope: &str,
    kinds: &[&'static str],
    found: Vec<NewTask>,
    outcome: &'static str,
) -> Result<(), StoreError> {
    let wrong: BTreeSet<(&'static str, String)> = found.iter().map(|task| (task.kind, task.subject.clone())).collect();
    for task in found {
        tasks::raise(tx, task).await?;
    }
    for kind in kinds {
        for subject in open(tx, kind).await? {
            let is_within = scope.is_empty()
                || subject == scope
                || subject.strip_prefix(scope).is_some_and(|rest| rest.starts_with('/'));
            if is_within && !wrong.contains(&(*kind, subject.clone())) {
                tasks::settle(tx, kind, &subject, outcome).await?;
            }
        }
    }
    Ok(())
}

async fn open(tx: &mut Tx, kind: &'static str) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(
        "-- incidents::open
SELECT subject
FROM task
WHERE kind = $1 AND closed_at IS NULL
ORDER BY subject",
    )
    .bind(kind)
    .fetch_all(tx.conn())
    .await?;
    rows.iter().map(|row| Ok(row.try_get("subject")?)).collect()
}
