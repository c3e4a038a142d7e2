//! Children: where each of them is.

use framme_shared::{
    db::{
        StoreError,
        rows::{ManyRows, Statement},
    },
    domain::{
        ids::{ChildId, ReportId, TransmissionId},
        lifecycle::{ChildColumns, ChildState, InvalidColumns},
        staff_id::StaffId,
    },
};
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool, any::AnyRow};

use super::columns::Reader;

/// A child as stored.
#[derive(Debug, Clone)]
pub struct ChildRow {
    /// Its report.
    pub report: ReportId,
    /// Unique within the report.
    pub child: ChildId,
    /// The transmission that carries it.
    pub transmission: TransmissionId,
    /// Its place in the report, from 0.
    pub place: i64,
    /// Municipality number.
    pub municipality: String,
    /// City district, where there is one.
    pub city_district: Option<String>,
    /// How far it has come.
    pub state: ChildState,
}

const INSERT: ManyRows = ManyRows {
    head: "-- child::insert
INSERT INTO child (report_id, child_id, transmission_id, place, municipality, city_district, stage, stage_time,
    opened, registered, assigned_role, assigned_staff, assigned_time, outcome, reason, redirected_to,
    written_at, written_by)
VALUES",
    columns: 18,
    tail: "",
};

/// Stores new children.
pub async fn insert(conn: &mut AnyConnection, children: &[ChildRow], at: Timestamp) -> Result<(), StoreError> {
    INSERT
        .execute(conn, children, |query, child| {
            let query = query
                .bind(child.report.to_string())
                .bind(child.child.to_string())
                .bind(child.transmission.to_string())
                .bind(child.place)
                .bind(child.municipality.clone())
                .bind(child.city_district.clone());
            bind_state(query, &child.state)
                .bind(at.as_microsecond())
                .bind("AcceptReport")
        })
        .await?;
    Ok(())
}

const OF_REPORTS: ManyRows = ManyRows {
    head: "-- child::of_reports
SELECT report_id, child_id, transmission_id, place, municipality, city_district, stage, stage_time, opened,
    registered, assigned_role, assigned_staff, assigned_time, outcome, reason, redirected_to
FROM child
WHERE report_id IN (VALUES",
    columns: 1,
    tail: ")",
};

/// All children of these reports, in no promised order.
pub async fn of_reports(conn: &mut AnyConnection, reports: &[ReportId]) -> Result<Vec<ChildRow>, StoreError> {
    let rows = OF_REPORTS
        .fetch_all(conn, reports, |query, report| query.bind(report.to_string()))
        .await?;
    rows.iter().map(read).collect()
}

const UPDATE: ManyRows = ManyRows {
    head: "-- child::update
WITH moved (report_id, child_id, stage, stage_time, opened, registered, assigned_role, assigned_staff,
    assigned_time, outcome, reason, redirected_to, written_at, written_by) AS (VALUES",
    columns: 14,
    tail: ")
UPDATE child
SET stage = moved.stage, stage_time = moved.stage_time, opened = moved.opened, registered = moved.registered,
    assigned_role = moved.assigned_role, assigned_staff = moved.assigned_staff,
    assigned_time = moved.assigned_time, outcome = moved.outcome, reason = moved.reason,
    redirected_to = moved.redirected_to, written_at = moved.written_at, written_by = moved.written_by
FROM moved
WHERE child.report_id = moved.report_id AND child.child_id = moved.child_id",
};

/// Moves children to the states they carry. Every one must exist.
pub async fn update(
    conn: &mut AnyConnection,
    children: &[&ChildRow],
    at: Timestamp,
    by: &'static str,
) -> Result<(), StoreError> {
    let touched = UPDATE
        .execute(conn, children, |query, child| {
            let query = query.bind(child.report.to_string()).bind(child.child.to_string());
            bind_state(query, &child.state).bind(at.as_microsecond()).bind(by)
        })
        .await?;
    super::exactly(touched, children.len())
}

fn bind_state<'q>(query: Statement<'q>, state: &ChildState) -> Statement<'q> {
    let columns = ChildColumns::from(state);
    query
        .bind(columns.stage)
        .bind(columns.stage_time)
        .bind(columns.opened)
        .bind(columns.registered)
        .bind(columns.assigned_role)
        .bind(columns.assigned_staff)
        .bind(columns.assigned_time)
        .bind(columns.outcome)
        .bind(columns.reason)
        .bind(columns.redirected_to)
}

