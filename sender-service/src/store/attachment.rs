//! Files of reports, in sealed pieces.

use framme_shared::{
    db::{StoreError, rows::exactly},
    domain::{
        digest::Digest,
        ids::{AttachmentId, ReportId},
    },
};
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool, any::AnyRow};

use super::columns::Reader;

/// A file and how far its upload has come.
#[derive(Debug, Clone)]
pub struct AttachmentRow {
    /// Which.
    pub attachment: AttachmentId,
    /// Announced size.
    pub size_bytes: u64,
    /// Announced digest.
    pub sha256: Digest,
    /// Durable bytes.
    pub committed_bytes: u64,
    /// All bytes are durable and right.
    pub complete: bool,
    /// Which stream may append now.
    pub upload_token: String,
}

/// One file, outside a change.
pub async fn look_up(
    pool: &AnyPool,
    report: &ReportId,
    attachment: &AttachmentId,
) -> Result<Option<AttachmentRow>, StoreError> {
    let row = select_one(report, attachment).fetch_optional(pool).await?;
    row.as_ref().map(read).transpose()
}

/// One file, inside a change.
pub async fn load(
    conn: &mut AnyConnection,
    report: &ReportId,
    attachment: &AttachmentId,
) -> Result<Option<AttachmentRow>, StoreError> {
    let row = select_one(report, attachment).fetch_optional(conn).await?;
    row.as_ref().map(read).transpose()
}

fn select_one(
    report: &ReportId,
    attachment: &AttachmentId,
) -> sqlx::query::Query<'static, sqlx::Any, sqlx::any::AnyArguments> {
    sqlx::query(
        "-- attachment::select_one
SELECT attachment_id, size_bytes, sha256, committed_bytes, complete, upload_token
FROM attachment
WHERE report_id = $1 AND attachment_id = $2",
    )
    .bind(report.to_string())
    .bind(attachment.to_string())
}

/// All files uploaded for a report, complete or not.
pub async fn of_report(conn: &mut AnyConnection, report: &ReportId) -> Result<Vec<AttachmentRow>, StoreError> {
    let rows = sqlx::query(
        "-- attachment::of_report
SELECT attachment_id, size_bytes, sha256, committed_bytes, complete, upload_token
FROM attachment
WHERE report_id = $1",
    )
    .bind(report.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Up to `limit` complete files after this one, in the order of reports and files, each with its report's wrapped
/// key, if that is still there.
pub async fn complete_after(
    pool: &AnyPool,
    after: Option<(ReportId, AttachmentId)>,
    limit: i64,
) -> Result<Vec<(ReportId, AttachmentRow, Option<Vec<u8>>)>, StoreError> {
    let (report, attachment) = after.map_or_else(Default::default, |(report, attachment)| {
        (report.to_string(), attachment.to_string())
    });
    let rows = sqlx::query(
        "-- attachment::complete_after
SELECT attachment.report_id, attachment_id, size_bytes, sha256, committed_bytes, complete, upload_token,
    data_key.wrapped
FROM attachment
LEFT JOIN data_key ON data_key.report_id = attachment.report_id
WHERE complete = 1 AND (attachment.report_id, attachment_id) > ($1, $2)
ORDER BY attachment.report_id, attachment_id
LIMIT $3",
    )
    .bind(report)
    .bind(attachment)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "attachment", "attachment_id");
            Ok((
                reader.parsed("report_id")?,
                read(row)?,
                reader.bytes_or_null("wrapped")?,
            ))
        })
        .collect()
}

