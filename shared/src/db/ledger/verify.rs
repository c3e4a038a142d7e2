//! Reads the ledger from its first entry and recomputes the chain.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::Head;
use crate::db::StoreError;

/// Entries per statement: bounds memory and the time of one statement.
const PAGE: i64 = 2_000;

/// What is wrong with a ledger.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("entry {seq} is missing")]
    Gap { seq: i64 },
    #[error("entry {seq} does not match its hash")]
    Changed { seq: i64 },
    #[error("the head names entry {head}, the last entry is {last}")]
    Head { head: i64, last: i64 },
    #[error("the ledger cannot be read")]
    Unreadable(#[source] StoreError),
}

/// A ledger whose chain holds from the first entry to the last.
pub(in crate::db) struct Verified {
    /// Its end.
    pub(in crate::db) head: Head,
    /// Where it passed the number that was asked for; `None` if it ends before.
    pub(in crate::db) passed: Option<Head>,
}

/// Recomputes the whole chain. Other processes may append meanwhile.
///
/// # Errors
/// A [`Fault`], at the first entry where the chain does not hold.
pub(in crate::db) async fn verify(connection: &mut AnyConnection, passing: i64) -> Result<Verified, Fault> {
    let before = stored_head(connection).await?;
    let mut head = Head::genesis();
    let mut passed = (passing == 0).then(Head::genesis);
    let mut met = before == head;
    loop {
        let rows = page(connection, head.seq).await?;
        for row in &rows {
            head = step(&head, row)?;
            met |= before == head;
            if head.seq == passing {
                passed = Some(head.clone());
            }
        }
        if rows.len() < PAGE as usize {
            break;
        }
    }
    // Entries and head are committed together, so the head read first is on the way and the one read last is not behind.
    let after = stored_head(connection).await?;
    if !met || after.seq < head.seq {
        return Err(Fault::Head {
            head: after.seq,
            last: head.seq,
        });
    }
    Ok(Verified { head, passed })
}

fn step(last: &Head, row: &AnyRow) -> Result<Head, Fault> {
    let seq: i64 = row.try_get(0).map_err(unreadable)?;
    if seq != last.seq + 1 {
        return Err(Fault::Gap { seq: last.seq + 1 });
    }
    let text = |column: usize| row.try_get::<&str, _>(column).map_err(|_| Fault::Changed { seq });
    let at: i64 = row.try_get(1).map_err(|_| Fault::Changed { seq })?;
    let next = last.follow(at, text(2)?, text(3)?, text(4)?, text(5)?);
    if next.hash == text(6)? {
        Ok(next)
    } else {
        Err(Fault::Changed { seq })
    }
}

async fn page(connection: &mut AnyConnection, after: i64) -> Result<Vec<AnyRow>, Fault> {
    let query = sqlx::query(
        "-- page
        SELECT seq, at, kind, subject, actor, data, hash
        FROM ledger
        WHERE seq > $1
        ORDER BY seq
        LIMIT $2",
    );
    query
        .bind(after)
        .bind(PAGE)
        .fetch_all(connection)
        .await
        .map_err(unreadable)
}

async fn stored_head(connection: &mut AnyConnection) -> Result<Head, Fault> {
    let query = sqlx::query(
        "-- stored_head
        SELECT seq, hash
        FROM ledger_head
        WHERE id = 1",
    );
    let row = query.fetch_one(connection).await.map_err(unreadable)?;
    Ok(Head {
        seq: row.try_get(0).map_err(unreadable)?,
        hash: row.try_get(1).map_err(unreadable)?,
    })
}

fn unreadable(error: sqlx::Error) -> Fault {
    Fault::Unreadable(error.into())
}
