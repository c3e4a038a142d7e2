//! The work list: transmissions in the order in which they want to be seen, with their children, by pages.

use framme_shared::{
    child_state,
    db::StoreError,
    domain::{
        ids::{ReportId, TransmissionId},
        organisation::OrganisationNumber,
        report::{ReportType, Urgency},
        staff_id::StaffId,
    },
};
use jiff::Timestamp;
use sqlx::{AnyPool, any::AnyRow};

use super::{
    child,
    child::Child,
    columns::{Columns, report_type, urgency},
    linked::{self, Linked},
};

/// Where a page begins: after this entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// 0 acute, 1 urgent, 2 normal.
    pub urgency_rank: i64,
    /// When the sender answered the submission with success, in microseconds.
    pub submitted_at: i64,
    /// The transmission.
    pub transmission: String,
}

impl Position {
    /// Before the first entry.
    #[must_use]
    pub const fn start() -> Self {
        Self {
            urgency_rank: -1,
            submitted_at: 0,
            transmission: String::new(),
        }
    }
}

/// Whose list it is.
#[derive(Debug, Clone)]
pub enum Scope {
    /// Everything.
    Everything,
    /// Children of these areas (stored form), and those that this person has as caseworker.
    Served {
        /// As [`Areas::stored`](crate::staff::Areas::stored).
        areas: String,
        /// The person.
        staff: StaffId,
    },
    /// Only children that this person has as caseworker.
    Own(StaffId),
}

/// An entry of the list.
#[derive(Debug)]
pub struct Entry {
    /// The transmission, by the id inside this service.
    pub transmission: TransmissionId,
    /// The report that it is part of.
    pub report: ReportId,
    /// Who sent it.
    pub sender: OrganisationNumber,
    /// Its type.
    pub report_type: ReportType,
    /// Its urgency.
    pub urgency: Urgency,
    /// When the sender answered the submission with success.
    pub submitted_at: Timestamp,
    /// When it was stored here.
    pub stored_at: Timestamp,
    /// How many attachments it has.
    pub attachment_count: u64,
    /// Whether it is a drill.
    pub drill: bool,
    /// Its children, in order of their numbers.
    pub children: Vec<Child>,
    /// The report that its report follows up or corrects.
    pub follows_up: Option<ReportId>,
    /// Whether it went elsewhere before and was sent on.
    pub is_sent_on: bool,
    /// What this sender sent of that report.
    pub earlier: Vec<Linked>,
    /// What this sender sent of reports that follow its report up.
    pub later: Vec<Linked>,
}

impl Entry {
    /// Where this entry stands in the list.
    #[must_use]
    pub fn position(&self) -> Position {
        Position {
            urgency_rank: self.urgency.rank(),
            submitted_at: self.submitted_at.as_microsecond(),
            transmission: self.transmission.to_string(),
        }
    }
}

/// At most `limit` entries after `position` with all their children, also those that the scope does not reach.
pub async fn page(
    reader: &AnyPool,
    scope: &Scope,
    waiting_only: bool,
    position: &Position,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    let rows = match (scope, waiting_only) {
        (Scope::Own(staff), _) => own(reader, staff, waiting_only, position, limit).await?,
        (Scope::Everything, true) => waiting(reader, "*", position, limit).await?,
        (Scope::Served { areas, .. }, true) => waiting(reader, areas, position, limit).await?,
        (Scope::Everything, false) => every(reader, "*", "", position, limit).await?,
        (Scope::Served { areas, staff }, false) => every(reader, areas, staff.as_str(), position, limit).await?,
    };
    let mut entries = grouped(&rows)?;
    linked::add(reader, &mut entries).await?;
    Ok(entries)
}

/// The entry of one transmission; `None` when there is none with a receipt.
pub async fn entry(reader: &AnyPool, transmission: &TransmissionId) -> Result<Option<Entry>, StoreError> {
    let rows = sqlx::query(concat!(
        "-- work_list::entry
        SELECT t.transmission_id, t.report_id, t.sender, t.report_type, t.urgency_rank, t.submitted_at, t.stored_at,
               t.attachment_count, t.follows_up, t.redirected_from, t.drill,
               c.child_id, c.area, ",
        child_state!("c."),
        ", c.version
        FROM transmission t
        JOIN child c ON c.transmission_id = t.transmission_id
        WHERE t.transmission_id = $1 AND t.stored_receipt_sequence IS NOT NULL
        ORDER BY c.child_number"
    ))
    .bind(transmission.to_string())
    .fetch_all(reader)
    .await?;
    let mut entries = grouped(&rows)?;
    linked::add(reader, &mut entries).await?;
    Ok(entries.pop())
}

