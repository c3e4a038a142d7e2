//! Lists of deadlines, by pages.

use jiff::Timestamp;
use sqlx::{AnyPool, Row as _};

use super::row::{columns, read};
use crate::db::StoreError;
use crate::domain::escalation::Deadline;
use crate::domain::ids::TransmissionId;

/// Where a page begins: after this place of the list.
pub type After = Option<(Timestamp, TransmissionId)>;

const LATE: &str = concat!(
    "-- deadlines::late
SELECT ",
    columns!(),
    "
FROM deadline
WHERE due_at IS NOT NULL AND (due_at > $1 OR (due_at = $1 AND subject > $2))
ORDER BY due_at, subject
LIMIT $3"
);

/// Transmissions of which a clock has run out, the longest late first. The place of each is when that was.
///
/// # Errors
/// Those of storage.
pub async fn late(pool: &AnyPool, after: After, limit: u32) -> Result<Vec<Deadline>, StoreError> {
    page(pool, LATE, after, limit).await
}

const OPEN: &str = concat!(
    "-- deadlines::open
SELECT ",
    columns!(),
    "
FROM deadline
WHERE look_at IS NOT NULL AND (look_at > $1 OR (look_at = $1 AND subject > $2))
ORDER BY look_at, subject
LIMIT $3"
);

/// Transmissions of which a clock runs or may run, the next to be looked at first. The place of each is when that is.
///
/// # Errors
/// Those of storage.
pub async fn open(pool: &AnyPool, after: After, limit: u32) -> Result<Vec<Deadline>, StoreError> {
    page(pool, OPEN, after, limit).await
}

async fn page(pool: &AnyPool, sql: &'static str, after: After, limit: u32) -> Result<Vec<Deadline>, StoreError> {
    let (time, id) = after.map_or((i64::MIN, String::new()), |(time, id)| {
        (time.as_microsecond(), id.to_string())
    });
    let rows = sqlx::query(sql)
        .bind(time)
        .bind(id)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await?;
    rows.iter().map(read).collect()
}

const FIND: &str = concat!(
    "-- deadlines::find
SELECT ",
    columns!(),
    "
FROM deadline
WHERE subject = $1"
);

/// The deadline of a transmission, if it has one.
///
/// # Errors
/// Those of storage.
pub async fn find<'e>(
    executor: impl sqlx::Executor<'e, Database = sqlx::Any>,
    transmission: &TransmissionId,
) -> Result<Option<Deadline>, StoreError> {
    let row = sqlx::query(FIND)
        .bind(transmission.to_string())
        .fetch_optional(executor)
        .await?;
    row.as_ref().map(read).transpose()
}

/// When the next look is due; `None` when nothing waits.
///
/// # Errors
/// Those of storage.
pub async fn next(pool: &AnyPool) -> Result<Option<Timestamp>, StoreError> {
    let row = sqlx::query(
        "-- deadlines::next
SELECT MIN(look_at) AS next
FROM deadline
WHERE look_at IS NOT NULL",
    )
    .fetch_one(pool)
    .await?;
    let next: Option<i64> = row.try_get("next")?;
    let corrupt = |_| StoreError::Corrupt {
        table: "deadline",
        column: "look_at",
        row: "the next one".to_owned(),
    };
    next.map(Timestamp::from_microsecond).transpose().map_err(corrupt)
}
