//! Children: where each of them is.

use framme_shared::{
    child_state,
    db::{
        StoreError, deadlines, exactly_one,
        rows::{ManyRows, Statement, exactly},
    },
    domain::{
        ids::{ChildId, ReportId, TransmissionId},
        lifecycle::{ChildColumns, ChildState, FeedbackColumns, InvalidColumns},
        receipt::ReadBefore,
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
    /// How far it has come, at the receiver of this transmission.
    pub state: ChildState,
    /// The transmission that carries it now instead of this one, because it was sent on.
    pub moved_to: Option<TransmissionId>,
    /// What was read of it before it was withdrawn, if that was told.
    pub read_before: Option<ReadBefore>,
}

impl ChildRow {
    /// Whether the child counts here: it was not sent on to another transmission.
    #[must_use]
    pub const fn is_here(&self) -> bool {
        self.moved_to.is_none()
    }
}

const INSERT: ManyRows = ManyRows {
    head: concat!(
        "-- child::insert
INSERT INTO child (report_id, child_id, transmission_id, place, municipality, city_district, ",
        child_state!(""),
        ",
    written_at, written_by, moved_to)
VALUES"
    ),
    columns: 26,
    tail: "",
};

/// Stores new children.
pub async fn insert(
    conn: &mut AnyConnection,
    children: &[&ChildRow],
    at: Timestamp,
    by: &'static str,
) -> Result<(), StoreError> {
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
                .bind(by)
                .bind(child.moved_to.map(|id| id.to_string()))
        })
        .await?;
    Ok(())
}

