//! What belongs to a period of the exchange with one receiver: transmissions and receipts by their numbers.

use framme_shared::{db::StoreError, domain::organisation::OrganisationNumber};
use jiff::Timestamp;
use sqlx::AnyPool;

use super::columns::Reader;

/// A part of the exchange with one receiver: the transmissions with numbers in a range and those that receipts with
/// numbers in another range are about. Ranges without a number end before they begin.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// The receiver.
    pub receiver: OrganisationNumber,
    /// The first and the last number of transmissions.
    pub transmissions: (u64, u64),
    /// The first and the last number of receipts.
    pub receipts: (u64, u64),
}

/// The first and the last number of what was submitted for a receiver from one time until another; `None` for nothing.
pub async fn submitted(
    pool: &AnyPool,
    receiver: &OrganisationNumber,
    from: Timestamp,
    until: Timestamp,
) -> Result<Option<(u64, u64)>, StoreError> {
    let row = sqlx::query(
        "-- period::submitted
SELECT MIN(sequence) AS first, MAX(sequence) AS last
FROM transmission
WHERE receiver = $1 AND submitted_at >= $2 AND submitted_at < $3",
    )
    .bind(receiver.to_string())
    .bind(from.as_microsecond())
    .bind(until.as_microsecond())
    .fetch_one(pool)
    .await?;
    let reader = Reader::new(&row, "transmission", "first");
    if reader.number_or_null("first")?.is_none() {
        return Ok(None);
    }
    Ok(Some((reader.count("first")?, reader.count("last")?)))
}
