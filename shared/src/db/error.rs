//! What can go wrong in storage, in the few kinds that a caller treats differently.

use std::path::PathBuf;

use super::ledger::Fault;
use super::mark::MarkError;

/// A failed read or change. Nothing of a failed change is in the database, unless it says [`StoreError::Unavailable`]:
/// then it may be, and the same change must be asked for again under the same id.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Cannot be reached, is full, or did not answer in time. Trying again later may work.
    #[error("the database is not available")]
    Unavailable(#[source] Cause),
    /// The process is ending; the change was not begun.
    #[error("the database is closing")]
    Closing,
    /// The row was changed, or is gone, since it was read: `touched` rows answered to a change of exactly one.
    #[error("a change of one row touched {touched}")]
    ConcurrentChange { touched: u64 },
    /// A row that must be there is not.
    #[error("a row is missing")]
    Missing,
    /// A unique or foreign key refused the row.
    #[error("a constraint refused the change")]
    Constraint(#[source] Cause),
    /// A stored value is not what was once written there. A person must look.
    #[error("stored value {table}.{column} of row {row} is damaged")]
    Corrupt {
        table: &'static str,
        column: &'static str,
        row: String,
    },
    /// The change itself failed in a way that its author did not foresee; it was rolled back.
    #[error("the change panicked")]
    Panicked,
    /// The statement is wrong, or the database is damaged.
    #[error("the database refused the statement")]
    Statement(#[source] Cause),
}

impl StoreError {
    pub(super) fn unavailable(why: &'static str) -> Self {
        Self::Unavailable(Cause {
            code: None,
            message: why.to_owned(),
        })
    }

    /// Whether waiting may help.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Closing)
    }
}

/// The driver's code and message, without the details that may quote a row.
#[derive(Debug, thiserror::Error)]
#[error("{message}{}", .code.as_deref().map(|code| format!(" [{code}]")).unwrap_or_default())]
pub struct Cause {
    code: Option<String>,
    message: String,
}

impl Cause {
    /// Another error's text, for those who are told of it second-hand.
    pub(super) fn of(error: &dyn std::error::Error) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            message.push_str(": ");
            message.push_str(&error.to_string());
            cause = error.source();
        }
        Self { code: None, message }
    }
}

impl From<&sqlx::Error> for Cause {
    fn from(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(database) => Self {
                code: database.code().map(|code| code.into_owned()),
                message: database.message().to_owned(),
            },
            other => Self {
                code: None,
                message: other.to_string(),
            },
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let cause = Cause::from(&error);
        match error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::BeginFailed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(cause),
            sqlx::Error::RowNotFound => Self::Missing,
            sqlx::Error::Database(database) => {
                let code = database.code().unwrap_or_default();
                if is_transient(&code) {
                    Self::Unavailable(cause)
                } else if database.is_unique_violation()
                    || database.is_foreign_key_violation()
                    || database.is_check_violation()
                {
                    Self::Constraint(cause)
                } else {
                    Self::Statement(cause)
                }
            }
            _ => Self::Statement(cause),
        }
    }
}

/// Codes after which the same statement may succeed: PostgreSQL's five letters, SQLite's result codes as numbers.
fn is_transient(code: &str) -> bool {
    if code.len() == 5 {
        let class = &code[..2];
        // Connection, rollback (serialization, deadlock), resources, cancelled or shut down, lock not available, no disk.
        return matches!(class, "08" | "40" | "53" | "57" | "58") || matches!(code, "55P03" | "25P03" | "25006");
    }
    // BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, FULL, CANTOPEN, PROTOCOL; the low byte is the primary code.
    code.parse::<u32>()
        .is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 7 | 8 | 9 | 10 | 13 | 14 | 15))
}

/// Why a database is not opened. Each text says what a person can do about it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the database URL is wrong: {0}")]
    Url(&'static str),
    #[error("there is no database at {0}: run the migrate command first")]
    NoDatabase(PathBuf),
    #[error("the database cannot be reached")]
    Connect(#[source] Cause),
    /// A setting without which an acknowledged change could be lost.
    #[error("the database setting {name} is {found}, it must be {wanted}")]
    Setting {
        name: &'static str,
        found: String,
        wanted: &'static str,
    },
    #[error("the schema of {module} is at {found}, this program needs {wanted}: run the migrate command")]
    SchemaBehind {
        module: &'static str,
        found: i64,
        wanted: i64,
    },
    #[error("the schema of {module} is at {found}, newer than this program's {wanted}: install the newer program")]
    SchemaAhead {
        module: &'static str,
        found: i64,
        wanted: i64,
    },
    #[error("migration {number} of {module} was applied with another text than this program holds")]
    SchemaChanged { module: &'static str, number: i64 },
    #[error("migration {number} of {module} failed")]
    Migration {
        module: &'static str,
        number: i64,
        source: Cause,
    },
    #[error("the ledger does not hold: restore the database from a backup and reconcile with the peers")]
    Ledger(#[source] Fault),
    #[error("the database does not match its high-water mark")]
    Mark(#[source] MarkError),
    #[error("the database cannot be read")]
    Read(#[source] StoreError),
    #[error("the database file cannot be made")]
    File(#[source] std::io::Error),
}

impl OpenError {
    pub(super) fn connect(error: sqlx::Error) -> Self {
        Self::Connect(Cause::from(&error))
    }

    pub(super) fn read(error: sqlx::Error) -> Self {
        Self::Read(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_a_lost_server_and_a_deadlock_are_worth_another_try() {
        for code in ["13", "778", "5", "517", "53100", "40P01", "40001", "57P01", "08006"] {
            assert!(is_transient(code), "{code}");
        }
    }

    #[test]
    fn a_refused_constraint_or_a_wrong_statement_is_not() {
        for code in ["2067", "1", "11", "23505", "42601", ""] {
            assert!(!is_transient(code), "{code}");
        }
    }
}
