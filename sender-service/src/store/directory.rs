//! The text of the register that was taken last, for a start that finds the file broken.

use framme_shared::{db::StoreError, domain::digest::Digest};
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool};

use super::columns::Reader;

/// Keeps this text. `false` when it is the one that is kept.
pub async fn keep(conn: &mut AnyConnection, text: &str, sha256: &Digest, at: Timestamp) -> Result<bool, StoreError> {
    let result = sqlx::query(
        "-- directory::keep
INSERT INTO directory (name, content, sha256, written_at, written_by)
VALUES ('current', $1, $2, $3, 'TakeDirectory')
ON CONFLICT (name) DO UPDATE
SET content = EXCLUDED.content, sha256 = EXCLUDED.sha256, written_at = EXCLUDED.written_at,
    written_by = EXCLUDED.written_by
WHERE directory.sha256 <> EXCLUDED.sha256",
    )
    .bind(text.to_owned())
    .bind(sha256.as_bytes().to_vec())
    .bind(at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(result.rows_affected() > 0)
}

/// The text that is kept.
pub async fn kept(pool: &AnyPool) -> Result<Option<String>, StoreError> {
    let row = sqlx::query(
        "-- directory::kept
SELECT name, content
FROM directory
WHERE name = 'current'",
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| Reader::new(&row, "directory", "name").text("content"))
        .transpose()
}
