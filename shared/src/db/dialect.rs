//! Which of the two databases is spoken to.

use sqlx::AnyConnection;

/// The few places where SQL must differ ask this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// Of an open connection.
    pub(super) fn of(connection: &AnyConnection) -> Self {
        match connection.backend_name() {
            "SQLite" => Self::Sqlite,
            _ => Self::Postgres,
        }
    }

    /// What a claiming query puts after its `SELECT` so that replicas pass each other's rows.
    ///
    /// Empty on SQLite, which has one writer, and not needed inside [`Change::apply`](super::Change::apply), which
    /// runs alone on the whole database.
    pub fn skip_locked(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => "FOR UPDATE SKIP LOCKED",
        }
    }
}
