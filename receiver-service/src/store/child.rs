//! Table `child`: how far each child of a transmission has come.

mod for_change;
mod held;

use framme_shared::{
    child_state,
    db::{
        StoreError, deadlines, exactly_one,
        rows::{ManyRows, exactly},
    },
    domain::{
        figures::KnownToService,
        ids::{ChildId, TransmissionId},
        lifecycle::{ChildColumns, ChildState, FeedbackColumns, InvalidColumns, Stage},
    },
};
use jiff::Timestamp;
use sqlx::{Any, AnyConnection, Executor, any::AnyRow};

pub use self::{
    for_change::{ForChange, Wanted, for_change},
    held::{LiveAssignment, assigned_to, caseworkers},
};
use super::{
    columns::{Columns, stored},
    transmission::NewTransmission,
};

/// A child that is about to be stored.
#[derive(Debug, Clone)]
pub struct NewChild {
    /// The child.
    pub id: ChildId,
    /// Its place in the content, from 0.
    pub number: u64,
    /// Municipality number, with a city district as `0301/05`; a `*` before it when the child was sent on here.
    pub area: String,
}

/// A child with its state.
#[derive(Debug, Clone)]
pub struct Child {
    /// The child.
    pub id: ChildId,
    /// Municipality number, with a city district as `0301/05`; a `*` before it when the child was sent on here.
    pub area: String,
    /// How far it has come.
    pub state: ChildState,
    /// Counts the writes of its row.
    pub version: i64,
}

const INSERT: ManyRows = ManyRows {
    head: "-- child::insert
        INSERT INTO child
            (transmission_id, child_id, child_number, area, urgency_rank, submitted_at, stage, stage_time, opened,
             registered, waiting, version, written_at, written_by)
        SELECT column1, column2, column3, column4, column5, column6, column7, column8, 0, 0, 0, 1, column8,
               'store_transmission'
        FROM (VALUES",
    columns: 8,
    tail: ") AS arriving",
};

/// A child on its way into the table, with its transmission.
pub type Arriving<'a> = (&'a TransmissionId, &'a NewTransmission, &'a NewChild);

/// Stores children, in the state that they have before the receipt of their transmission.
pub async fn insert(
    connection: &mut AnyConnection,
    arriving: &[Arriving<'_>],
    at: Timestamp,
) -> Result<(), StoreError> {
    INSERT
        .execute(connection, arriving, |statement, (transmission, new, child)| {
            statement
                .bind(transmission.to_string())
                .bind(child.id.to_string())
                .bind(stored(child.number))
                .bind(child.area.as_str())
                .bind(new.urgency.rank())
                .bind(new.submitted_at.as_microsecond())
                .bind(Stage::Queued.as_str())
                .bind(at.as_microsecond())
        })
        .await?;
    Ok(())
}

/// The children of a transmission, in order of their numbers.
pub async fn of_transmission<'e>(
    executor: impl Executor<'e, Database = Any>,
    transmission: &TransmissionId,
) -> Result<Vec<Child>, StoreError> {
    let rows = sqlx::query(concat!(
        "-- child::of_transmission
        SELECT child_id, area, ",
        child_state!(""),
        ", version
        FROM child
        WHERE transmission_id = $1
        ORDER BY child_number"
    ))
    .bind(transmission.to_string())
    .fetch_all(executor)
    .await?;
    rows.iter().map(read).collect()
}

