//! Few statements for many rows: a statement costs tens of microseconds however little it does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::any::{AnyArguments, AnyQueryResult};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe};

use super::{Dialect, StoreError};

/// A statement with its values, as [`sqlx::query()`] makes it.
pub type Statement<'q> = Query<'q, Any, AnyArguments>;

/// Statement texts by dialect, shape and number of rows.
type Texts = HashMap<(Dialect, ManyRows, usize), Arc<str>>;

/// Most rows of one statement; the databases allow 32,766 and 65,535 values.
const MOST_ROWS: usize = 256;

/// Awaits a change that must touch exactly one row.
///
/// # Errors
/// [`StoreError::ConcurrentChange`] when it touched none or several.
pub async fn exactly_one(running: impl Future<Output = Result<AnyQueryResult, sqlx::Error>>) -> Result<(), StoreError> {
    exactly(running.await?.rows_affected(), 1)
}

/// Demands that a statement touched as many rows as it was meant to.
///
/// # Errors
/// [`StoreError::ConcurrentChange`] when it touched another number.
pub fn exactly(touched: u64, wanted: usize) -> Result<(), StoreError> {
    if touched == wanted as u64 {
        Ok(())
    } else {
        Err(StoreError::ConcurrentChange { touched })
    }
}

/// A statement around a list of rows: `head ($1, $2), ($3, $4) tail`. Head and tail have no parameters of their own, and
/// the first value of a row is never NULL.
///
/// Serves `INSERT INTO … VALUES`, and `UPDATE … FROM (VALUES` with the tail `) AS new WHERE …` and the columns
/// `new.column1, new.column2 …`, and with `columns` = 1 also `… IN (VALUES` with the tail `)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ManyRows {
    /// Up to and with `VALUES`, first line a comment that names the function.
    pub head: &'static str,
    /// Values per row.
    pub columns: usize,
    /// What follows the rows.
    pub tail: &'static str,
}

impl ManyRows {
    /// Runs the statement for all `items`, in chunks, and returns how many rows it touched in all.
    ///
    /// `bind` binds the values of one row in the order of the columns, exactly [`ManyRows::columns`] of them.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn execute<'q, T>(
        &self,
        connection: &mut AnyConnection,
        items: &'q [T],
        mut bind: impl FnMut(Statement<'q>, &'q T) -> Statement<'q>,
    ) -> Result<u64, StoreError> {
        let (mut touched, dialect) = (0, Dialect::of(connection));
        for chunk in chunks(items, dialect) {
            let sql = self.sql(dialect, chunk.len());
            let query = chunk.iter().fold(sqlx::query(sql), &mut bind);
            touched += query.execute(&mut *connection).await?.rows_affected();
        }
        Ok(touched)
    }

    /// As [`ManyRows::execute`], and returns the rows that the statement yields, in no promised order.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn fetch_all<'q, T>(
        &self,
        connection: &mut AnyConnection,
        items: &'q [T],
        mut bind: impl FnMut(Statement<'q>, &'q T) -> Statement<'q>,
    ) -> Result<Vec<sqlx::any::AnyRow>, StoreError> {
        let (mut rows, dialect) = (Vec::new(), Dialect::of(connection));
        for chunk in chunks(items, dialect) {
            let sql = self.sql(dialect, chunk.len());
            let query = chunk.iter().fold(sqlx::query(sql), &mut bind);
            rows.extend(query.fetch_all(&mut *connection).await?);
        }
        Ok(rows)
    }

    /// The text for this many rows, made once per process.
    fn sql(&self, dialect: Dialect, rows: usize) -> AssertSqlSafe<Arc<str>> {
        static TEXTS: Mutex<Option<Texts>> = Mutex::new(None);
        let rows = rows.next_power_of_two();
        let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
        let text = texts
            .get_or_insert_default()
            .entry((dialect, *self, rows))
            .or_insert_with(|| self.text(dialect, rows).into());
        // Made of three literals and numbers: no value is ever part of it.
        AssertSqlSafe(Arc::clone(text))
    }

    fn text(&self, dialect: Dialect, rows: usize) -> String {
        let list = (0..rows)
            .map(|row| self.row(dialect, row))
            .collect::<Vec<_>>()
            .join(", ");
        let Self { head, tail, .. } = self;
        match dialect {
            // What is not bound is NULL: one text serves every number of rows up to its own.
            Dialect::Sqlite if rows > 1 => {
                let head = head.strip_suffix("VALUES").unwrap_or(head);
                format!("{head}SELECT * FROM (VALUES {list}) WHERE column1 IS NOT NULL {tail}")
            }
            _ => format!("{head} {list} {tail}"),
        }
    }

    /// SQLite finds the name of a parameter by going through all names before it, for each of them again; parameters
    /// without names cost nothing.
    fn row(&self, dialect: Dialect, row: usize) -> String {
        let parameters = (0..self.columns).map(|column| match dialect {
            Dialect::Sqlite => "?".to_owned(),
            Dialect::Postgres => format!("${}", row * self.columns + column + 1),
        });
        format!("({})", parameters.collect::<Vec<_>>().join(", "))
    }
}

/// Chunks for which few different texts are prepared. On PostgreSQL their lengths are powers of two: 100 rows are 64, 32
/// and 4.
fn chunks<T>(mut items: &[T], dialect: Dialect) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let length = match dialect {
            Dialect::Sqlite => Some(items.len()).filter(|length| *length > 0)?,
            Dialect::Postgres => 1_usize << items.len().checked_ilog2()?,
        };
        let (chunk, rest) = items.split_at(length.min(MOST_ROWS));
        items = rest;
        Some(chunk)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_in_the_order_in_which_they_are_bound() {
        let insert = ManyRows {
            head: "INSERT INTO a (b, c) VALUES",
            columns: 2,
            tail: "ON CONFLICT DO NOTHING",
        };
        assert_eq!(
            insert.text(Dialect::Postgres, 2),
            "INSERT INTO a (b, c) VALUES ($1, $2), ($3, $4) ON CONFLICT DO NOTHING"
        );
        assert_eq!(
            insert.text(Dialect::Sqlite, 2),
            "INSERT INTO a (b, c) SELECT * FROM (VALUES (?, ?), (?, ?)) WHERE column1 IS NOT NULL ON CONFLICT DO NOTHING"
        );
    }

    #[test]
    fn chunks_leave_nothing_out_and_few_texts_serve_them() {
        let items: Vec<u32> = (0..612).collect();
        let lengths = |dialect| chunks(&items, dialect).map(<[u32]>::len).collect::<Vec<_>>();
        assert_eq!(lengths(Dialect::Postgres), [256, 256, 64, 32, 4]);
        assert_eq!(lengths(Dialect::Sqlite), [256, 256, 100]);
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            assert_eq!(chunks(&items, dialect).flatten().copied().collect::<Vec<_>>(), items);
            assert_eq!(chunks::<u32>(&[], dialect).count(), 0);
        }
    }
}