/// A child out of a row that has all columns of the table by their names.
pub fn read(row: &AnyRow) -> Result<ChildRow, StoreError> {
    let reader = Reader::new(row, "child", "child_id");
    let columns = ChildColumns {
        stage: reader.text("stage")?,
        stage_time: reader.number("stage_time")?,
        opened: reader.number("opened")?,
        registered: reader.number("registered")?,
        assigned_role: reader.text_or_null("assigned_role")?,
        assigned_staff: reader.text_or_null("assigned_staff")?,
        assigned_time: reader.number_or_null("assigned_time")?,
        outcome: reader.text_or_null("outcome")?,
        reason: reader.text_or_null("reason")?,
        redirected_to: reader.text_or_null("redirected_to")?,
    };
    Ok(ChildRow {
        report: reader.parsed("report_id")?,
        child: reader.parsed("child_id")?,
        transmission: reader.parsed("transmission_id")?,
        place: reader.number("place")?,
        municipality: reader.text("municipality")?,
        city_district: reader.text_or_null("city_district")?,
        state: ChildState::try_from(columns).map_err(|error| reader.corrupt(column_of(error)))?,
    })
}

/// A child that shows as with a caseworker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithCaseworker {
    /// The report.
    pub report: ReportId,
    /// The child.
    pub child: ChildId,
    /// The caseworker.
    pub staff: StaffId,
    /// Since when.
    pub assigned_at: Timestamp,
}

/// Up to `limit` children with a caseworker after this one, in the order of reports and children.
pub async fn with_caseworker(
    pool: &AnyPool,
    after: Option<(ReportId, ChildId)>,
    limit: i64,
) -> Result<Vec<WithCaseworker>, StoreError> {
    let (report, child) = after.map_or_else(Default::default, |(report, child)| {
        (report.to_string(), child.to_string())
    });
    let rows = sqlx::query(
        "-- child::with_caseworker
SELECT report_id, child_id, assigned_staff, assigned_time
FROM child
WHERE stage IN ('assigned', 'assessed') AND (report_id, child_id) > ($1, $2)
ORDER BY report_id, child_id
LIMIT $3",
    )
    .bind(report)
    .bind(child)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter().map(read_with_caseworker).collect()
}

/// One child, if it is with a caseworker.
pub async fn find_with_caseworker(
    pool: &AnyPool,
    report: &ReportId,
    child: &ChildId,
) -> Result<Option<WithCaseworker>, StoreError> {
    let row = sqlx::query(
        "-- child::find_with_caseworker
SELECT report_id, child_id, assigned_staff, assigned_time
FROM child
WHERE report_id = $1 AND child_id = $2 AND stage IN ('assigned', 'assessed')",
    )
    .bind(report.to_string())
    .bind(child.to_string())
    .fetch_optional(pool)
    .await?;
    row.as_ref().map(read_with_caseworker).transpose()
}

fn read_with_caseworker(row: &AnyRow) -> Result<WithCaseworker, StoreError> {
    let reader = Reader::new(row, "child", "child_id");
    Ok(WithCaseworker {
        report: reader.parsed("report_id")?,
        child: reader.parsed("child_id")?,
        staff: reader.parsed("assigned_staff")?,
        assigned_at: reader.time("assigned_time")?,
    })
}

fn column_of(error: InvalidColumns) -> &'static str {
    match error {
        InvalidColumns::Missing(column) | InvalidColumns::Unexpected(column) | InvalidColumns::Invalid(column) => {
            column
        }
    }
}
