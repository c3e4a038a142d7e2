//! The ledger as a list of what changed.

use framme_shared::{db::StoreError, domain::ids::ReportId};
use sqlx::AnyPool;

use super::columns::Reader;

/// What the ledger says after some entry.
pub struct News {
    /// The last entry read.
    pub last: i64,
    /// How many were read.
    pub entries: i64,
    /// The reports that they are about.
    pub reports: Vec<ReportId>,
}

/// The number of the last entry; 0 for none.
pub async fn last(pool: &AnyPool) -> Result<i64, StoreError> {
    Ok(
        sqlx::query_scalar("-- news::last\nSELECT seq FROM ledger_head WHERE id = 1")
            .fetch_one(pool)
            .await?,
    )
}

/// Up to `limit` entries after this one.
pub async fn after(pool: &AnyPool, seen: i64, limit: i64) -> Result<News, StoreError> {
    let rows = sqlx::query(
        "-- news::after
SELECT ledger.seq, COALESCE(transmission.report_id, ledger.subject) AS subject
FROM ledger
LEFT JOIN transmission ON transmission.transmission_id = ledger.subject
WHERE ledger.seq > $1
ORDER BY ledger.seq
LIMIT $2",
    )
    .bind(seen)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    let mut news = News {
        last: seen,
        entries: rows.len() as i64,
        reports: Vec::new(),
    };
    for row in &rows {
        let reader = Reader::new(row, "ledger", "subject");
        news.last = reader.number("seq")?;
        // Entries about receivers and credentials are about no report.
        news.reports.extend(ReportId::parse(&reader.text("subject")?));
    }
    Ok(news)
}
