//! Transmissions as daily statements count them.

use framme_shared::{
    db::StoreError,
    domain::{
        digest::Digest,
        organisation::OrganisationNumber,
        statement::{Bounds, Entry, Numbers},
    },
};
use jiff::Timestamp;
use sqlx::AnyPool;

use super::columns::Reader;

/// A transmission, and by which receipt it is known to be held.
#[derive(Debug, Clone, Copy)]
pub struct Counted {
    /// The transmission.
    pub entry: Entry,
    /// The number of the first stored receipt about it: the one that says that it is stored. `None` for none yet.
    pub receipted_by: Option<u64>,
}

/// The lowest and the highest number among the transmissions of a day; `None` when it has none.
pub async fn ends(pool: &AnyPool, receiver: &OrganisationNumber, day: &Bounds) -> Result<Option<Numbers>, StoreError> {
    let row = sqlx::query(
        "-- entry::ends
SELECT COUNT(*) AS entries, COALESCE(MIN(sequence), 0) AS first, COALESCE(MAX(sequence), 0) AS last
FROM transmission
WHERE receiver = $1 AND submitted_at >= $2 AND submitted_at < $3",
    )
    .bind(receiver.to_string())
    .bind(day.from.as_microsecond())
    .bind(day.until.as_microsecond())
    .fetch_one(pool)
    .await?;
    let reader = Reader::new(&row, "transmission", "receiver");
    let found = Numbers {
        first: reader.count("first")?,
        last: reader.count("last")?,
    };
    Ok(Some(found).filter(|_| reader.count("entries").is_ok_and(|entries| entries > 0)))
}

/// Up to `limit` transmissions with these numbers, in their order.
pub async fn page(
    pool: &AnyPool,
    receiver: &OrganisationNumber,
    numbers: Numbers,
    limit: i64,
) -> Result<Vec<Counted>, StoreError> {
    let rows = sqlx::query(
        "-- entry::page
SELECT transmission.transmission_id, transmission.sequence, transmission.report_id, transmission.content_sha256,
    transmission.submitted_at,
    (SELECT MIN(receipt.sequence)
     FROM receipt
     WHERE receipt.transmission_id = transmission.transmission_id AND receipt.receiver = transmission.receiver)
        AS receipted_by
FROM transmission
WHERE transmission.receiver = $1 AND transmission.sequence >= $2 AND transmission.sequence <= $3
ORDER BY transmission.sequence
LIMIT $4",
    )
    .bind(receiver.to_string())
    .bind(numbers.first as i64)
    .bind(numbers.last as i64)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "transmission", "transmission_id");
            let receipted_by = reader.number_or_null("receipted_by")?;
            Ok(Counted {
                entry: Entry {
                    number: reader.count("sequence")?,
                    transmission: reader.parsed("transmission_id")?,
                    report: reader.parsed("report_id")?,
                    content: reader.digest("content_sha256")?,
                    submitted_at: reader.time("submitted_at")?,
                },
                receipted_by: receipted_by.and_then(|number| u64::try_from(number).ok()),
            })
        })
        .collect()
}

/// The highest number among the transmissions submitted before this; 0 for none.
pub async fn last_before(pool: &AnyPool, receiver: &OrganisationNumber, until: Timestamp) -> Result<u64, StoreError> {
    let row = sqlx::query(
        "-- entry::last_before
SELECT transmission_id, sequence
FROM transmission
WHERE receiver = $1 AND submitted_at < $2
ORDER BY sequence DESC
LIMIT 1",
    )
    .bind(receiver.to_string())
    .bind(until.as_microsecond())
    .fetch_optional(pool)
    .await?;
    row.map_or(Ok(0), |row| {
        Reader::new(&row, "transmission", "transmission_id").count("sequence")
    })
}

/// The lowest of these numbers whose transmission is receipted by this receipt or one before it.
pub async fn receipted_among(
    pool: &AnyPool,
    receiver: &OrganisationNumber,
    numbers: Numbers,
    up_to: u64,
) -> Result<Option<u64>, StoreError> {
    let row = sqlx::query(
        "-- entry::receipted_among
SELECT transmission.transmission_id, transmission.sequence
FROM transmission
WHERE transmission.receiver = $1 AND transmission.sequence >= $2 AND transmission.sequence <= $3 AND EXISTS (
    SELECT 1
    FROM receipt
    WHERE receipt.transmission_id = transmission.transmission_id AND receipt.receiver = transmission.receiver
        AND receipt.sequence <= $4)
ORDER BY transmission.sequence
LIMIT 1",
    )
    .bind(receiver.to_string())
    .bind(numbers.first as i64)
    .bind(numbers.last as i64)
    .bind(up_to as i64)
    .fetch_optional(pool)
    .await?;
    row.map(|row| Reader::new(&row, "transmission", "transmission_id").count("sequence"))
        .transpose()
}

/// The digest of the stored receipt with this number.
pub async fn receipt_digest(
    pool: &AnyPool,
    receiver: &OrganisationNumber,
    sequence: u64,
) -> Result<Option<Digest>, StoreError> {
    let row = sqlx::query(
        "-- entry::receipt_digest
SELECT transmission_id, sha256
FROM receipt
WHERE receiver = $1 AND sequence = $2",
    )
    .bind(receiver.to_string())
    .bind(sequence as i64)
    .fetch_optional(pool)
    .await?;
    row.map(|row| Reader::new(&row, "receipt", "transmission_id").digest("sha256"))
        .transpose()
}
