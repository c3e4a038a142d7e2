//! Counts for a sender's figures.

use framme_shared::{db::StoreError, domain::organisation::OrganisationNumber};
use jiff::Timestamp;
use sqlx::AnyPool;

use super::columns::Columns;

/// Children of whom was said whether the service knew their case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownChildren {
    /// Of whom it was said.
    pub answered: u64,
    /// Whose case was not known.
    pub not_known: u64,
}

/// In the transmissions that this sender submitted from `from` on and before `until`. A child that was rejected or
/// redirected is for another service to count.
pub async fn known_children(
    pool: &AnyPool,
    sender: &OrganisationNumber,
    from: Timestamp,
    until: Timestamp,
) -> Result<KnownChildren, StoreError> {
    let row = sqlx::query(
        "-- figures::known_children
        SELECT COUNT(*) AS answered,
               CAST(COALESCE(SUM(CASE WHEN c.known_to_service = 'not_known' THEN 1 ELSE 0 END), 0) AS BIGINT)
                   AS not_known
        FROM child c
        JOIN transmission t ON t.transmission_id = c.transmission_id
        WHERE c.known_to_service IS NOT NULL AND c.submitted_at >= $1 AND c.submitted_at < $2 AND t.sender = $3 AND t.drill = 0
          AND c.stage NOT IN ('rejected', 'redirected')",
    )
    .bind(from.as_microsecond())
    .bind(until.as_microsecond())
    .bind(sender.as_str())
    .fetch_one(pool)
    .await?;
    let columns = Columns::of(&row, "child", String::new());
    Ok(KnownChildren {
        answered: columns.count("answered")?,
        not_known: columns.count("not_known")?,
    })
}
