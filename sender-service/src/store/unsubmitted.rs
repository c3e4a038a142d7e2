//! Files that were uploaded for reports that nobody submitted.

use framme_shared::{
    db::{StoreError, exactly_one},
    domain::ids::{AttachmentId, ReportId},
};
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool};

use super::columns::Reader;

/// A file whose report was never submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsubmittedFile {
    /// The report that it was uploaded for.
    pub report: ReportId,
    /// Which file of it.
    pub attachment: AttachmentId,
    /// Announced size.
    pub size_bytes: u64,
    /// Bytes that are stored.
    pub committed_bytes: u64,
    /// When the last of them came.
    pub written_at: Timestamp,
}

/// Up to `limit` files after this one, in the order of reports and files, of reports that were not submitted and for
/// which nothing was uploaded since `before`.
pub async fn list_after(
    pool: &AnyPool,
    before: Timestamp,
    after: Option<(ReportId, AttachmentId)>,
    limit: i64,
) -> Result<Vec<UnsubmittedFile>, StoreError> {
    let (report, attachment) = after.map_or_else(Default::default, |(report, attachment)| {
        (report.to_string(), attachment.to_string())
    });
    let rows = sqlx::query(
        "-- unsubmitted::list_after
SELECT file.report_id, file.attachment_id, file.size_bytes, file.committed_bytes, file.written_at
FROM attachment AS file
WHERE (file.report_id, file.attachment_id) > ($1, $2)
    AND NOT EXISTS (SELECT 1 FROM report WHERE report.report_id = file.report_id)
    AND NOT EXISTS (SELECT 1 FROM attachment AS newer
        WHERE newer.report_id = file.report_id AND newer.written_at >= $3)
ORDER BY file.report_id, file.attachment_id
LIMIT $4",
    )
    .bind(report)
    .bind(attachment)
    .bind(before.as_microsecond())
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "attachment", "attachment_id");
            Ok(UnsubmittedFile {
                report: reader.parsed("report_id")?,
                attachment: reader.parsed("attachment_id")?,
                size_bytes: reader.count("size_bytes")?,
                committed_bytes: reader.count("committed_bytes")?,
                written_at: reader.time("written_at")?,
            })
        })
        .collect()
}

/// Removes a file with all its pieces. `false`, and nothing is removed, when its report was submitted, when anything was
/// uploaded for the report since `before`, or when it is gone already.
///
/// The report's data key stays: an upload or a submission that looked it up a moment ago seals under it.
pub async fn remove(
    conn: &mut AnyConnection,
    report: &ReportId,
    attachment: &AttachmentId,
    before: Timestamp,
) -> Result<bool, StoreError> {
    let found = sqlx::query(
        "-- unsubmitted::remove, whether
SELECT 1
FROM attachment AS file
WHERE file.report_id = $1 AND file.attachment_id = $2
    AND NOT EXISTS (SELECT 1 FROM report WHERE report.report_id = file.report_id)
    AND NOT EXISTS (SELECT 1 FROM attachment AS newer
        WHERE newer.report_id = file.report_id AND newer.written_at >= $3)",
    )
    .bind(report.to_string())
    .bind(attachment.to_string())
    .bind(before.as_microsecond())
    .fetch_optional(&mut *conn)
    .await?;
    if found.is_none() {
        return Ok(false);
    }
    sqlx::query(
        "-- unsubmitted::remove, pieces
DELETE FROM attachment_chunk
WHERE report_id = $1 AND attachment_id = $2",
    )
    .bind(report.to_string())
    .bind(attachment.to_string())
    .execute(&mut *conn)
    .await?;
    exactly_one(
        sqlx::query(
            "-- unsubmitted::remove, file
DELETE FROM attachment
WHERE report_id = $1 AND attachment_id = $2",
        )
        .bind(report.to_string())
        .bind(attachment.to_string())
        .execute(conn),
    )
    .await?;
    Ok(true)
}