const OF_REPORTS: ManyRows = ManyRows {
    head: concat!(
        "-- child::of_reports
SELECT report_id, child_id, transmission_id, place, municipality, city_district, ",
        child_state!(""),
        ", moved_to, read_before,
    readers_before
FROM child
WHERE report_id IN (VALUES"
    ),
    columns: 1,
    tail: ")",
};

/// All children of these reports, in no promised order: each in every transmission that ever carried it.
pub async fn of_reports(conn: &mut AnyConnection, reports: &[ReportId]) -> Result<Vec<ChildRow>, StoreError> {
    let rows = OF_REPORTS
        .fetch_all(conn, reports, |query, report| query.bind(report.to_string()))
        .await?;
    rows.iter().map(read).collect()
}

const OF_TRANSMISSIONS: ManyRows = ManyRows {
    head: concat!(
        "-- child::of_transmissions
SELECT child.report_id, child.child_id, child.transmission_id, child.place, child.municipality, child.city_district,
    ",
        child_state!("child."),
        ",
    child.moved_to, child.read_before, child.readers_before
FROM transmission
JOIN child ON child.report_id = transmission.report_id AND child.transmission_id = transmission.transmission_id
WHERE transmission.transmission_id IN (VALUES"
    ),
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
    head: concat!(
        "-- child::update
WITH moved (report_id, child_id, transmission_id, ",
        child_state!(""),
        ", written_at,
    written_by, read_before, readers_before) AS (VALUES"
    ),
    columns: 24,
    tail: ")
UPDATE child
SET stage = moved.stage, stage_time = moved.stage_time, opened = moved.opened, registered = moved.registered,
    assigned_role = moved.assigned_role, assigned_staff = moved.assigned_staff,
    assigned_time = moved.assigned_time, outcome = moved.outcome, reason = moved.reason,
    redirected_to = moved.redirected_to, confirmed_time = moved.confirmed_time,
    investigation_opened = moved.investigation_opened, investigation_ended_time = moved.investigation_ended_time,
    concluded_time = moved.concluded_time, conclusion = moved.conclusion, answered_time = moved.answered_time,
    prosecution_answer = moved.prosecution_answer, written_at = moved.written_at, written_by = moved.written_by,
    read_before = moved.read_before, readers_before = moved.readers_before
FROM moved
WHERE child.report_id = moved.report_id AND child.child_id = moved.child_id
    AND child.transmission_id = moved.transmission_id",
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
            let query = query
                .bind(child.report.to_string())
                .bind(child.child.to_string())
                .bind(child.transmission.to_string());
            bind_state(query, &child.state)
                .bind(at.as_microsecond())
                .bind(by)
                .bind(child.read_before.as_ref().map(|read| i64::from(read.opened)))
                .bind(child.read_before.as_ref().map(ReadBefore::readers_text))
        })
        .await?;
    exactly(touched, children.len())?;
    deadlines::moved(conn, children.iter().map(|child| child.transmission), at).await
}

/// Marks children as sent on from one transmission to another. Every one must be there and not be sent on yet.
pub async fn move_on(
    conn: &mut AnyConnection,
    children: &[&ChildRow],
    to: &TransmissionId,
    at: Timestamp,
    by: &'static str,
) -> Result<(), StoreError> {
    let to = to.to_string();
    let touched = MOVE_ON
        .execute(&mut *conn, children, |query, child| {
            query
                .bind(child.report.to_string())
                .bind(child.child.to_string())
                .bind(child.transmission.to_string())
                .bind(to.clone())
                .bind(at.as_microsecond())
                .bind(by)
        })
        .await?;
    exactly(touched, children.len())?;
    deadlines::moved(conn, children.iter().map(|child| child.transmission), at).await
}

/// Says where a child counts, if it counts where it was when this was worked out.
pub async fn set_moved_to(
    conn: &mut AnyConnection,
    child: &ChildRow,
    was: Option<TransmissionId>,
    at: Timestamp,
) -> Result<(), StoreError> {
    exactly_one(
        sqlx::query(
            "-- child::set_moved_to
UPDATE child
SET moved_to = $1, written_at = $2, written_by = 'TakeBack'
WHERE report_id = $3 AND child_id = $4 AND transmission_id = $5 AND COALESCE(moved_to, '') = $6",
        )
        .bind(child.moved_to.map(|id| id.to_string()))
        .bind(at.as_microsecond())
        .bind(child.report.to_string())
        .bind(child.child.to_string())
        .bind(child.transmission.to_string())
        .bind(was.map(|id| id.to_string()).unwrap_or_default())
        .execute(conn),
    )
    .await
}

const MOVE_ON: ManyRows = ManyRows {
    head: "-- child::move_on
WITH moved (report_id, child_id, transmission_id, moved_to, written_at, written_by) AS (VALUES",
    columns: 6,
    tail: ")
UPDATE child
SET moved_to = moved.moved_to, written_at = moved.written_at, written_by = moved.written_by
FROM moved
WHERE child.report_id = moved.report_id AND child.child_id = moved.child_id
    AND child.transmission_id = moved.transmission_id AND child.moved_to IS NULL",
};

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
        .bind(columns.feedback.confirmed_time)
        .bind(columns.feedback.investigation_opened)
        .bind(columns.feedback.investigation_ended_time)
        .bind(columns.feedback.concluded_time)
        .bind(columns.feedback.conclusion)
        .bind(columns.feedback.answered_time)
        .bind(columns.feedback.prosecution_answer)
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
        feedback: read_feedback(&reader)?,
    };
    Ok(ChildRow {
        report: reader.parsed("report_id")?,
        child: reader.parsed("child_id")?,
        transmission: reader.parsed("transmission_id")?,
        place: reader.number("place")?,
        municipality: reader.text("municipality")?,
        city_district: reader.text_or_null("city_district")?,
        state: ChildState::try_from(columns).map_err(|error| reader.corrupt(column_of(error)))?,
        moved_to: reader.parsed_or_null("moved_to")?,
        read_before: read_before(&reader)?,
    })
}

/// The columns of what was told.
pub(super) fn read_feedback(reader: &Reader<'_>) -> Result<FeedbackColumns, StoreError> {
    Ok(FeedbackColumns {
        confirmed_time: reader.number_or_null("confirmed_time")?,
        investigation_opened: reader.number_or_null("investigation_opened")?,
        investigation_ended_time: reader.number_or_null("investigation_ended_time")?,
        concluded_time: reader.number_or_null("concluded_time")?,
        conclusion: reader.text_or_null("conclusion")?,
        answered_time: reader.number_or_null("answered_time")?,
        prosecution_answer: reader.text_or_null("prosecution_answer")?,
    })
}

fn read_before(reader: &Reader<'_>) -> Result<Option<ReadBefore>, StoreError> {
    let Some(opened) = reader.number_or_null("read_before")? else {
        return Ok(None);
    };
    let readers = reader.text_or_null("readers_before")?.unwrap_or_default();
    let read = ReadBefore::from_columns(opened == 1, &readers);
    read.map(Some).ok_or_else(|| reader.corrupt("readers_before"))
}

pub(super) fn column_of(error: InvalidColumns) -> &'static str {
    match error {
        InvalidColumns::Missing(column) | InvalidColumns::Unexpected(column) | InvalidColumns::Invalid(column) => {
            column
        }
    }
}
