//! The connections for reading, and the guard that keeps a half-begun transaction from the next borrower.
//!
//! A `begin()` future that is dropped while BEGIN is on its way to PostgreSQL leaves the connection in a transaction
//! that nobody ends: what the next borrower writes is acknowledged and then lost (sqlx #4385, #4393). Here no borrower
//! can write at all, and a connection that is still in a transaction is closed instead of lent.

use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, Row as _};

use super::connection::{CONNECT_LIMIT, prepare};
use super::{Dialect, OpenError};

/// Opens the pool that [`Database::reader`](super::Database::reader) lends from.
pub(super) async fn open(options: AnyConnectOptions, dialect: Dialect, readers: u32) -> Result<AnyPool, OpenError> {
    let readers = readers.clamp(1, 64);
    guarded(AnyPoolOptions::new(), dialect)
        .max_connections(readers)
        .acquire_timeout(CONNECT_LIMIT)
        .idle_timeout(Duration::from_secs(300))
        .max_lifetime(None)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                prepare(connection, dialect)
                    .await
                    .map_err(|error| sqlx::Error::Configuration(error.into()))?;
                sqlx::raw_sql(read_only(dialect)).execute(connection).await.map(|_| ())
            })
        })
        .connect_with(options)
        .await
        .map_err(OpenError::connect)
}

fn read_only(dialect: Dialect) -> &'static str {
    match dialect {
        // Several readers with the writer's cache each would be much memory for little.
        Dialect::Sqlite => "PRAGMA query_only = ON; PRAGMA cache_size = -1024",
        Dialect::Postgres => "SET default_transaction_read_only = on",
    }
}

/// A pool that lends no connection that is dead or in a transaction.
///
/// The check replaces the pool's own ping, so it costs no extra round trip.
pub fn guarded(options: AnyPoolOptions, dialect: Dialect) -> AnyPoolOptions {
    options
        .test_before_acquire(false)
        .before_acquire(move |connection, _| Box::pin(is_idle(connection, dialect)))
}

/// Whether a connection is outside any transaction.
///
/// # Errors
/// When the connection is dead.
pub async fn is_idle(connection: &mut AnyConnection, dialect: Dialect) -> Result<bool, sqlx::Error> {
    match dialect {
        // The driver's own thread ends a transaction whose begin was dropped.
        Dialect::Sqlite => Ok(true),
        // In one message without parameters both stamps are taken together, unless an earlier message began the
        // transaction.
        Dialect::Postgres => sqlx::raw_sql(
            "SELECT CASE WHEN transaction_timestamp() = statement_timestamp() THEN 1::bigint ELSE 0::bigint END",
        )
        .fetch_one(connection)
        .await?
        .try_get::<i64, _>(0)
        .map(|idle| idle == 1),
    }
}
