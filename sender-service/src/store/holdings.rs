//! What one receiver has confirmed to hold: entries in the order of numbers, and what lies behind a number.

use framme_shared::{
    db::{StoreError, rows::ManyRows},
    domain::{
        digest::Digest,
        ids::{ReportId, TransmissionId},
        lifecycle::FeedbackGiven,
        organisation::OrganisationNumber,
        reconciliation::{ChildFact, Entry, Period},
    },
};
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool, any::AnyRow};

use super::{child, columns::Reader};

/// Entries of the transmissions with numbers from `first` to `last`, in the order of numbers: at most `limit`
/// transmissions, of this period, and only those that are handed over.
pub async fn entries(
    pool: &AnyPool,
    receiver: &OrganisationNumber,
    period: &Period,
    (first, last): (u64, u64),
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    let (from, until) = period.bounds();
    let rows = sqlx::query(
        "-- holdings::entries
SELECT t.transmission_id, t.sequence, t.report_id, t.content_sha256, c.child_id, c.stage, c.assigned_staff, c.outcome,
    c.reason, c.redirected_to, c.confirmed_time, c.investigation_opened, c.investigation_ended_time,
    c.concluded_time, c.conclusion, c.answered_time, c.prosecution_answer
FROM (
    SELECT transmission_id, sequence, report_id, content_sha256
    FROM transmission
    WHERE receiver = $1 AND sequence >= $2 AND sequence <= $3 AND submitted_at >= $4 AND submitted_at < $5
        AND delivery_state = 'handed_over'
    ORDER BY sequence
    LIMIT $6) AS t
LEFT JOIN child AS c ON c.report_id = t.report_id AND c.transmission_id = t.transmission_id
ORDER BY t.sequence",
    )
    .bind(receiver.to_string())
    .bind(first as i64)
    .bind(last as i64)
    .bind(from)
    .bind(until)
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    let mut entries: Vec<Entry> = Vec::new();
    for row in &rows {
        let reader = Reader::new(row, "transmission", "transmission_id");
        let sequence = reader.count("sequence")?;
        if entries.last().is_none_or(|entry| entry.sequence != sequence) {
            entries.push(Entry {
                sequence,
                transmission: reader.parsed("transmission_id")?,
                report: reader.parsed("report_id")?,
                content_sha256: reader.digest("content_sha256")?,
                children: Vec::new(),
            });
        }
        if let (Some(entry), Some(child)) = (entries.last_mut(), fact(row)?) {
            entry.children.push(child);
        }
    }
    for entry in &mut entries {
        entry.children.sort_unstable();
    }
    Ok(entries)
}

/// `None` for a transmission whose children are gone.
fn fact(row: &AnyRow) -> Result<Option<ChildFact>, StoreError> {
    let reader = Reader::new(row, "child", "child_id");
    let Some(child) = reader.parsed_or_null("child_id")? else {
        return Ok(None);
    };
    let mut detail = reader.text_or_null("outcome")?;
    for column in ["reason", "redirected_to"] {
        detail = match detail {
            None => reader.text_or_null(column)?,
            there => there,
        };
    }
    let told = FeedbackGiven::try_from(child::read_feedback(&reader)?);
    let told = told.map_err(|error| reader.corrupt(child::column_of(error)))?;
    Ok(Some(ChildFact {
        child,
        stage: reader.text("stage")?,
        caseworker: reader.text_or_null("assigned_staff")?.unwrap_or_default(),
        detail: ChildFact::detail(&detail.unwrap_or_default(), &told),
    }))
}

/// What lies behind a number of the pair.
#[derive(Debug, Clone)]
pub struct Numbered {
    /// The number.
    pub sequence: u64,
    /// The transmission.
    pub transmission: TransmissionId,
    /// The report that it is part of.
    pub report: ReportId,
    /// SHA-256 of its content.
    pub content_sha256: Digest,
    /// Whether it is not known to be stored at the receiver.
    pub waiting: bool,
    /// When anything of it was last written.
    pub written_at: Timestamp,
}

const NUMBERED: ManyRows = ManyRows {
    head: "-- holdings::numbered
WITH wanted (sequence, receiver) AS (VALUES",
    columns: 2,
    tail: ")
SELECT t.sequence, t.transmission_id, t.report_id, t.content_sha256, t.delivery_state, t.written_at
FROM wanted
JOIN transmission AS t ON t.receiver = wanted.receiver AND t.sequence = wanted.sequence",
};

/// What lies behind these numbers; those that were never given are left out. In no promised order.
pub async fn numbered(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
    numbers: &[u64],
) -> Result<Vec<Numbered>, StoreError> {
    let rows = NUMBERED
        .fetch_all(conn, numbers, |query, number| {
            query.bind(*number as i64).bind(receiver.to_string())
        })
        .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "transmission", "transmission_id");
            Ok(Numbered {
                sequence: reader.count("sequence")?,
                transmission: reader.parsed("transmission_id")?,
                report: reader.parsed("report_id")?,
                content_sha256: reader.digest("content_sha256")?,
                waiting: reader.text("delivery_state")? == "waiting",
                written_at: reader.time("written_at")?,
            })
        })
        .collect()
}

/// Transmissions with these numbers that are handed over, in order, at most `limit`: the numbers from `first` to `last`.
pub async fn handed_over_between(
    pool: &AnyPool,
    receiver: &OrganisationNumber,
    (first, last): (u64, u64),
    limit: u32,
) -> Result<Vec<u64>, StoreError> {
    let rows = sqlx::query(
        "-- holdings::handed_over_between
SELECT transmission_id, sequence
FROM transmission
WHERE receiver = $1 AND sequence >= $2 AND sequence <= $3 AND delivery_state = 'handed_over'
ORDER BY sequence
LIMIT $4",
    )
    .bind(receiver.to_string())
    .bind(first as i64)
    .bind(last as i64)
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| Reader::new(row, "transmission", "transmission_id").count("sequence"))
        .collect()
}

/// An open task about a transmission, of a kind that a comparison can settle.
#[derive(Debug, Clone)]
pub struct OpenTask {
    /// What is wrong.
    pub kind: String,
    /// The transmission.
    pub transmission: TransmissionId,
    /// Its number in the pair.
    pub sequence: u64,
    /// Whether it is handed over now.
    pub handed_over: bool,
    /// When the task was opened.
    pub opened_at: Timestamp,
}

/// Open tasks about transmissions to this receiver in this period: what was recorded as lost or different.
pub async fn open_tasks(
    pool: &AnyPool,
    receiver: &OrganisationNumber,
    period: &Period,
) -> Result<Vec<OpenTask>, StoreError> {
    let (from, until) = period.bounds();
    let rows = sqlx::query(
        "-- holdings::open_tasks
SELECT task.kind, task.opened_at, t.transmission_id, t.sequence, t.delivery_state
FROM task
JOIN transmission AS t ON t.transmission_id = task.subject
WHERE task.closed_at IS NULL AND task.kind IN ('missing_at_receiver', 'different_content', 'different_stage')
    AND t.receiver = $1 AND t.submitted_at >= $2 AND t.submitted_at < $3
ORDER BY t.sequence, task.kind",
    )
    .bind(receiver.to_string())
    .bind(from)
    .bind(until)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "task", "transmission_id");
            Ok(OpenTask {
                kind: reader.text("kind")?,
                transmission: reader.parsed("transmission_id")?,
                sequence: reader.count("sequence")?,
                handed_over: reader.text("delivery_state")? == "handed_over",
                opened_at: reader.time("opened_at")?,
            })
        })
        .collect()
}