/// Announces a file of which nothing is durable yet.
pub async fn insert(
    conn: &mut AnyConnection,
    report: &ReportId,
    attachment: &AttachmentId,
    announced: (u64, &Digest),
    upload_token: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "-- attachment::insert
INSERT INTO attachment (report_id, attachment_id, size_bytes, sha256, committed_bytes, complete, upload_token,
    written_at, written_by)
VALUES ($1, $2, $3, $4, 0, 0, $5, $6, 'BeginUpload')",
    )
    .bind(report.to_string())
    .bind(attachment.to_string())
    .bind(announced.0 as i64)
    .bind(announced.1.as_bytes().to_vec())
    .bind(upload_token.to_owned())
    .bind(at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets another stream go on with an incomplete upload: the one before can append no more.
pub async fn take_over(
    conn: &mut AnyConnection,
    report: &ReportId,
    attachment: &AttachmentId,
    upload_token: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let result = sqlx::query(
        "-- attachment::take_over
UPDATE attachment
SET upload_token = $1, written_at = $2, written_by = 'BeginUpload'
WHERE report_id = $3 AND attachment_id = $4 AND complete = 0",
    )
    .bind(upload_token.to_owned())
    .bind(at.as_microsecond())
    .bind(report.to_string())
    .bind(attachment.to_string())
    .execute(conn)
    .await?;
    exactly(result.rows_affected(), 1)
}

/// Appends a sealed piece at `start`, if this stream may still append and `start` is what is committed.
#[expect(
    clippy::too_many_arguments,
    reason = "one row's columns; a struct would only repeat their names"
)]
pub async fn append(
    conn: &mut AnyConnection,
    report: &ReportId,
    attachment: &AttachmentId,
    upload_token: &str,
    start: u64,
    length: u64,
    sealed: &[u8],
    at: Timestamp,
) -> Result<bool, StoreError> {
    let result = sqlx::query(
        "-- attachment::append, progress
UPDATE attachment
SET committed_bytes = committed_bytes + $1, written_at = $2, written_by = 'AppendChunk'
WHERE report_id = $3 AND attachment_id = $4 AND upload_token = $5 AND committed_bytes = $6 AND complete = 0",
    )
    .bind(length as i64)
    .bind(at.as_microsecond())
    .bind(report.to_string())
    .bind(attachment.to_string())
    .bind(upload_token.to_owned())
    .bind(start as i64)
    .execute(&mut *conn)
    .await?;
    if result.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query(
        "-- attachment::append, piece
INSERT INTO attachment_chunk (report_id, attachment_id, start_byte, length, sealed, written_at, written_by)
VALUES ($1, $2, $3, $4, $5, $6, 'AppendChunk')",
    )
    .bind(report.to_string())
    .bind(attachment.to_string())
    .bind(start as i64)
    .bind(length as i64)
    .bind(sealed.to_vec())
    .bind(at.as_microsecond())
    .execute(conn)
    .await?;
    Ok(true)
}

/// Marks an upload whose bytes are all there and right. `false` when another stream took over.
pub async fn complete(
    conn: &mut AnyConnection,
    report: &ReportId,
    attachment: &AttachmentId,
    upload_token: &str,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let result = sqlx::query(
        "-- attachment::complete
UPDATE attachment
SET complete = 1, written_at = $1, written_by = 'CompleteUpload'
WHERE report_id = $2 AND attachment_id = $3 AND upload_token = $4 AND complete = 0
    AND committed_bytes = size_bytes",
    )
    .bind(at.as_microsecond())
    .bind(report.to_string())
    .bind(attachment.to_string())
    .bind(upload_token.to_owned())
    .execute(conn)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Removes all of an incomplete upload.
pub async fn remove(conn: &mut AnyConnection, report: &ReportId, attachment: &AttachmentId) -> Result<(), StoreError> {
    sqlx::query(
        "-- attachment::remove, pieces
DELETE FROM attachment_chunk
WHERE report_id = $1 AND attachment_id = $2",
    )
    .bind(report.to_string())
    .bind(attachment.to_string())
    .execute(&mut *conn)
    .await?;
    let result = sqlx::query(
        "-- attachment::remove, file
DELETE FROM attachment
WHERE report_id = $1 AND attachment_id = $2 AND complete = 0",
    )
    .bind(report.to_string())
    .bind(attachment.to_string())
    .execute(conn)
    .await?;
    exactly(result.rows_affected(), 1)
}

/// A sealed piece.
pub struct SealedChunk {
    /// Where it begins in the file.
    pub start: u64,
    /// The sealed bytes.
    pub sealed: Vec<u8>,
    /// How many bytes it holds.
    pub length: u64,
}

/// The piece that holds the byte at `position`.
pub async fn chunk_at(
    pool: &AnyPool,
    report: &ReportId,
    attachment: &AttachmentId,
    position: u64,
) -> Result<Option<SealedChunk>, StoreError> {
    let row = sqlx::query(
        "-- attachment::chunk_at
SELECT attachment_id, start_byte, length, sealed
FROM attachment_chunk
WHERE report_id = $1 AND attachment_id = $2 AND start_byte <= $3
ORDER BY start_byte DESC
LIMIT 1",
    )
    .bind(report.to_string())
    .bind(attachment.to_string())
    .bind(position as i64)
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        let reader = Reader::new(&row, "attachment_chunk", "attachment_id");
        Ok(SealedChunk {
            start: reader.count("start_byte")?,
            length: reader.count("length")?,
            sealed: reader.bytes("sealed")?,
        })
    })
    .transpose()
}

fn read(row: &AnyRow) -> Result<AttachmentRow, StoreError> {
    let reader = Reader::new(row, "attachment", "attachment_id");
    Ok(AttachmentRow {
        attachment: reader.parsed("attachment_id")?,
        size_bytes: reader.count("size_bytes")?,
        sha256: reader.digest("sha256")?,
        committed_bytes: reader.count("committed_bytes")?,
        complete: reader.flag("complete")?,
        upload_token: reader.text("upload_token")?,
    })
}
