//! Figures per police district, from the derived columns, in one statement.

use framme_shared::db::StoreError;
use sqlx::AnyPool;

use super::columns::Reader;

/// One police district.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistrictFigures {
    /// Its name.
    pub police_district: String,
    /// Reports submitted.
    pub reports: u64,
    /// Children in them.
    pub children: u64,
    /// Reports that are open.
    pub reports_open: u64,
    /// Children in the reports that are open.
    pub children_in_open_reports: u64,
    /// Reports that are delivered.
    pub reports_delivered: u64,
    /// Children who are neither with a caseworker nor ended.
    pub children_open: u64,
}

/// Every district with at least one report, by name.
pub async fn by_district(pool: &AnyPool) -> Result<Vec<DistrictFigures>, StoreError> {
    let rows = sqlx::query(
        "-- figures::by_district
SELECT police_district,
    COUNT(*) AS reports,
    CAST(SUM(children) AS BIGINT) AS children,
    CAST(SUM(CASE WHEN standing = 'open' THEN 1 ELSE 0 END) AS BIGINT) AS reports_open,
    CAST(SUM(CASE WHEN standing = 'open' THEN children ELSE 0 END) AS BIGINT) AS children_in_open_reports,
    CAST(SUM(CASE WHEN standing = 'delivered' THEN 1 ELSE 0 END) AS BIGINT) AS reports_delivered,
    CAST(SUM(children_open) AS BIGINT) AS children_open
FROM report
GROUP BY police_district
ORDER BY police_district",
    )
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "report", "police_district");
            Ok(DistrictFigures {
                police_district: reader.text("police_district")?,
                reports: reader.count("reports")?,
                children: reader.count("children")?,
                reports_open: reader.count("reports_open")?,
                children_in_open_reports: reader.count("children_in_open_reports")?,
                reports_delivered: reader.count("reports_delivered")?,
                children_open: reader.count("children_open")?,
            })
        })
        .collect()
}
