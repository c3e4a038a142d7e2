//! Children: where each of them is.

use framme_shared::{
    db::{
        StoreError, deadlines,
        rows::{ManyRows, Statement, exactly},
    },
    domain::{
        ids::{ChildId, ReportId, TransmissionId},
        lifecycle::{ChildColumns, ChildState, InvalidColumns},
    },
};
use jiff::Timestamp;
use sqlx::{AnyConnection, any::AnyRow};

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
pub async fn insert(conn: &mut AnyConnection, children: &[&ChildRow], at: Timestamp) -> Result<(), StoreError> {
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

const OF_TRANSMISSIONS: ManyRows = ManyRows {
    head: "-- child::of_transmissions
SELECT child.report_id, child.child_id, child.transmission_id, child.place, child.municipality, child.city_district,
    child.stage, child.stage_time, child.opened, child.registered, child.assigned_role, child.assigned_staff,
    child.assigned_time, child.outcome, child.reason, child.redirected_to
FROM transmission
JOIN child ON child.report_id = transmission.report_id AND child.transmission_id = transmission.transmission_id
WHERE transmission.transmission_id IN (VALUES",
    columns: 1,
    tail: ")",
};

/// All children of these transmissions, in no promised order.
pub async fn of_transmissions(
    conn: &mut AnyConnection,
    transmissions: &[TransmissionId],
) -> Result<Vec<ChildRow>, StoreError> {
    let rows = OF_TRANSMISSIONS
        .fetch_all(conn, transmissions, |query, transmission| {
            query.bind(transmission.to_string())
        })
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

/// Moves children to the states they carry, and has the clocks of their transmissions looked at. Every one must exist.
pub async fn update(
    conn: &mut AnyConnection,
    children: &[&ChildRow],
    at: Timestamp,
    by: &'static str,
) -> Result<(), StoreError> {
    let touched = UPDATE
        .execute(&mut *conn, children, |query, child| {
            let query = query.bind(child.report.to_string()).bind(child.child.to_string());
            bind_state(query, &child.state).bind(at.as_microsecond()).bind(by)
        })
        .await?;
    exactly(touched, children.len())?;
    deadlines::moved(conn, children.iter().map(|child| child.transmission), at).await
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

fn column_of(error: InvalidColumns) -> &'static str {
    match error {
        InvalidColumns::Missing(column) | InvalidColumns::Unexpected(column) | InvalidColumns::Invalid(column) => {
            column
        }
    }
}
