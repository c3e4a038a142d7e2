//! Calls that were recorded after a report was submitted.

use framme_shared::{
    db::{StoreError, exactly_one},
    domain::{
        ids::{ReportId, RequestId},
        report::PhoneSummary,
    },
};
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool};

use super::columns::Reader;

/// A call as stored.
#[derive(Debug, Clone)]
pub struct StoredCall {
    /// The request that recorded it.
    pub request: RequestId,
    /// The call, sealed.
    pub sealed: Vec<u8>,
    /// By role-scoped id.
    pub recorded_by: String,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// Stores a call, and what it makes of the report's count.
pub async fn insert(
    conn: &mut AnyConnection,
    report: &ReportId,
    call: &StoredCall,
    counted: PhoneSummary,
) -> Result<(), StoreError> {
    exactly_one(
        sqlx::query(
            "-- phone_call::insert
INSERT INTO phone_call (request_id, report_id, sealed, recorded_by, written_at, written_by)
VALUES ($1, $2, $3, $4, $5, 'RecordPhoneCall')",
        )
        .bind(call.request.to_string())
        .bind(report.to_string())
        .bind(call.sealed.clone())
        .bind(call.recorded_by.clone())
        .bind(call.recorded_at.as_microsecond())
        .execute(&mut *conn),
    )
    .await?;
    exactly_one(
        sqlx::query(
            "-- phone_call::insert, the count
UPDATE report
SET phone_calls = $1, phone_reached = $2, phone_last_at = $3, written_at = $4, written_by = 'RecordPhoneCall'
WHERE report_id = $5",
        )
        .bind(i64::from(counted.made))
        .bind(i64::from(counted.reached))
        .bind(counted.last_at.map(Timestamp::as_microsecond))
        .bind(call.recorded_at.as_microsecond())
        .bind(report.to_string())
        .execute(conn),
    )
    .await
}

/// The calls of a report, in the order in which they were recorded.
pub async fn of_report(pool: &AnyPool, report: &ReportId) -> Result<Vec<StoredCall>, StoreError> {
    let rows = sqlx::query(
        "-- phone_call::of_report
SELECT request_id, sealed, recorded_by, written_at
FROM phone_call
WHERE report_id = $1
ORDER BY written_at, request_id",
    )
    .bind(report.to_string())
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "phone_call", "request_id");
            Ok(StoredCall {
                request: reader.parsed("request_id")?,
                sealed: reader.bytes("sealed")?,
                recorded_by: reader.text("recorded_by")?,
                recorded_at: reader.time("written_at")?,
            })
        })
        .collect()
}
