//! What is held of one sender's transmissions: entries in the order of numbers, and numbers that are not there.

use framme_shared::{
    db::StoreError,
    domain::{
        lifecycle::FeedbackGiven,
        organisation::OrganisationNumber,
        reconciliation::{ChildFact, Entry, Period},
    },
};
use sqlx::{Any, Executor, any::AnyRow};

use super::{
    child,
    columns::{Columns, stored},
};

/// Entries of the transmissions with numbers from `first` to `last`, in the order of numbers: at most `limit`
/// transmissions, of this period, and only those that have their receipt.
pub async fn entries<'e>(
    executor: impl Executor<'e, Database = Any>,
    sender: &OrganisationNumber,
    period: &Period,
    (first, last): (u64, u64),
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    let (from, until) = period.bounds();
    let rows = sqlx::query(
        "-- holdings::entries
        SELECT t.transmission_id, t.sent_id, t.sequence, t.report_id, t.content_sha256,
               c.child_id, c.stage, c.assigned_staff, c.outcome, c.reason, c.redirected_to, c.confirmed_time,
               c.investigation_opened, c.investigation_ended_time, c.concluded_time, c.conclusion,
               c.answered_time, c.prosecution_answer
        FROM (
            SELECT transmission_id, sent_id, sequence, report_id, content_sha256
            FROM transmission
            WHERE sender = $1 AND sequence >= $2 AND sequence <= $3 AND submitted_at >= $4 AND submitted_at < $5
              AND stored_receipt_sequence IS NOT NULL
            ORDER BY sequence
            LIMIT $6) AS t
        LEFT JOIN child c ON c.transmission_id = t.transmission_id
        ORDER BY t.sequence",
    )
    .bind(sender.as_str())
    .bind(stored(first))
    .bind(stored(last))
    .bind(from)
    .bind(until)
    .bind(i64::from(limit))
    .fetch_all(executor)
    .await?;
    let mut entries: Vec<Entry> = Vec::new();
    for row in &rows {
        let columns = Columns::keyed(row, "transmission", "transmission_id")?;
        let sequence = columns.count("sequence")?;
        if entries.last().is_none_or(|entry| entry.sequence != sequence) {
            entries.push(Entry {
                sequence,
                transmission: columns.parsed("sent_id")?,
                report: columns.parsed("report_id")?,
                content_sha256: columns.digest("content_sha256")?,
                children: Vec::new(),
            });
        }
        if let (Some(entry), Some(child)) = (entries.last_mut(), fact(row, &columns)?) {
            entry.children.push(child);
        }
    }
    for entry in &mut entries {
        entry.children.sort_unstable();
    }
    Ok(entries)
}

/// `None` for a transmission whose children are gone.
fn fact(row: &AnyRow, columns: &Columns<'_>) -> Result<Option<ChildFact>, StoreError> {
    let Some(child) = columns.opt_parsed("child_id")? else {
        return Ok(None);
    };
    let columns = Columns::of(row, "child", columns.key());
    let mut detail = columns.opt_text("outcome")?;
    for column in ["reason", "redirected_to"] {
        detail = match detail {
            None => columns.opt_text(column)?,
            there => there,
        };
    }
    let told = FeedbackGiven::try_from(child::read_feedback(&columns)?);
    let told = told.map_err(|found| columns.corrupt(child::column_of(found)))?;
    Ok(Some(ChildFact {
        child,
        stage: columns.text("stage")?,
        caseworker: columns.opt_text("assigned_staff")?.unwrap_or_default(),
        detail: ChildFact::detail(&detail.unwrap_or_default(), &told),
    }))
}

/// The lowest and the highest number that is held; `None` when nothing is.
pub async fn ends<'e>(
    executor: impl Executor<'e, Database = Any>,
    sender: &OrganisationNumber,
) -> Result<Option<(u64, u64)>, StoreError> {
    let row = sqlx::query(
        "-- holdings::ends
        SELECT MIN(sequence) AS lowest, MAX(sequence) AS highest
        FROM transmission
        WHERE sender = $1",
    )
    .bind(sender.as_str())
    .fetch_one(executor)
    .await?;
    let columns = Columns::of(&row, "transmission", sender.as_str());
    Ok(columns.opt_count("lowest")?.zip(columns.opt_count("highest")?))
}

/// The first gaps between the numbers that are held, in order: the first and the last number of each.
pub async fn gaps<'e>(
    executor: impl Executor<'e, Database = Any>,
    sender: &OrganisationNumber,
    limit: usize,
) -> Result<Vec<(u64, u64)>, StoreError> {
    let rows = sqlx::query(
        "-- holdings::gaps
        SELECT sequence, following
        FROM (
            SELECT sequence, LEAD(sequence) OVER (ORDER BY sequence) AS following
            FROM transmission
            WHERE sender = $1) AS numbered
        WHERE following > sequence + 1
        ORDER BY sequence
        LIMIT $2",
    )
    .bind(sender.as_str())
    .bind(limit as i64)
    .fetch_all(executor)
    .await?;
    rows.iter()
        .map(|row| {
            let columns = Columns::of(row, "transmission", sender.as_str());
            Ok((columns.count("sequence")? + 1, columns.count("following")? - 1))
        })
        .collect()
}
