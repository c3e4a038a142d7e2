//! A consistent copy of an embedded database, made by the SQLite that is built in while a service goes on writing.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use sqlx::Connection as _;

use super::config::DatabaseConfig;
use super::connection::connect;
use super::{Dialect, OpenError, sync_folder_of};

/// Writes the copy to `target`, which must not exist, readable by its owner only and durable on return.
pub(super) async fn backup(config: &DatabaseConfig, target: &Path) -> Result<(), OpenError> {
    let dialect = config.dialect()?;
    let path = match (dialect, config.sqlite_path()) {
        (Dialect::Sqlite, Some(path)) if path.exists() => path,
        (Dialect::Sqlite, path) => return Err(OpenError::NoDatabase(path.unwrap_or_default())),
        (Dialect::Postgres, _) => return Err(OpenError::Url("PostgreSQL has its own backups: use pg_dump")),
    };
    if target.exists() || target == path {
        return Err(OpenError::File(std::io::ErrorKind::AlreadyExists.into()));
    }
    let target_text = target.to_str().ok_or(OpenError::Url("the target is not UTF-8"))?;
    let mut connection = connect(&config.connect_options()?, dialect).await?;
    sqlx::query("-- backup\nVACUUM INTO $1")
        .bind(target_text.to_owned())
        .execute(&mut connection)
        .await
        .map_err(OpenError::read)?;
    connection.close().await.map_err(OpenError::connect)?;
    finish(target).map_err(OpenError::File)
}

fn finish(target: &Path) -> std::io::Result<()> {
    std::fs::set_permissions(target, Permissions::from_mode(0o600))?;
    std::fs::File::open(target)?.sync_all()?;
    sync_folder_of(target)
}
