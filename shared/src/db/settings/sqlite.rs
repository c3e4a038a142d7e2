//! SQLite: write-ahead log with an fsync per commit, on a version that does not corrupt it.

use sqlx::{AnyConnection, Row as _};

use crate::db::OpenError;

/// Older versions can corrupt a WAL database when two connections write and checkpoint at once.
const OLDEST: (u32, u32, u32) = (3, 51, 3);

/// `secure_delete` overwrites a removed key in the file; `temp_store` keeps temporary tables out of unencrypted files;
/// the longer WAL makes checkpoints, which fsync both files, rarer, and is cut to 64 MiB after one that found it longer.
const SETTINGS: &str = "
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA busy_timeout = 5000;
PRAGMA temp_store = MEMORY;
PRAGMA secure_delete = ON;
PRAGMA cell_size_check = ON;
PRAGMA wal_autocheckpoint = 8000;
PRAGMA journal_size_limit = 67108864;
PRAGMA cache_size = -8192;
";

const EXPECTED: &[(&str, &str, &str)] = &[
    ("journal_mode", "PRAGMA journal_mode", "wal"),
    ("synchronous", "PRAGMA synchronous", "2"),
    ("foreign_keys", "PRAGMA foreign_keys", "1"),
    ("busy_timeout", "PRAGMA busy_timeout", "5000"),
];

/// Others who open a new database at the same time each want it for themselves while they turn it to WAL, and then SQLite
/// lets nobody wait. So often it is tried again.
const TRIES: usize = 10;

pub(in crate::db) async fn apply(connection: &mut AnyConnection) -> Result<(), OpenError> {
    let mut set = sqlx::raw_sql(SETTINGS).execute(&mut *connection).await;
    for _ in 1..TRIES {
        if !set.as_ref().is_err_and(is_busy) {
            break;
        }
        // This waits for whoever has it, as long as the busy timeout of the driver.
        let _ = sqlx::raw_sql("BEGIN IMMEDIATE; COMMIT").execute(&mut *connection).await;
        set = sqlx::raw_sql(SETTINGS).execute(&mut *connection).await;
    }
    set.map_err(OpenError::connect)?;
    let version = text(connection, "SELECT sqlite_version()").await?;
    if !is_new_enough(&version) {
        return Err(OpenError::Setting {
            name: "sqlite_version",
            found: version,
            wanted: "3.51.3 or newer",
        });
    }
    for (name, query, wanted) in EXPECTED {
        let found = text(connection, query).await?;
        if found != *wanted {
            return Err(OpenError::Setting { name, found, wanted });
        }
    }
    Ok(())
}

fn is_busy(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(|error| error.code())
        .is_some_and(|code| code == "5")
}

fn is_new_enough(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next()) >= OLDEST
}

/// A pragma's value, whether the driver calls it a number or a text.
async fn text(connection: &mut AnyConnection, query: &'static str) -> Result<String, OpenError> {
    let row = sqlx::raw_sql(query)
        .fetch_one(connection)
        .await
        .map_err(OpenError::connect)?;
    row.try_get::<String, _>(0)
        .or_else(|_| row.try_get::<i64, _>(0).map(|number| number.to_string()))
        .map_err(OpenError::connect)
}

#[cfg(test)]
mod tests {
    use super::is_new_enough;

    #[test]
    fn a_version_with_the_wal_reset_bug_is_refused() {
        for version in ["3.51.3", "3.51.10", "3.52.0", "4.0.0"] {
            assert!(is_new_enough(version), "{version}");
        }
        for version in ["3.51.2", "3.50.4", "3.46.0", "", "nonsense"] {
            assert!(!is_new_enough(version), "{version}");
        }
    }
}
