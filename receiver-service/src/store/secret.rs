//! Table `secret`: keys of this database's own, sealed.

use framme_shared::db::{StoreError, sealing::WrappedKey};
use jiff::Timestamp;
use sqlx::{Any, AnyConnection, Executor};

use super::columns::{Columns, master_of};

/// A sealed key.
#[derive(Debug, Clone)]
pub struct Secret {
    /// The key, sealed.
    pub sealed: Vec<u8>,
    /// The data key that seals it, wrapped.
    pub key: WrappedKey,
}

/// The secret of this name.
pub async fn find<'e>(
    executor: impl Executor<'e, Database = Any>,
    name: &'static str,
) -> Result<Option<Secret>, StoreError> {
    let row = sqlx::query(
        "-- secret::find
        SELECT name, sealed, wrapped_key
        FROM secret
        WHERE name = $1",
    )
    .bind(name)
    .fetch_optional(executor)
    .await?;
    row.map(|row| {
        let columns = Columns::keyed(&row, "secret", "name")?;
        Ok(Secret {
            sealed: columns.bytes("sealed")?,
            key: columns.key_of("wrapped_key")?,
        })
    })
    .transpose()
}

/// Stores a secret, unless there is one of this name.
pub async fn insert(
    connection: &mut AnyConnection,
    name: &'static str,
    secret: &Secret,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "-- secret::insert
        INSERT INTO secret (name, sealed, wrapped_key, master_key_id, made_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (name) DO NOTHING",
    )
    .bind(name)
    .bind(secret.sealed.as_slice())
    .bind(secret.key.as_bytes())
    .bind(master_of(&secret.key))
    .bind(at.as_microsecond())
    .execute(connection)
    .await?;
    Ok(())
}
