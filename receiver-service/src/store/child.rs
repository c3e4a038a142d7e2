//! Table `child`: how far each child of a transmission has come.

use framme_shared::{
    db::{StoreError, exactly_one, rows::ManyRows},
    domain::{
        digest::Digest,
        ids::{ChildId, ReportId, RequestId, TransmissionId},
        lifecycle::{ChildColumns, ChildState, InvalidColumns, Stage},
        organisation::OrganisationNumber,
        receipt::ChainHead,
        staff_id::StaffId,
    },
};
use jiff::Timestamp;
use sqlx::{Any, AnyConnection, Executor, any::AnyRow};

use super::{
    columns::{Columns, stored},
    request::Answered,
    staff::access_of,
};
use crate::staff::Access;

/// A child that is about to be stored.
#[derive(Debug, Clone)]
pub struct NewChild {
    /// The child.
    pub id: ChildId,
    /// Its place in the content, from 0.
    pub number: u64,
    /// Municipality number, with a city district as `0301/05`.
    pub area: String,
}

/// A child with its state.
#[derive(Debug, Clone)]
pub struct Child {
    /// The child.
    pub id: ChildId,
    /// Municipality number, with a city district as `0301/05`.
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
             registered, waiting, version, written_at, written_by) VALUES",
    columns: 14,
    tail: "",
};

/// Stores the children of a transmission, in the state that they have before its receipt.
pub async fn insert(
    connection: &mut AnyConnection,
    transmission: &TransmissionId,
    children: &[NewChild],
    urgency_rank: i64,
    submitted_at: Timestamp,
    at: Timestamp,
) -> Result<(), StoreError> {
    INSERT
        .execute(connection, children, |statement, child| {
            statement
                .bind(transmission.to_string())
                .bind(child.id.to_string())
                .bind(stored(child.number))
                .bind(child.area.as_str())
                .bind(urgency_rank)
                .bind(submitted_at.as_microsecond())
                .bind(Stage::Queued.as_str())
                .bind(at.as_microsecond())
                .bind(0_i64)
                .bind(0_i64)
                .bind(0_i64)
                .bind(1_i64)
                .bind(at.as_microsecond())
                .bind("store_transmission")
        })
        .await?;
    Ok(())
}

/// The children of a transmission, in order of their numbers.
pub async fn of_transmission<'e>(
    executor: impl Executor<'e, Database = Any>,
    transmission: &TransmissionId,
) -> Result<Vec<Child>, StoreError> {
    let rows = sqlx::query(
        "-- child::of_transmission
        SELECT child_id, area, stage, stage_time, opened, registered, assigned_role, assigned_staff, assigned_time,
               outcome, reason, redirected_to, version
        FROM child
        WHERE transmission_id = $1
        ORDER BY child_number",
    )
    .bind(transmission.to_string())
    .fetch_all(executor)
    .await?;
    rows.iter().map(read).collect()
}

/// Moves every queued child of a transmission to "stored" in one statement: the move that the receipt "stored"
/// proves.
pub async fn set_all_stored(
    connection: &mut AnyConnection,
    transmission: &TransmissionId,
    children: u64,
    at: Timestamp,
) -> Result<(), StoreError> {
    framme_shared::db::rows::exactly(
        children,
        sqlx::query(
            "-- child::set_all_stored
            UPDATE child
            SET stage = 'stored', stage_time = $1, waiting = 1, version = version + 1, written_at = $1,
                written_by = 'receipt_stored'
            WHERE transmission_id = $2 AND stage = 'queued'",
        )
        .bind(at.as_microsecond())
        .bind(transmission.to_string())
        .execute(connection),
    )
    .await
}