/// Entries with a child that waits in one of the areas.
async fn waiting(reader: &AnyPool, areas: &str, position: &Position, limit: u32) -> Result<Vec<AnyRow>, StoreError> {
    let rows = sqlx::query(concat!(
        "-- work_list::waiting
        WITH page AS (
            SELECT DISTINCT urgency_rank, submitted_at, transmission_id
            FROM child
            WHERE waiting = 1
              AND (urgency_rank, submitted_at, transmission_id) > ($1, $2, $3)
              AND ($4 = '*' OR $4 LIKE '%,' || area || ',%' OR $4 LIKE '%,' || substr(area, 1, 4) || ',%'
                   OR (area LIKE '*%' AND $4 <> ','))
            ORDER BY urgency_rank, submitted_at, transmission_id
            LIMIT $5
        )
        SELECT t.transmission_id, t.report_id, t.sender, t.report_type, t.urgency_rank, t.submitted_at, t.stored_at,
               t.attachment_count, t.follows_up, t.redirected_from, t.drill,
               c.child_id, c.area, ",
        child_state!("c."),
        ", c.version
        FROM page p
        JOIN transmission t ON t.transmission_id = p.transmission_id
        JOIN child c ON c.transmission_id = t.transmission_id
        ORDER BY p.urgency_rank, p.submitted_at, p.transmission_id, c.child_number"
    ))
    .bind(position.urgency_rank)
    .bind(position.submitted_at)
    .bind(position.transmission.as_str())
    .bind(areas)
    .bind(i64::from(limit))
    .fetch_all(reader)
    .await?;
    Ok(rows)
}

/// Entries with a child of the areas or of the caseworker, waiting or not.
async fn every(
    reader: &AnyPool,
    areas: &str,
    staff: &str,
    position: &Position,
    limit: u32,
) -> Result<Vec<AnyRow>, StoreError> {
    let rows = sqlx::query(concat!(
        "-- work_list::every
        WITH page AS (
            SELECT DISTINCT urgency_rank, submitted_at, transmission_id
            FROM child
            WHERE stage <> 'queued'
              AND (urgency_rank, submitted_at, transmission_id) > ($1, $2, $3)
              AND ($4 = '*' OR $4 LIKE '%,' || area || ',%' OR $4 LIKE '%,' || substr(area, 1, 4) || ',%'
                   OR (area LIKE '*%' AND $4 <> ',') OR assigned_staff = $5)
            ORDER BY urgency_rank, submitted_at, transmission_id
            LIMIT $6
        )
        SELECT t.transmission_id, t.report_id, t.sender, t.report_type, t.urgency_rank, t.submitted_at, t.stored_at,
               t.attachment_count, t.follows_up, t.redirected_from, t.drill,
               c.child_id, c.area, ",
        child_state!("c."),
        ", c.version
        FROM page p
        JOIN transmission t ON t.transmission_id = p.transmission_id
        JOIN child c ON c.transmission_id = t.transmission_id
        ORDER BY p.urgency_rank, p.submitted_at, p.transmission_id, c.child_number"
    ))
    .bind(position.urgency_rank)
    .bind(position.submitted_at)
    .bind(position.transmission.as_str())
    .bind(areas)
    .bind(staff)
    .bind(i64::from(limit))
    .fetch_all(reader)
    .await?;
    Ok(rows)
}

/// Entries with a child of this caseworker.
async fn own(
    reader: &AnyPool,
    staff: &StaffId,
    waiting_only: bool,
    position: &Position,
    limit: u32,
) -> Result<Vec<AnyRow>, StoreError> {
    let rows = sqlx::query(concat!(
        "-- work_list::own
        WITH page AS (
            SELECT DISTINCT urgency_rank, submitted_at, transmission_id
            FROM child c
            WHERE assigned_staff = $4
              AND (urgency_rank, submitted_at, transmission_id) > ($1, $2, $3)
              AND ($5 = 0 OR EXISTS (SELECT 1 FROM child w
                                     WHERE w.transmission_id = c.transmission_id AND w.waiting = 1))
            ORDER BY urgency_rank, submitted_at, transmission_id
            LIMIT $6
        )
        SELECT t.transmission_id, t.report_id, t.sender, t.report_type, t.urgency_rank, t.submitted_at, t.stored_at,
               t.attachment_count, t.follows_up, t.redirected_from, t.drill,
               c.child_id, c.area, ",
        child_state!("c."),
        ", c.version
        FROM page p
        JOIN transmission t ON t.transmission_id = p.transmission_id
        JOIN child c ON c.transmission_id = t.transmission_id
        ORDER BY p.urgency_rank, p.submitted_at, p.transmission_id, c.child_number"
    ))
    .bind(position.urgency_rank)
    .bind(position.submitted_at)
    .bind(position.transmission.as_str())
    .bind(staff.as_str())
    .bind(i64::from(waiting_only))
    .bind(i64::from(limit))
    .fetch_all(reader)
    .await?;
    Ok(rows)
}

/// Rows with one child each become entries with their children; the rows of an entry follow one another.
fn grouped(rows: &[AnyRow]) -> Result<Vec<Entry>, StoreError> {
    let mut entries: Vec<Entry> = Vec::new();
    for row in rows {
        let columns = Columns::keyed(row, "transmission", "transmission_id")?;
        let child = child::read(row)?;
        match entries.last_mut() {
            Some(last) if last.transmission.to_string() == columns.key() => last.children.push(child),
            _ => entries.push(Entry {
                transmission: columns.parsed("transmission_id")?,
                report: columns.parsed("report_id")?,
                sender: columns.parsed("sender")?,
                report_type: report_type(&columns)?,
                urgency: urgency(&columns)?,
                submitted_at: columns.time("submitted_at")?,
                stored_at: columns.time("stored_at")?,
                attachment_count: columns.count("attachment_count")?,
                drill: columns.flag("drill")?,
                children: vec![child],
                follows_up: columns.opt_parsed("follows_up")?,
                is_sent_on: columns.opt_text("redirected_from")?.is_some(),
                earlier: Vec::new(),
                later: Vec::new(),
            }),
        }
    }
    Ok(entries)
}
