//! Applies migrations, and compares what was applied with what the program expects.

use jiff::Timestamp;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};

use super::config::DatabaseConfig;
use super::connection::connect;
use super::portable::for_dialect;
use super::schema::{BASE, Migration, Schema};
use super::{Cause, Dialect, OpenError, sync_folder_of};

/// What [`Database::migrate`](super::Database::migrate) did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationReport {
    /// Number and name of each of the service's migrations that was applied now, oldest first.
    pub applied: Vec<(i64, &'static str)>,
    /// The service's schema version afterwards.
    pub version: i64,
}

const CREATE: &str = "
-- create_schema_migration
CREATE TABLE IF NOT EXISTS schema_migration (
    module     TEXT   NOT NULL,  -- base, or the service
    number     BIGINT NOT NULL,  -- 1, 2, 3 … within the module
    name       TEXT   NOT NULL,  -- what it does, in a few words
    checksum   TEXT   NOT NULL,  -- hex SHA-256 of its text
    applied_at BIGINT NOT NULL,  -- when, microseconds since 1970-01-01 UTC
    PRIMARY KEY (module, number)
)";

/// Brings a database up to the schema; makes the file of an embedded one. Safe to repeat and to run twice at once.
pub(super) async fn migrate(
    config: &DatabaseConfig,
    schema: &Schema,
    at: Timestamp,
) -> Result<MigrationReport, OpenError> {
    let dialect = config.dialect()?;
    if let Some(path) = config.sqlite_path() {
        create_file(&path)?;
    }
    let mut connection = connect(&config.connect_options()?, dialect).await?;
    lock(&mut connection, dialect).await?;
    sqlx::raw_sql(CREATE)
        .execute(&mut connection)
        .await
        .map_err(OpenError::read)?;
    apply_missing(&mut connection, dialect, &BASE, at).await?;
    let applied = apply_missing(&mut connection, dialect, schema, at).await?;
    // Closing the connection gives the lock back, however this ended.
    connection.close().await.map_err(OpenError::connect)?;
    Ok(MigrationReport {
        applied,
        version: version_of(schema),
    })
}

/// Refuses a database that is not exactly at the schema.
pub(super) async fn check(connection: &mut AnyConnection, schema: &Schema) -> Result<(), OpenError> {
    for part in [&BASE, schema] {
        let missing = missing(connection, part).await?;
        if let Some(first) = missing.first() {
            return Err(OpenError::SchemaBehind {
                module: part.name,
                found: first.number - 1,
                wanted: version_of(part),
            });
        }
    }
    Ok(())
}

fn version_of(schema: &Schema) -> i64 {
    schema.migrations.last().map_or(0, |last| last.number)
}

/// The file, readable by its owner only; its WAL takes the same rights.
fn create_file(path: &std::path::Path) -> Result<(), OpenError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    options
        .open(path)
        .and_then(|_| sync_folder_of(path))
        .map_err(OpenError::File)
}

/// One migration at a time per PostgreSQL database. On SQLite each migration's own transaction is enough.
async fn lock(connection: &mut AnyConnection, dialect: Dialect) -> Result<(), OpenError> {
    if dialect == Dialect::Postgres {
        // Another may be migrating a large table, and this one may be large too.
        let sql = "SET lock_timeout = 0; SET statement_timeout = 0; SELECT pg_advisory_lock(7236834725)";
        sqlx::raw_sql(sql)
            .execute(connection)
            .await
            .map_err(OpenError::connect)?;
    }
    Ok(())
}

async fn apply_missing(
    connection: &mut AnyConnection,
    dialect: Dialect,
    schema: &Schema,
    at: Timestamp,
) -> Result<Vec<(i64, &'static str)>, OpenError> {
    let mut applied = Vec::new();
    for migration in missing(connection, schema).await? {
        match apply(connection, dialect, schema, migration, at).await {
            Ok(true) => applied.push((migration.number, migration.name)),
            Ok(false) => {}
            Err(error) => {
                let source = Cause::from(&error);
                return Err(OpenError::Migration {
                    module: schema.name,
                    number: migration.number,
                    source,
                });
            }
        }
    }
    Ok(applied)
}

/// One migration and its record in one transaction; false if another process was first.
async fn apply(
    connection: &mut AnyConnection,
    dialect: Dialect,
    schema: &Schema,
    migration: &Migration,
    at: Timestamp,
) -> Result<bool, sqlx::Error> {
    let begin = match dialect {
        Dialect::Sqlite => "BEGIN IMMEDIATE",
        Dialect::Postgres => "BEGIN",
    };
    sqlx::raw_sql(begin).execute(&mut *connection).await?;
    let recorded = record(connection, schema, migration, at).await?;
    if recorded {
        let sql = for_dialect(migration.sql, dialect);
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await?;
    }
    sqlx::raw_sql("COMMIT").execute(&mut *connection).await?;
    Ok(recorded)
}

async fn record(
    connection: &mut AnyConnection,
    schema: &Schema,
    migration: &Migration,
    at: Timestamp,
) -> Result<bool, sqlx::Error> {
    let result = sqlx::query(
        "-- record
        INSERT INTO schema_migration (module, number, name, checksum, applied_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (module, number) DO NOTHING",
    )
    .bind(schema.name)
    .bind(migration.number)
    .bind(migration.name)
    .bind(migration.checksum())
    .bind(at.as_microsecond())
    .execute(connection)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// The migrations that are still to be applied; refuses a database that went another way.
async fn missing<'a>(connection: &mut AnyConnection, schema: &'a Schema) -> Result<&'a [Migration], OpenError> {
    let applied = applied(connection, schema).await?;
    for (position, (number, checksum)) in applied.iter().enumerate() {
        match schema.migrations.get(position) {
            None => {
                return Err(OpenError::SchemaAhead {
                    module: schema.name,
                    found: *number,
                    wanted: version_of(schema),
                });
            }
            Some(expected) if expected.number == *number && expected.checksum() == *checksum => {}
            Some(expected) => {
                return Err(OpenError::SchemaChanged {
                    module: schema.name,
                    number: expected.number,
                });
            }
        }
    }
    Ok(&schema.migrations[applied.len()..])
}

async fn applied(connection: &mut AnyConnection, schema: &Schema) -> Result<Vec<(i64, String)>, OpenError> {
    let query = sqlx::query(
        "-- applied
        SELECT number, checksum
        FROM schema_migration
        WHERE module = $1
        ORDER BY number",
    );
    let rows = match query.bind(schema.name).fetch_all(connection).await {
        Ok(rows) => rows,
        Err(sqlx::Error::Database(error)) if is_missing_table(&*error) => Vec::new(),
        Err(error) => return Err(OpenError::read(error)),
    };
    let pair = |row: sqlx::any::AnyRow| Ok((row.try_get(0)?, row.try_get(1)?));
    rows.into_iter()
        .map(pair)
        .collect::<Result<_, sqlx::Error>>()
        .map_err(OpenError::read)
}

/// A database that was never migrated is at version 0.
fn is_missing_table(error: &dyn sqlx::error::DatabaseError) -> bool {
    error.code().is_some_and(|code| code == "42P01") || error.message().starts_with("no such table")
}
