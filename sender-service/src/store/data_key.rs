//! The wrapped data key of each report.

use framme_shared::{
    db::{
        StoreError,
        rows::{ManyRows, exactly},
    },
    domain::ids::ReportId,
};
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool};

use super::columns::Reader;

/// A data key as it is stored.
#[derive(Clone)]
pub struct StoredKey {
    /// The name of the master key that wraps it.
    pub master_key_id: String,
    /// The wrapped key.
    pub wrapped: Vec<u8>,
}

/// Stores a new key. `false` when the report has one already: then nothing was stored.
pub async fn insert(
    conn: &mut AnyConnection,
    report: &ReportId,
    key: &StoredKey,
    at: Timestamp,
    by: &'static str,
) -> Result<bool, StoreError> {
    let result = sqlx::query(
        "-- data_key::insert
INSERT INTO data_key (report_id, master_key_id, wrapped, written_at, written_by)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (report_id) DO NOTHING",
    )
    .bind(report.to_string())
    .bind(key.master_key_id.clone())
    .bind(key.wrapped.clone())
    .bind(at.as_microsecond())
    .bind(by)
    .execute(conn)
    .await?;
    Ok(result.rows_affected() == 1)
}

const INSERT_NEW: ManyRows = ManyRows {
    head: "-- data_key::insert_new
INSERT INTO data_key (report_id, master_key_id, wrapped, written_at, written_by)
VALUES",
    columns: 5,
    tail: "",
};

/// Stores keys of reports that have none.
pub async fn insert_new(
    conn: &mut AnyConnection,
    keys: &[(ReportId, StoredKey)],
    at: Timestamp,
    by: &'static str,
) -> Result<(), StoreError> {
    INSERT_NEW
        .execute(conn, keys, |query, (report, key)| {
            query
                .bind(report.to_string())
                .bind(key.master_key_id.as_str())
                .bind(key.wrapped.as_slice())
                .bind(at.as_microsecond())
                .bind(by)
        })
        .await?;
    Ok(())
}

/// Up to `limit` keys that another master key than `current` wraps, after the report `after`.
pub async fn to_rewrap(
    pool: &AnyPool,
    current: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<(ReportId, StoredKey)>, StoreError> {
    let rows = sqlx::query(
        "-- data_key::to_rewrap
SELECT report_id, master_key_id, wrapped
FROM data_key
WHERE master_key_id <> $1 AND report_id > $2
ORDER BY report_id
LIMIT $3",
    )
    .bind(current.to_owned())
    .bind(after.to_owned())
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "data_key", "report_id");
            let key = StoredKey {
                master_key_id: reader.text("master_key_id")?,
                wrapped: reader.bytes("wrapped")?,
            };
            Ok((reader.parsed("report_id")?, key))
        })
        .collect()
}

/// Replaces a wrapping, if it is still the one that was read.
pub async fn replace(
    conn: &mut AnyConnection,
    report: &ReportId,
    old: &StoredKey,
    new: &StoredKey,
    at: Timestamp,
) -> Result<(), StoreError> {
    let result = sqlx::query(
        "-- data_key::replace
UPDATE data_key
SET master_key_id = $1, wrapped = $2, written_at = $3, written_by = 'RewrapKeys'
WHERE report_id = $4 AND master_key_id = $5",
    )
    .bind(new.master_key_id.clone())
    .bind(new.wrapped.clone())
    .bind(at.as_microsecond())
    .bind(report.to_string())
    .bind(old.master_key_id.clone())
    .execute(conn)
    .await?;
    exactly(result.rows_affected(), 1)
}
