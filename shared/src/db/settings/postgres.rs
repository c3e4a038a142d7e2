//! PostgreSQL: a primary that flushes what it acknowledges, and no wait without an end.

use sqlx::{AnyConnection, Row as _};

use crate::db::OpenError;

/// Milliseconds. A process that stops in the middle of a transaction delays the others by at most the first.
const SETTINGS: &str = "
SET idle_in_transaction_session_timeout = 5000;
SET lock_timeout = 10000;
SET statement_timeout = 30000;
SET client_min_messages = warning;
SET default_transaction_isolation = 'read committed';
";

const READ_BACK: &str = "
-- read_settings
SELECT name, setting
FROM pg_catalog.pg_settings
WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')
UNION ALL
SELECT 'in_recovery', pg_catalog.pg_is_in_recovery()::text";

const EXPECTED: &[(&str, &[&str], &str)] = &[
    ("fsync", &["on"], "on"),
    ("full_page_writes", &["on"], "on"),
    ("synchronous_commit", &["on", "remote_apply"], "on or remote_apply"),
    ("in_recovery", &["false"], "false: connect to the primary"),
];

pub(in crate::db) async fn apply(connection: &mut AnyConnection) -> Result<(), OpenError> {
    sqlx::raw_sql(SETTINGS)
        .execute(&mut *connection)
        .await
        .map_err(OpenError::connect)?;
    let rows = sqlx::query(READ_BACK)
        .fetch_all(connection)
        .await
        .map_err(OpenError::connect)?;
    for (name, allowed, wanted) in EXPECTED {
        let row = rows
            .iter()
            .find(|row| row.try_get::<String, _>(0).is_ok_and(|found| found == *name));
        let found = match row {
            Some(row) => row.try_get::<String, _>(1).map_err(OpenError::connect)?,
            None => "not there".to_owned(),
        };
        if !allowed.contains(&found.as_str()) {
            return Err(OpenError::Setting { name, found, wanted });
        }
    }
    Ok(())
}
