//! What people asked to have done to a report, so that a repetition gets the first answer.

use framme_shared::{
    db::{StoreError, rows::ManyRows},
    domain::{
        ids::{ReportId, RequestId},
        lifecycle::ClosingKind,
    },
    wire::pb::sender::CloseReportResponse,
};
use jiff::Timestamp;
use prost::Message as _;
use sqlx::AnyConnection;

use super::columns::Reader;

/// A request to store with its answer.
pub struct NewRequest<'a> {
    /// Made by the caller.
    pub request: &'a RequestId,
    /// The report.
    pub report: &'a ReportId,
    /// withdraw, close or route.
    pub kind: &'static str,
    /// How the matter was taken, in a closing.
    pub closing_kind: Option<ClosingKind>,
    /// SHA-256 of the request as it came, sealed.
    pub fingerprint: &'a [u8],
    /// The reason, sealed.
    pub sealed_reason: &'a [u8],
    /// By role-scoped id.
    pub requested_by: &'a str,
    /// The serialised answer.
    pub answer: Vec<u8>,
}

/// What was asked before under an id.
pub struct First {
    /// The report.
    pub report: ReportId,
    /// SHA-256 of the request as it came, sealed with the report's data key; bare in a row from before it was sealed.
    pub fingerprint: Vec<u8>,
    /// The serialised answer.
    pub answer: Vec<u8>,
}

/// What was asked before under this id.
pub async fn first(conn: &mut AnyConnection, request: &RequestId) -> Result<Option<First>, StoreError> {
    let row = sqlx::query(
        "-- request::first
SELECT request_id, report_id, fingerprint, answer
FROM request
WHERE request_id = $1",
    )
    .bind(request.to_string())
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let reader = Reader::new(&row, "request", "request_id");
        Ok(First {
            report: reader.parsed("report_id")?,
            fingerprint: reader.bytes("fingerprint")?,
            answer: reader.bytes("answer")?,
        })
    })
    .transpose()
}

/// Stores a request that was carried out.
pub async fn insert(conn: &mut AnyConnection, new: NewRequest<'_>, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "-- request::insert
INSERT INTO request (request_id, report_id, kind, fingerprint, reason, requested_by, answer, written_at, written_by,
    closing_kind)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $3, $9)",
    )
    .bind(new.request.to_string())
    .bind(new.report.to_string())
    .bind(new.kind)
    .bind(new.fingerprint.to_vec())
    .bind(new.sealed_reason.to_vec())
    .bind(new.requested_by.to_owned())
    .bind(new.answer)
    .bind(at.as_microsecond())
    .bind(new.closing_kind.map(ClosingKind::as_str))
    .execute(conn)
    .await?;
    Ok(())
}

const CLOSINGS: ManyRows = ManyRows {
    head: "-- request::closings
SELECT request_id, report_id, answer
FROM request
WHERE kind = 'close' AND report_id IN (VALUES",
    columns: 1,
    tail: ")",
};

/// The answers that closings of these reports got, with the reports, in no promised order.
pub async fn closings(
    conn: &mut AnyConnection,
    reports: &[ReportId],
) -> Result<Vec<(ReportId, CloseReportResponse)>, StoreError> {
    let rows = CLOSINGS
        .fetch_all(conn, reports, |query, report| query.bind(report.to_string()))
        .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "request", "request_id");
            let answer = reader.bytes("answer")?;
            let answer = CloseReportResponse::decode(answer.as_slice()).map_err(|_| reader.corrupt("answer"))?;
            Ok((reader.parsed("report_id")?, answer))
        })
        .collect()
}
