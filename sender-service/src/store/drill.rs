//! Table `drill`: drills, and what came of them.

use std::collections::HashMap;

use framme_shared::{
    db::{StoreError, exactly_one},
    domain::{drill::DrillResult, ids::ReportId, municipality::Area, organisation::OrganisationNumber},
};
use jiff::Timestamp;
use sqlx::{Any, AnyConnection, AnyPool, Executor, any::AnyRow};

use super::columns::Reader;

/// A drill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrillRow {
    /// Its report.
    pub report: ReportId,
    /// To whom.
    pub receiver: OrganisationNumber,
    /// Where its child is said to live.
    pub area: Area,
    /// By whom.
    pub requested_by: String,
    /// When it was submitted.
    pub started_at: Timestamp,
    /// Until when it must be assigned.
    pub due_at: Timestamp,
    /// When it was opened.
    pub opened_at: Option<Timestamp>,
    /// When it was assigned.
    pub assigned_at: Option<Timestamp>,
    /// What came of it.
    pub result: DrillResult,
}

/// Stores a new drill.
pub async fn insert(conn: &mut AnyConnection, row: &DrillRow, at: Timestamp) -> Result<(), StoreError> {
    exactly_one(
        sqlx::query(
            "-- drill::insert
INSERT INTO drill (report_id, receiver, area, requested_by, started_at, due_at, opened_at, assigned_at, result,
    written_at, written_by)
VALUES ($1, $2, $3, $4, $5, $6, NULL, NULL, $7, $8, 'StartDrill')",
        )
        .bind(row.report.to_string())
        .bind(row.receiver.to_string())
        .bind(row.area.to_string())
        .bind(row.requested_by.clone())
        .bind(row.started_at.as_microsecond())
        .bind(row.due_at.as_microsecond())
        .bind(row.result.as_str())
        .bind(at.as_microsecond())
        .execute(conn),
    )
    .await
}

/// Writes what has come of a drill.
pub async fn update(conn: &mut AnyConnection, row: &DrillRow, at: Timestamp) -> Result<(), StoreError> {
    exactly_one(
        sqlx::query(
            "-- drill::update
UPDATE drill
SET opened_at = $1, assigned_at = $2, result = $3, written_at = $4, written_by = 'FollowDrill'
WHERE report_id = $5",
        )
        .bind(row.opened_at.map(Timestamp::as_microsecond))
        .bind(row.assigned_at.map(Timestamp::as_microsecond))
        .bind(row.result.as_str())
        .bind(at.as_microsecond())
        .bind(row.report.to_string())
        .execute(conn),
    )
    .await
}

/// The drill with this report.
pub async fn find<'e>(
    executor: impl Executor<'e, Database = Any>,
    report: &ReportId,
) -> Result<Option<DrillRow>, StoreError> {
    let row = sqlx::query(
        "-- drill::find
SELECT report_id, receiver, area, requested_by, started_at, due_at, opened_at, assigned_at, result
FROM drill
WHERE report_id = $1",
    )
    .bind(report.to_string())
    .fetch_optional(executor)
    .await?;
    row.as_ref().map(read).transpose()
}

/// The drills to this receiver that wait to be assigned: one, but for what was taken back after a restore.
pub async fn open_of<'e>(
    executor: impl Executor<'e, Database = Any>,
    receiver: &OrganisationNumber,
) -> Result<Vec<DrillRow>, StoreError> {
    let rows = sqlx::query(
        "-- drill::open_of
SELECT report_id, receiver, area, requested_by, started_at, due_at, opened_at, assigned_at, result
FROM drill
WHERE receiver = $1 AND result IN ('waiting', 'unanswered')
ORDER BY started_at, report_id",
    )
    .bind(receiver.to_string())
    .fetch_all(executor)
    .await?;
    rows.iter().map(read).collect()
}

/// The drills to this receiver of which something is left to do: they wait, or are not withdrawn yet.
pub async fn unfinished_of(pool: &AnyPool, receiver: &OrganisationNumber) -> Result<Vec<ReportId>, StoreError> {
    let rows = sqlx::query(
        "-- drill::unfinished_of
SELECT drill.report_id
FROM drill
JOIN report ON report.report_id = drill.report_id
WHERE drill.receiver = $1 AND (drill.result IN ('waiting', 'unanswered') OR report.standing <> 'closed')
ORDER BY drill.started_at, drill.report_id
LIMIT 100",
    )
    .bind(receiver.to_string())
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| Reader::new(row, "drill", "report_id").parsed("report_id"))
        .collect()
}

/// The last drill to this receiver.
pub async fn last_of(pool: &AnyPool, receiver: &OrganisationNumber) -> Result<Option<DrillRow>, StoreError> {
    let row = sqlx::query(
        "-- drill::last_of
SELECT report_id, receiver, area, requested_by, started_at, due_at, opened_at, assigned_at, result
FROM drill
WHERE receiver = $1
ORDER BY started_at DESC, report_id DESC
LIMIT 1",
    )
    .bind(receiver.to_string())
    .fetch_optional(pool)
    .await?;
    row.as_ref().map(read).transpose()
}

/// When each area of this receiver had its last drill.
pub async fn last_by_area(
    pool: &AnyPool,
    receiver: &OrganisationNumber,
) -> Result<HashMap<Area, Timestamp>, StoreError> {
    let rows = sqlx::query(
        "-- drill::last_by_area
SELECT area, MAX(started_at) AS started_at
FROM drill
WHERE receiver = $1
GROUP BY area",
    )
    .bind(receiver.to_string())
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "drill", "area");
            Ok((reader.parsed("area")?, reader.time("started_at")?))
        })
        .collect()
}

fn read(row: &AnyRow) -> Result<DrillRow, StoreError> {
    let reader = Reader::new(row, "drill", "report_id");
    Ok(DrillRow {
        report: reader.parsed("report_id")?,
        receiver: reader.parsed("receiver")?,
        area: reader.parsed("area")?,
        requested_by: reader.text("requested_by")?,
        started_at: reader.time("started_at")?,
        due_at: reader.time("due_at")?,
        opened_at: reader.time_or_null("opened_at")?,
        assigned_at: reader.time_or_null("assigned_at")?,
        result: reader.word("result", DrillResult::parse)?,
    })
}
