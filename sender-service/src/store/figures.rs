//! Figures per police district, from the derived columns: of everything in one statement, and of a period.

use framme_shared::{
    db::StoreError,
    domain::{
        figures::Period,
        ids::{ReportId, TransmissionId},
        lifecycle::Standing,
        organisation::OrganisationNumber,
        report::{ReportType, Urgency},
    },
};
use futures::{Stream, StreamExt as _};
use jiff::Timestamp;
use sqlx::{AnyPool, any::AnyRow};

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
WHERE drill = 0
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

/// A report of a period, with what its case references are read from.
pub struct ReportRow {
    /// Which.
    pub report: ReportId,
    /// The type.
    pub report_type: ReportType,
    /// The urgency.
    pub urgency: Urgency,
    /// When it was taken.
    pub submitted_at: Timestamp,
    /// Where it stands.
    pub standing: Standing,
    /// When the last child was assigned; `None` unless it is delivered.
    pub delivered_at: Option<Timestamp>,
    /// How many children it is about.
    pub children: u64,
    /// Whether children of it were closed because they were taken by letter.
    pub by_letter: bool,
    /// The transmission of its first child,
    pub transmission: TransmissionId,
    /// and that one's content, sealed; `None` when it was removed.
    pub content: Option<Vec<u8>>,
    /// The report's data key, wrapped; `None` when it was removed.
    pub wrapped_key: Option<Vec<u8>>,
}

/// The reports of a district that were submitted in a period, oldest first, one after the other from one statement: what
/// they show was true at one moment, and memory holds one of them. At most `limit`.
pub fn of_period<'a>(
    pool: &'a AnyPool,
    district: &str,
    period: &Period,
    limit: usize,
) -> impl Stream<Item = Result<ReportRow, StoreError>> + Send + Unpin + 'a {
    let rows = sqlx::query(
        "-- figures::of_period
SELECT report.report_id, report.report_type, report.urgency, report.submitted_at, report.standing,
    report.delivered_at, report.children,
    CAST(CASE WHEN EXISTS (
        SELECT 1 FROM request WHERE request.report_id = report.report_id AND request.closing_kind = 'letter'
    ) THEN 1 ELSE 0 END AS BIGINT) AS by_letter,
    child.transmission_id, transmission_content.content, data_key.wrapped
FROM report
JOIN child ON child.report_id = report.report_id AND child.place = 0 AND child.moved_to IS NULL
LEFT JOIN transmission_content ON transmission_content.transmission_id = child.transmission_id
LEFT JOIN data_key ON data_key.report_id = report.report_id
WHERE report.submitted_at >= $1 AND report.submitted_at < $2 AND report.police_district = $3
    AND report.drill = 0
ORDER BY report.submitted_at, report.report_id
LIMIT $4",
    )
    .bind(period.begins().as_microsecond())
    .bind(period.ends().as_microsecond())
    .bind(district.to_owned())
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch(pool);
    rows.map(|row| read_report(&row?))
}

fn read_report(row: &AnyRow) -> Result<ReportRow, StoreError> {
    let reader = Reader::new(row, "report", "report_id");
    Ok(ReportRow {
        report: reader.parsed("report_id")?,
        report_type: reader.word("report_type", ReportType::parse)?,
        urgency: reader.word("urgency", Urgency::parse)?,
        submitted_at: reader.time("submitted_at")?,
        standing: reader.word("standing", Standing::parse)?,
        delivered_at: reader.time_or_null("delivered_at")?,
        children: reader.count("children")?,
        by_letter: reader.flag("by_letter")?,
        transmission: reader.parsed("transmission_id")?,
        content: reader.bytes_or_null("content")?,
        wrapped_key: reader.bytes_or_null("wrapped")?,
    })
}

/// A receiver that reports of a period went to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentTo {
    /// Which.
    pub receiver: OrganisationNumber,
    /// Children of the period that were or are to be sent to it.
    pub children: u64,
    /// Whether nothing that it says is believed.
    pub is_distrusted: bool,
}

/// The receivers of a district's reports of a period, by number.
pub async fn sent_to(pool: &AnyPool, district: &str, period: &Period) -> Result<Vec<SentTo>, StoreError> {
    let rows = sqlx::query(
        "-- figures::sent_to
SELECT transmission.receiver, COUNT(*) AS children, MAX(receiver.distrusted_reason) AS distrusted_reason
FROM report
JOIN child ON child.report_id = report.report_id
JOIN transmission ON transmission.transmission_id = child.transmission_id
LEFT JOIN receiver ON receiver.organisation = transmission.receiver
WHERE report.submitted_at >= $1 AND report.submitted_at < $2 AND report.police_district = $3
    AND report.drill = 0
GROUP BY transmission.receiver
ORDER BY transmission.receiver",
    )
    .bind(period.begins().as_microsecond())
    .bind(period.ends().as_microsecond())
    .bind(district.to_owned())
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "transmission", "receiver");
            Ok(SentTo {
                receiver: reader.parsed("receiver")?,
                children: reader.count("children")?,
                is_distrusted: reader.text_or_null("distrusted_reason")?.is_some(),
            })
        })
        .collect()
}

/// Whether reports of another district were submitted in a period.
pub async fn has_other_district(pool: &AnyPool, district: &str, period: &Period) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "-- figures::has_other_district
SELECT CAST(COUNT(*) AS BIGINT) AS others
FROM (
    SELECT 1
    FROM report
    WHERE submitted_at >= $1 AND submitted_at < $2 AND police_district <> $3 AND drill = 0
    LIMIT 1) AS found",
    )
    .bind(period.begins().as_microsecond())
    .bind(period.ends().as_microsecond())
    .bind(district.to_owned())
    .fetch_one(pool)
    .await?;
    Reader::new(&row, "report", "others").flag("others")
}
