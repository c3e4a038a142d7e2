//! Writes the entries of a whole batch in few statements.

use sqlx::AnyConnection;

use super::{Head, Recorded};
use crate::db::StoreError;
use crate::db::rows::ManyRows;

const INSERT: ManyRows = ManyRows {
    head: "-- append\nINSERT INTO ledger (seq, at, kind, subject, actor, data, hash) VALUES",
    columns: 7,
    tail: "",
};

/// The entries chained to `head`, each with the head after it.
pub(in crate::db) fn chain(head: &Head, entries: &[Recorded]) -> Vec<Head> {
    let mut last = head.clone();
    let follow = |recorded: &Recorded| {
        let Recorded { at, entry } = recorded;
        last = last.follow(
            at.as_microsecond(),
            entry.kind,
            &entry.subject,
            &entry.actor,
            &entry.data,
        );
        last.clone()
    };
    entries.iter().map(follow).collect()
}

/// Writes chained entries; the head row is the caller's.
pub(in crate::db) async fn append(
    connection: &mut AnyConnection,
    entries: &[Recorded],
    heads: &[Head],
) -> Result<(), StoreError> {
    let rows: Vec<(&Recorded, &Head)> = entries.iter().zip(heads).collect();
    let written = INSERT
        .execute(connection, &rows, |statement, (Recorded { at, entry }, head)| {
            statement
                .bind(head.seq)
                .bind(at.as_microsecond())
                .bind(entry.kind)
                .bind(entry.subject.as_str())
                .bind(entry.actor.as_str())
                .bind(entry.data.as_str())
                .bind(head.hash.as_str())
        })
        .await?;
    match usize::try_from(written) {
        Ok(written) if written == rows.len() => Ok(()),
        _ => Err(StoreError::ConcurrentChange { touched: written }),
    }
}
