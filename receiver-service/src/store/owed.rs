//! What this service owes about children that it has, and what it told that the sender has not confirmed.

use framme_shared::{
    db::StoreError,
    domain::{
        ids::{ChildId, ReportId, TransmissionId},
        lifecycle::{Duty, Terms},
        organisation::OrganisationNumber,
        report::Urgency,
        staff_id::StaffId,
    },
};
use jiff::{SignedDuration, Timestamp};
use sqlx::{AnyPool, any::AnyRow};

use super::{
    columns::{Columns, urgency},
    work_list::Scope,
};

/// Something that is owed about a child, or told and not confirmed.
#[derive(Debug, Clone)]
pub struct Owed {
    /// The transmission, by the id inside this service.
    pub transmission: TransmissionId,
    /// The report that it is part of.
    pub report: ReportId,
    /// Who sent it.
    pub sender: OrganisationNumber,
    /// The urgency of the report.
    pub urgency: Urgency,
    /// The child.
    pub child: ChildId,
    /// Municipality number, with a city district as `0301/05`.
    pub area: String,
    /// Who has the child.
    pub caseworker: Option<StaffId>,
    /// What is owed.
    pub duty: Duty,
    /// Whether it is told, and the sender has not confirmed the receipt that tells it.
    pub is_told: bool,
    /// Until when it is owed; when it was told, where it is told.
    pub due: Timestamp,
    /// Where it stands in the list.
    pub position: Position,
}

/// Where a page begins: after this entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Until when, in microseconds.
    pub due: i64,
    /// Tells entries apart that are due at the same time.
    pub key: String,
}

impl Position {
    /// Before the first entry.
    #[must_use]
    pub const fn start() -> Self {
        Self {
            due: i64::MIN,
            key: String::new(),
        }
    }
}

/// At most `limit` entries after `position` that are due before `before`, soonest or longest overdue first. What is owed, and
/// until when, is what [`framme_shared::domain::lifecycle::owed`] says: a test compares them.
pub async fn page(
    reader: &AnyPool,
    scope: &Scope,
    terms: &Terms,
    before: Timestamp,
    position: &Position,
    limit: u32,
) -> Result<Vec<Owed>, StoreError> {
    let (areas, staff) = match scope {
        Scope::Everything => ("*", ""),
        Scope::Served { areas, staff } => (areas.as_str(), staff.as_str()),
        Scope::Own(staff) => ("", staff.as_str()),
    };
    let rows = sqlx::query(
        "-- owed::page
        WITH duty (duty) AS (VALUES ('review'), ('confirmation'), ('outcome'), ('prosecution_answer')),
        due (transmission_id, child_id, duty, state, due) AS (
            SELECT c.transmission_id, c.child_id, duty.duty, 'owed',
                   CASE duty.duty
                       WHEN 'review' THEN
                           CASE WHEN c.stage <> 'assessed' THEN t.stored_at + $1 END
                       WHEN 'confirmation' THEN
                           CASE WHEN c.confirmed_time IS NULL AND t.report_type <> 'prosecution_transfer'
                                THEN t.stored_at + $2 END
                       WHEN 'outcome' THEN
                           CASE WHEN c.investigation_opened = 1 AND c.concluded_time IS NULL
                                THEN COALESCE(c.investigation_ended_time, c.confirmed_time + $3) + $4 END
                       ELSE
                           CASE WHEN c.answered_time IS NULL AND t.report_type = 'prosecution_transfer'
                                THEN t.stored_at + $5 END
                   END
            FROM child c
            JOIN transmission t ON t.transmission_id = c.transmission_id
            CROSS JOIN duty
            WHERE c.stage IN ('stored', 'opened', 'registered', 'assigned', 'assessed') AND t.drill = 0
            UNION ALL
            SELECT r.transmission_id, r.child_id,
                   CASE r.feedback WHEN 'confirmed' THEN 'confirmation'
                                   WHEN 'concluded' THEN 'outcome'
                                   ELSE 'prosecution_answer' END,
                   'told', MAX(r.made_at)
            FROM receipt r
            JOIN peer p ON p.organisation = r.sender
            WHERE r.feedback IS NOT NULL AND r.feedback <> 'investigation_ended'
              AND r.sequence > p.confirmed_sequence
            GROUP BY r.transmission_id, r.child_id, r.feedback
        )
        SELECT d.transmission_id, d.child_id, d.duty, d.state, d.due,
               d.transmission_id || '/' || d.child_id || '/' || d.duty || '/' || d.state AS key,
               t.report_id, t.sender, t.urgency_rank, c.area, c.assigned_staff
        FROM due d
        JOIN transmission t ON t.transmission_id = d.transmission_id
        JOIN child c ON c.transmission_id = d.transmission_id AND c.child_id = d.child_id
        WHERE d.due < $6
          AND (d.due > $7 OR (d.due = $7
               AND d.transmission_id || '/' || d.child_id || '/' || d.duty || '/' || d.state > $8))
          AND ($9 = '*' OR $9 LIKE '%,' || c.area || ',%' OR $9 LIKE '%,' || substr(c.area, 1, 4) || ',%'
               OR (c.area LIKE '*%' AND $9 <> ',')
               OR c.assigned_staff = $10)
        ORDER BY d.due, key
        LIMIT $11",
    )
    .bind(microseconds(terms.review))
    .bind(microseconds(terms.confirmation))
    .bind(microseconds(terms.investigation))
    .bind(microseconds(terms.outcome))
    .bind(microseconds(terms.prosecution_answer))
    .bind(before.as_microsecond())
    .bind(position.due)
    .bind(position.key.as_str())
    .bind(areas)
    .bind(staff)
    .bind(i64::from(limit))
    .fetch_all(reader)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<Owed, StoreError> {
    let columns = Columns::keyed(row, "child", "key")?;
    Ok(Owed {
        transmission: columns.parsed("transmission_id")?,
        report: columns.parsed("report_id")?,
        sender: columns.parsed("sender")?,
        urgency: urgency(&columns)?,
        child: columns.parsed("child_id")?,
        area: columns.text("area")?,
        caseworker: columns.opt_parsed("assigned_staff")?,
        duty: columns.parsed("duty")?,
        is_told: columns.text("state")? == "told",
        due: columns.time("due")?,
        position: Position {
            due: columns.number("due")?,
            key: columns.text("key")?,
        },
    })
}

/// Terms are weeks and months: far below the limit.
fn microseconds(term: SignedDuration) -> i64 {
    i64::try_from(term.as_micros()).unwrap_or(i64::MAX)
}