const OF_TRANSMISSIONS: ManyRows = ManyRows {
    head: concat!(
        "-- child::of_transmissions
        SELECT transmission_id, child_id, area, ",
        child_state!(""),
        ", version
        FROM child
        WHERE transmission_id IN (VALUES"
    ),
    columns: 1,
    tail: ")",
};

/// The children of these transmissions, in no promised order.
pub async fn of_transmissions(
    connection: &mut AnyConnection,
    transmissions: &[TransmissionId],
) -> Result<Vec<(TransmissionId, Child)>, StoreError> {
    let rows = OF_TRANSMISSIONS
        .fetch_all(connection, transmissions, |query, id| query.bind(id.to_string()))
        .await?;
    let read = |row| {
        Ok((
            Columns::keyed(row, "child", "child_id")?.parsed("transmission_id")?,
            read(row)?,
        ))
    };
    rows.iter().map(read).collect()
}

const SET_ALL_STORED: ManyRows = ManyRows {
    head: "-- child::set_all_stored
        WITH receipted (transmission_id, at) AS (VALUES",
    columns: 2,
    tail: ")
        UPDATE child
        SET stage = 'stored', stage_time = receipted.at, waiting = 1, version = version + 1,
            written_at = receipted.at, written_by = 'receipt_stored'
        FROM receipted
        WHERE child.transmission_id = receipted.transmission_id AND child.stage = 'queued'",
};

/// Moves every queued child of these transmissions to "stored": the move that the receipt "stored" proves. There must be
/// `children` of them in all.
pub async fn set_all_stored(
    connection: &mut AnyConnection,
    transmissions: &[TransmissionId],
    children: usize,
    at: Timestamp,
) -> Result<(), StoreError> {
    let touched = SET_ALL_STORED
        .execute(connection, transmissions, |statement, id| {
            statement.bind(id.to_string()).bind(at.as_microsecond())
        })
        .await?;
    exactly(touched, children)
}

/// A child's new state, to be written if its row is still the one that was read.
pub struct Moved<'a> {
    /// The transmission, by the id inside this service.
    pub transmission: &'a TransmissionId,
    /// The child as it was read.
    pub child: &'a Child,
    /// What it comes to.
    pub state: &'a ChildState,
    /// By which change.
    pub by: &'static str,
}

const SET_STATES: ManyRows = ManyRows {
    head: concat!(
        "-- child::set_states
        WITH moved (transmission_id, child_id, version, ",
        child_state!(""),
        ", waiting, at,
                    by) AS (VALUES"
    ),
    columns: 23,
    tail: ")
        UPDATE child
        SET stage = moved.stage, stage_time = moved.stage_time, opened = moved.opened, registered = moved.registered,
            assigned_role = moved.assigned_role, assigned_staff = moved.assigned_staff,
            assigned_time = moved.assigned_time, outcome = moved.outcome, reason = moved.reason,
            redirected_to = moved.redirected_to, confirmed_time = moved.confirmed_time,
            investigation_opened = moved.investigation_opened,
            investigation_ended_time = moved.investigation_ended_time, concluded_time = moved.concluded_time,
            conclusion = moved.conclusion, answered_time = moved.answered_time,
            prosecution_answer = moved.prosecution_answer,
            waiting = moved.waiting, version = moved.version + 1,
            written_at = moved.at, written_by = moved.by
        FROM moved
        WHERE child.transmission_id = moved.transmission_id AND child.child_id = moved.child_id
          AND child.version = moved.version",
};

/// Writes new states, and has the clocks of their transmissions looked at. No child may come twice.
pub async fn set_states(connection: &mut AnyConnection, moved: &[Moved<'_>], at: Timestamp) -> Result<(), StoreError> {
    let touched = SET_STATES
        .execute(&mut *connection, moved, |statement, moved| {
            let columns = ChildColumns::from(moved.state);
            statement
                .bind(moved.transmission.to_string())
                .bind(moved.child.id.to_string())
                .bind(moved.child.version)
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
                .bind(i64::from(matches!(moved.state, ChildState::Held { .. })))
                .bind(at.as_microsecond())
                .bind(moved.by)
        })
        .await?;
    exactly(touched, moved.len())?;
    deadlines::moved(connection, moved.iter().map(|moved| *moved.transmission), at).await
}

/// Keeps the case number of a child, sealed.
pub async fn set_case_number(
    connection: &mut AnyConnection,
    transmission: &TransmissionId,
    child: &ChildId,
    sealed: &[u8],
) -> Result<(), StoreError> {
    exactly_one(
        sqlx::query(
            "-- child::set_case_number
            UPDATE child
            SET case_number_sealed = $1
            WHERE transmission_id = $2 AND child_id = $3",
        )
        .bind(sealed)
        .bind(transmission.to_string())
        .bind(child.to_string())
        .execute(connection),
    )
    .await
}

/// Drops case numbers whose data key is lost: what does not open any more.
pub async fn forget_case_numbers(
    connection: &mut AnyConnection,
    transmission: &TransmissionId,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "-- child::forget_case_numbers
        UPDATE child
        SET case_number_sealed = NULL, version = version + 1, written_at = $1, written_by = 'restore_content'
        WHERE transmission_id = $2 AND case_number_sealed IS NOT NULL",
    )
    .bind(at.as_microsecond())
    .bind(transmission.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

/// What is said of a child: whether the service knew its case by another route.
pub type SaidKnown<'a> = (&'a TransmissionId, &'a ChildId, KnownToService);

const SET_KNOWN: ManyRows = ManyRows {
    head: "-- child::set_known_to_service
        WITH said (transmission_id, child_id, known_to_service) AS (VALUES",
    columns: 3,
    tail: ")
        UPDATE child
        SET known_to_service = said.known_to_service
        FROM said
        WHERE child.transmission_id = said.transmission_id AND child.child_id = said.child_id",
};

/// Keeps whether the service knew the cases of these children. No child may come twice.
pub async fn set_known_to_service(connection: &mut AnyConnection, said: &[SaidKnown<'_>]) -> Result<(), StoreError> {
    let touched = SET_KNOWN
        .execute(connection, said, |statement, (transmission, child, known)| {
            statement
                .bind(transmission.to_string())
                .bind(child.to_string())
                .bind(known.as_str())
        })
        .await?;
    exactly(touched, said.len())
}

/// Reads the columns that every query of this file selects for a child.
pub(super) fn read(row: &AnyRow) -> Result<Child, StoreError> {
    let columns = Columns::keyed(row, "child", "child_id")?;
    let flat = ChildColumns {
        stage: columns.text("stage")?,
        stage_time: columns.number("stage_time")?,
        opened: columns.number("opened")?,
        registered: columns.number("registered")?,
        assigned_role: columns.opt_text("assigned_role")?,
        assigned_staff: columns.opt_text("assigned_staff")?,
        assigned_time: columns.opt_number("assigned_time")?,
        outcome: columns.opt_text("outcome")?,
        reason: columns.opt_text("reason")?,
        redirected_to: columns.opt_text("redirected_to")?,
        feedback: read_feedback(&columns)?,
    };
    Ok(Child {
        id: columns.parsed("child_id")?,
        area: columns.text("area")?,
        state: ChildState::try_from(flat).map_err(|found| columns.corrupt(column_of(found)))?,
        version: columns.number("version")?,
    })
}

/// The columns of what was told.
pub(super) fn read_feedback(columns: &Columns<'_>) -> Result<FeedbackColumns, StoreError> {
    Ok(FeedbackColumns {
        confirmed_time: columns.opt_number("confirmed_time")?,
        investigation_opened: columns.opt_number("investigation_opened")?,
        investigation_ended_time: columns.opt_number("investigation_ended_time")?,
        concluded_time: columns.opt_number("concluded_time")?,
        conclusion: columns.opt_text("conclusion")?,
        answered_time: columns.opt_number("answered_time")?,
        prosecution_answer: columns.opt_text("prosecution_answer")?,
    })
}

pub(super) fn column_of(found: InvalidColumns) -> &'static str {
    match found {
        InvalidColumns::Missing(column) | InvalidColumns::Unexpected(column) | InvalidColumns::Invalid(column) => {
            column
        }
    }
}
