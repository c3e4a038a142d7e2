//! What receivers owe about children that they have, as far as the receipts stored here say.

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

use super::columns::Reader;

/// Something that a receiver owes about a child.
#[derive(Debug, Clone)]
pub struct Owed {
    /// The report.
    pub report: ReportId,
    /// The transmission that carries the child.
    pub transmission: TransmissionId,
    /// The child.
    pub child: ChildId,
    /// Who owes it.
    pub receiver: OrganisationNumber,
    /// The police district that reported.
    pub police_district: String,
    /// The urgency of the report.
    pub urgency: Urgency,
    /// Municipality number.
    pub municipality: String,
    /// City district, where there is one.
    pub city_district: Option<String>,
    /// Who has the child there.
    pub caseworker: Option<StaffId>,
    /// What is owed.
    pub duty: Duty,
    /// Until when.
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
    pool: &AnyPool,
    terms: &Terms,
    before: Timestamp,
    position: &Position,
    limit: u32,
) -> Result<Vec<Owed>, StoreError> {
    let rows = sqlx::query(
        "-- owed::page
WITH duty (duty) AS (VALUES ('review'), ('confirmation'), ('outcome'), ('prosecution_answer')),
due (report_id, child_id, transmission_id, duty, due) AS (
    SELECT c.report_id, c.child_id, c.transmission_id, duty.duty,
        CASE duty.duty
            WHEN 'review' THEN
                CASE WHEN c.stage <> 'assessed' THEN COALESCE(t.received_at, t.submitted_at) + $1 END
            WHEN 'confirmation' THEN
                CASE WHEN c.confirmed_time IS NULL AND report.report_type <> 'prosecution_transfer'
                    THEN COALESCE(t.received_at, t.submitted_at) + $2 END
            WHEN 'outcome' THEN
                CASE WHEN c.investigation_opened = 1 AND c.concluded_time IS NULL
                    THEN COALESCE(c.investigation_ended_time, c.confirmed_time + $3) + $4 END
            ELSE
                CASE WHEN c.answered_time IS NULL AND report.report_type = 'prosecution_transfer'
                    THEN COALESCE(t.received_at, t.submitted_at) + $5 END
        END
    FROM child AS c
    JOIN transmission AS t ON t.transmission_id = c.transmission_id
    JOIN report ON report.report_id = c.report_id
    CROSS JOIN duty
    WHERE c.stage IN ('stored', 'opened', 'registered', 'assigned', 'assessed') AND c.moved_to IS NULL
        AND report.drill = 0)
SELECT due.report_id, due.child_id, due.duty, due.due,
    due.report_id || '/' || due.child_id || '/' || due.duty AS key,
    c.transmission_id, c.municipality, c.city_district, c.assigned_staff, t.receiver, report.police_district,
    report.urgency
FROM due
JOIN child AS c ON c.report_id = due.report_id AND c.child_id = due.child_id AND c.transmission_id = due.transmission_id
JOIN transmission AS t ON t.transmission_id = c.transmission_id
JOIN report ON report.report_id = due.report_id
WHERE due.due < $6
    AND (due.due > $7 OR (due.due = $7 AND due.report_id || '/' || due.child_id || '/' || due.duty > $8))
ORDER BY due.due, key
LIMIT $9",
    )
    .bind(microseconds(terms.review))
    .bind(microseconds(terms.confirmation))
    .bind(microseconds(terms.investigation))
    .bind(microseconds(terms.outcome))
    .bind(microseconds(terms.prosecution_answer))
    .bind(before.as_microsecond())
    .bind(position.due)
    .bind(position.key.clone())
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<Owed, StoreError> {
    let reader = Reader::new(row, "child", "key");
    Ok(Owed {
        report: reader.parsed("report_id")?,
        transmission: reader.parsed("transmission_id")?,
        child: reader.parsed("child_id")?,
        receiver: reader.parsed("receiver")?,
        police_district: reader.text("police_district")?,
        urgency: reader.word("urgency", Urgency::parse)?,
        municipality: reader.text("municipality")?,
        city_district: reader.text_or_null("city_district")?,
        caseworker: reader.parsed_or_null("assigned_staff")?,
        duty: reader.word("duty", Duty::parse)?,
        due: reader.time("due")?,
        position: Position {
            due: reader.number("due")?,
            key: reader.text("key")?,
        },
    })
}

/// Terms are weeks and months: far below the limit.
fn microseconds(term: SignedDuration) -> i64 {
    i64::try_from(term.as_micros()).unwrap_or(i64::MAX)
}
