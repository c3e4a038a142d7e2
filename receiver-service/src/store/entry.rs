//! Transmissions as daily statements count them: those that have their receipt "stored".

use framme_shared::{
    db::StoreError,
    domain::{
        organisation::OrganisationNumber,
        statement::{Bounds, Entry, MOST_RANGES, Numbers},
    },
};
use jiff::Timestamp;
use sqlx::AnyPool;

use super::columns::{Columns, stored};

/// The lowest and the highest number among the transmissions of a day that are receipted by this receipt or one before
/// it; `None` when there is none.
pub async fn ends(
    pool: &AnyPool,
    sender: &OrganisationNumber,
    day: &Bounds,
    up_to: u64,
) -> Result<Option<Numbers>, StoreError> {
    let row = sqlx::query(
        "-- entry::ends
        SELECT COUNT(*) AS entries, COALESCE(MIN(sequence), 0) AS first, COALESCE(MAX(sequence), 0) AS last
        FROM transmission
        WHERE sender = $1 AND submitted_at >= $2 AND submitted_at < $3 AND stored_receipt_sequence <= $4",
    )
    .bind(sender.as_str())
    .bind(day.from.as_microsecond())
    .bind(day.until.as_microsecond())
    .bind(stored(up_to))
    .fetch_one(pool)
    .await?;
    let columns = Columns::of(&row, "transmission", sender.as_str());
    let found = Numbers {
        first: columns.count("first")?,
        last: columns.count("last")?,
    };
    Ok((columns.count("entries")? > 0).then_some(found))
}

/// Up to `limit` transmissions with these numbers that are receipted by this receipt or one before it, in their order.
pub async fn page(
    pool: &AnyPool,
    sender: &OrganisationNumber,
    numbers: Numbers,
    up_to: u64,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    let rows = sqlx::query(
        "-- entry::page
        SELECT transmission_id, sequence, sent_id, report_id, content_sha256, submitted_at
        FROM transmission
        WHERE sender = $1 AND sequence >= $2 AND sequence <= $3 AND stored_receipt_sequence <= $4
        ORDER BY sequence
        LIMIT $5",
    )
    .bind(sender.as_str())
    .bind(stored(numbers.first))
    .bind(stored(numbers.last))
    .bind(stored(up_to))
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let columns = Columns::keyed(row, "transmission", "transmission_id")?;
            Ok(Entry {
                number: columns.count("sequence")?,
                transmission: columns.parsed("sent_id")?,
                report: columns.parsed("report_id")?,
                content: columns.digest("content_sha256")?,
                submitted_at: columns.time("submitted_at")?,
            })
        })
        .collect()
}

/// The highest number among the transmissions submitted before this that are receipted by this receipt or one before it;
/// 0 for none.
pub async fn last_before(
    pool: &AnyPool,
    sender: &OrganisationNumber,
    until: Timestamp,
    up_to: u64,
) -> Result<u64, StoreError> {
    let row = sqlx::query(
        "-- entry::last_before
        SELECT sequence
        FROM transmission
        WHERE sender = $1 AND submitted_at < $2 AND stored_receipt_sequence <= $3
        ORDER BY sequence DESC
        LIMIT 1",
    )
    .bind(sender.as_str())
    .bind(until.as_microsecond())
    .bind(stored(up_to))
    .fetch_optional(pool)
    .await?;
    row.map_or(Ok(0), |row| {
        Columns::of(&row, "transmission", sender.as_str()).count("sequence")
    })
}

/// The numbers up to this one that are not held, lowest first, at most as many ranges as a statement has. Held are those
/// that are receipted by this receipt or one before it.
pub async fn lacking(
    pool: &AnyPool,
    sender: &OrganisationNumber,
    last: u64,
    up_to: u64,
) -> Result<Vec<Numbers>, StoreError> {
    let rows = sqlx::query(
        "-- entry::lacking
        SELECT before, sequence
        FROM (
            SELECT sequence, LAG(sequence, 1, CAST(0 AS BIGINT)) OVER (ORDER BY sequence) AS before
            FROM transmission
            WHERE sender = $1 AND sequence <= $2 AND stored_receipt_sequence <= $3) AS held
        WHERE sequence > before + 1
        ORDER BY sequence
        LIMIT $4",
    )
    .bind(sender.as_str())
    .bind(stored(last))
    .bind(stored(up_to))
    .bind(i64::try_from(MOST_RANGES).unwrap_or(i64::MAX))
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let columns = Columns::of(row, "transmission", sender.as_str());
            Ok(Numbers {
                first: columns.count("before")? + 1,
                last: columns.count("sequence")? - 1,
            })
        })
        .collect()
}