/// Writes a child's new state, if its row is still the one that was read.
pub async fn set_state(
    connection: &mut AnyConnection,
    transmission: &TransmissionId,
    child: &Child,
    state: &ChildState,
    by: &'static str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let columns = ChildColumns::from(state);
    let is_waiting = matches!(state, ChildState::Held { .. });
    exactly_one(
        sqlx::query(
            "-- child::set_state
            UPDATE child
            SET stage = $1, stage_time = $2, opened = $3, registered = $4, assigned_role = $5, assigned_staff = $6,
                assigned_time = $7, outcome = $8, reason = $9, redirected_to = $10, waiting = $11,
                version = version + 1, written_at = $12, written_by = $13
            WHERE transmission_id = $14 AND child_id = $15 AND version = $16",
        )
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
        .bind(i64::from(is_waiting))
        .bind(at.as_microsecond())
        .bind(by)
        .bind(transmission.to_string())
        .bind(child.id.to_string())
        .bind(child.version)
        .execute(connection),
    )
    .await
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

/// Everything that a change of one child must know, read in one statement.
#[derive(Debug)]
pub struct ForChange {
    /// The child.
    pub child: Child,
    /// Who sent it.
    pub sender: OrganisationNumber,
    /// The transmission's id as the sender gave it.
    pub sent_id: TransmissionId,
    /// The report that it is part of.
    pub report: ReportId,
    /// SHA-256 of the transmission's content as it arrived.
    pub content_sha256: Digest,
    /// The end of the sender's chain of receipts.
    pub head: ChainHead,
    /// The first answer to this request, if it came before.
    pub answered: Option<Answered>,
    /// The person in whose name the change is made.
    pub actor: Option<Access>,
    /// The person whom the child is given to, when it is an assignment.
    pub caseworker: Option<Access>,
}

/// Loads what a change of one child must know; `None` when there is no such child with a receipt.
pub async fn for_change(
    connection: &mut AnyConnection,
    transmission: &TransmissionId,
    child: &ChildId,
    caller: &str,
    request: &RequestId,
    actor: &StaffId,
    caseworker: Option<&StaffId>,
) -> Result<Option<ForChange>, StoreError> {
    let row = sqlx::query(
        "-- child::for_change
        SELECT c.child_id, c.area, c.stage, c.stage_time, c.opened, c.registered, c.assigned_role, c.assigned_staff,
               c.assigned_time, c.outcome, c.reason, c.redirected_to, c.version,
               t.sender, t.sent_id, t.report_id, t.content_sha256,
               p.last_receipt_sequence, p.last_receipt_sha256,
               r.method, r.fingerprint, r.answer, r.wrapped_key,
               a.staff_id AS actor_staff_id, a.roles AS actor_roles, a.areas AS actor_areas,
               a.active AS actor_active,
               w.staff_id AS caseworker_staff_id, w.roles AS caseworker_roles, w.areas AS caseworker_areas,
               w.active AS caseworker_active
        FROM child c
        JOIN transmission t ON t.transmission_id = c.transmission_id
        JOIN peer p ON p.organisation = t.sender
        LEFT JOIN request r ON r.caller = $3 AND r.request_id = $4
        LEFT JOIN staff a ON a.staff_id = $5
        LEFT JOIN staff w ON w.staff_id = $6
        WHERE c.transmission_id = $1 AND c.child_id = $2 AND t.stored_receipt_sequence IS NOT NULL",
    )
    .bind(transmission.to_string())
    .bind(child.to_string())
    .bind(caller)
    .bind(request.to_string())
    .bind(actor.as_str())
    .bind(caseworker.map(|staff| staff.to_string()))
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        let columns = Columns::of(&row, "transmission", transmission.to_string());
        Ok(ForChange {
            child: read(&row)?,
            sender: columns.parsed("sender")?,
            sent_id: columns.parsed("sent_id")?,
            report: columns.parsed("report_id")?,
            content_sha256: columns.digest("content_sha256")?,
            head: columns.head("last_receipt_sequence", "last_receipt_sha256")?,
            answered: Answered::joined(&row, request)?,
            actor: access_of(&row, ["actor_staff_id", "actor_roles", "actor_areas", "actor_active"])?,
            caseworker: access_of(
                &row,
                [
                    "caseworker_staff_id",
                    "caseworker_roles",
                    "caseworker_areas",
                    "caseworker_active",
                ],
            )?,
        })
    })
    .transpose()
}

/// A child that somebody has, with what its receipts need.
#[derive(Debug)]
pub struct LiveAssignment {
    /// The transmission, by the id inside this service.
    pub transmission: TransmissionId,
    /// Its id as the sender gave it.
    pub sent_id: TransmissionId,
    /// The report that it is part of.
    pub report: ReportId,
    /// Who sent it.
    pub sender: OrganisationNumber,
    /// The child.
    pub child: Child,
}

/// The children that somebody has as caseworker, by sender and transmission.
pub async fn assigned_to(connection: &mut AnyConnection, staff: &StaffId) -> Result<Vec<LiveAssignment>, StoreError> {
    let rows = sqlx::query(
        "-- child::assigned_to
        SELECT c.transmission_id, c.child_id, c.area, c.stage, c.stage_time, c.opened, c.registered, c.assigned_role,
               c.assigned_staff, c.assigned_time, c.outcome, c.reason, c.redirected_to, c.version,
               t.sender, t.sent_id, t.report_id
        FROM child c
        JOIN transmission t ON t.transmission_id = c.transmission_id
        WHERE c.assigned_staff = $1
        ORDER BY t.sender, c.transmission_id, c.child_number",
    )
    .bind(staff.as_str())
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let columns = Columns::keyed(row, "transmission", "transmission_id")?;
            Ok(LiveAssignment {
                transmission: columns.parsed("transmission_id")?,
                sent_id: columns.parsed("sent_id")?,
                report: columns.parsed("report_id")?,
                sender: columns.parsed("sender")?,
                child: read(row)?,
            })
        })
        .collect()
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
    };
    Ok(Child {
        id: columns.parsed("child_id")?,
        area: columns.text("area")?,
        state: ChildState::try_from(flat).map_err(|found| columns.corrupt(column_of(found)))?,
        version: columns.number("version")?,
    })
}

fn column_of(found: InvalidColumns) -> &'static str {
    match found {
        InvalidColumns::Missing(column) | InvalidColumns::Unexpected(column) | InvalidColumns::Invalid(column) => {
            column
        }
    }
}
