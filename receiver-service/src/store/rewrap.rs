//! Wrapped data keys of every table, for the change of the master key. Content is never touched.

use framme_shared::db::{StoreError, sealing::WrappedKey};
use sqlx::{Any, AnyConnection, Executor};

use super::columns::{Columns, master_of};

/// A table with wrapped keys.
#[derive(Debug, Clone, Copy)]
pub struct KeyTable {
    /// Its name, for progress and errors.
    pub name: &'static str,
    page: &'static str,
    replace: &'static str,
}

/// A row's wrapped key. The second part of the row's key is empty where the table's key has one column.
#[derive(Debug, Clone)]
pub struct KeyRow {
    /// Key of the row.
    pub key: (String, String),
    /// The wrapped key as it lies there.
    pub wrapped: WrappedKey,
}

/// Every table with wrapped keys.
pub const TABLES: [KeyTable; 5] = [
    KeyTable {
        name: "transmission",
        page: "-- rewrap::transmissions
            SELECT transmission_id AS key_1, '' AS key_2, wrapped_key
            FROM transmission
            WHERE transmission_id > $1 AND '' >= $2 AND master_key_id <> $3
            ORDER BY transmission_id
            LIMIT $4",
        replace: "-- rewrap::transmission
            UPDATE transmission
            SET wrapped_key = $1, master_key_id = $2
            WHERE transmission_id = $3 AND $4 = '' AND wrapped_key = $5",
    },
    KeyTable {
        name: "attachment",
        page: "-- rewrap::attachments
            SELECT storage_id AS key_1, '' AS key_2, wrapped_key
            FROM attachment
            WHERE storage_id > $1 AND '' >= $2 AND master_key_id <> $3
            ORDER BY storage_id
            LIMIT $4",
        replace: "-- rewrap::attachment
            UPDATE attachment
            SET wrapped_key = $1, master_key_id = $2
            WHERE storage_id = $3 AND $4 = '' AND wrapped_key = $5",
    },
    KeyTable {
        name: "staff",
        page: "-- rewrap::all_staff
            SELECT staff_id AS key_1, '' AS key_2, wrapped_key
            FROM staff
            WHERE staff_id > $1 AND '' >= $2 AND master_key_id <> $3
            ORDER BY staff_id
            LIMIT $4",
        replace: "-- rewrap::staff
            UPDATE staff
            SET wrapped_key = $1, master_key_id = $2
            WHERE staff_id = $3 AND $4 = '' AND wrapped_key = $5",
    },
    KeyTable {
        name: "secret",
        page: "-- rewrap::secrets
            SELECT name AS key_1, '' AS key_2, wrapped_key
            FROM secret
            WHERE name > $1 AND '' >= $2 AND master_key_id <> $3
            ORDER BY name
            LIMIT $4",
        replace: "-- rewrap::secret
            UPDATE secret
            SET wrapped_key = $1, master_key_id = $2
            WHERE name = $3 AND $4 = '' AND wrapped_key = $5",
    },
    KeyTable {
        name: "request",
        page: "-- rewrap::requests
            SELECT caller AS key_1, request_id AS key_2, wrapped_key
            FROM request
            WHERE (caller, request_id) > ($1, $2) AND wrapped_key IS NOT NULL AND master_key_id <> $3
            ORDER BY caller, request_id
            LIMIT $4",
        replace: "-- rewrap::request
            UPDATE request
            SET wrapped_key = $1, master_key_id = $2
            WHERE caller = $3 AND request_id = $4 AND wrapped_key = $5",
    },
];

impl KeyTable {
    /// At most `limit` rows after `after` whose key another master key than `current` wraps.
    pub async fn page<'e>(
        &self,
        executor: impl Executor<'e, Database = Any>,
        after: &(String, String),
        current: &str,
        limit: u32,
    ) -> Result<Vec<KeyRow>, StoreError> {
        let rows = sqlx::query(self.page)
            .bind(after.0.as_str())
            .bind(after.1.as_str())
            .bind(current)
            .bind(i64::from(limit))
            .fetch_all(executor)
            .await?;
        rows.iter()
            .map(|row| {
                let columns = Columns::keyed(row, self.name, "key_1")?;
                Ok(KeyRow {
                    key: (columns.text("key_1")?, columns.text("key_2")?),
                    wrapped: columns.key_of("wrapped_key")?,
                })
            })
            .collect()
    }

    /// Puts a newly wrapped key in the place of the one that was read; nothing happens when the row changed meanwhile.
    pub async fn replace(
        &self,
        connection: &mut AnyConnection,
        row: &KeyRow,
        wrapped: &WrappedKey,
    ) -> Result<bool, StoreError> {
        let replaced = sqlx::query(self.replace)
            .bind(wrapped.as_bytes())
            .bind(master_of(wrapped))
            .bind(row.key.0.as_str())
            .bind(row.key.1.as_str())
            .bind(row.wrapped.as_bytes())
            .execute(connection)
            .await?;
        Ok(replaced.rows_affected() == 1)
    }
}
