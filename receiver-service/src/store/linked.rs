//! Transmissions that follow one another up: what came of the earlier, and what has come since.

use framme_shared::{
    child_state,
    db::{StoreError, rows::ManyRows},
    domain::{
        ids::{ReportId, TransmissionId},
        organisation::OrganisationNumber,
    },
};
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool, any::AnyRow};

use super::{
    child::{self, Child},
    columns::Columns,
    work_list::Entry,
};

/// A list that is longer serves nobody.
const MOST: usize = 100;

/// A transmission that an entry of the work list follows up, or that follows it up.
#[derive(Debug, Clone)]
pub struct Linked {
    /// The transmission, by the id inside this service.
    pub transmission: TransmissionId,
    /// The report that it is part of.
    pub report: ReportId,
    /// When the sender answered the submission with success.
    pub submitted_at: Timestamp,
    /// Its children, in order of their numbers.
    pub children: Vec<Child>,
    sender: OrganisationNumber,
    follows_up: Option<ReportId>,
}

/// The columns of a linked transmission, one row per child.
macro_rules! linked {
    () => {
        concat!(
            "
        SELECT t.transmission_id, t.report_id, t.sender, t.submitted_at, t.follows_up,
               c.child_id, c.area, ",
            child_state!("c."),
            ", c.version
        FROM transmission t
        JOIN child c ON c.transmission_id = t.transmission_id
        WHERE t.stored_receipt_sequence IS NOT NULL AND "
        )
    };
}

const OF_REPORTS: ManyRows = ManyRows {
    head: concat!(
        "-- linked::of_reports",
        linked!(),
        "(t.sender, t.report_key) IN (VALUES"
    ),
    columns: 2,
    tail: ")
        ORDER BY t.submitted_at, t.transmission_id, c.child_number",
};

const SENT_ON: ManyRows = ManyRows {
    head: concat!(
        "-- linked::sent_on",
        linked!(),
        "t.redirected_from IS NOT NULL AND (t.sender, t.report_id) IN (VALUES"
    ),
    columns: 2,
    tail: ")
        ORDER BY t.submitted_at, t.transmission_id, c.child_number",
};

const FOLLOWING_UP: ManyRows = ManyRows {
    head: concat!(
        "-- linked::following_up",
        linked!(),
        "t.follows_up IS NOT NULL AND t.follows_up IN (VALUES"
    ),
    columns: 1,
    tail: ")
        ORDER BY t.submitted_at, t.transmission_id, c.child_number",
};

/// Adds to each entry what it follows up and what follows it up, as far as its sender sent that here.
pub(super) async fn add(reader: &AnyPool, entries: &mut [Entry]) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut connection = reader.acquire().await?;
    let earlier = earlier(&mut connection, entries).await?;
    let reports: Vec<ReportId> = entries.iter().map(|entry| entry.report).collect();
    let later = FOLLOWING_UP
        .fetch_all(&mut connection, &reports, |statement, report| {
            statement.bind(report.to_string())
        })
        .await?;
    let later = grouped(&later)?;
    for entry in entries {
        let of_sender = |linked: &&Linked| linked.sender == entry.sender;
        let followed = |linked: &&Linked| Some(linked.report) == entry.follows_up;
        let following = |linked: &&Linked| linked.follows_up == Some(entry.report);
        entry.earlier = chosen(earlier.iter().filter(of_sender).filter(followed));
        entry.later = chosen(later.iter().filter(of_sender).filter(following));
    }
    Ok(())
}

async fn earlier(connection: &mut AnyConnection, entries: &[Entry]) -> Result<Vec<Linked>, StoreError> {
    let followed = |entry: &Entry| Some((entry.sender, entry.follows_up?));
    let followed: Vec<(OrganisationNumber, ReportId)> = entries.iter().filter_map(followed).collect();
    let mut found = Vec::new();
    for query in [OF_REPORTS, SENT_ON] {
        let rows = query
            .fetch_all(&mut *connection, &followed, |statement, (sender, report)| {
                statement.bind(sender.as_str()).bind(report.to_string())
            })
            .await?;
        found.extend(grouped(&rows)?);
    }
    Ok(found)
}

fn chosen<'a>(linked: impl Iterator<Item = &'a Linked>) -> Vec<Linked> {
    let mut chosen: Vec<Linked> = linked.cloned().collect();
    chosen.sort_by_key(|linked| (linked.submitted_at, linked.transmission));
    chosen.dedup_by_key(|linked| linked.transmission);
    chosen.truncate(MOST);
    chosen
}

/// The rows of a transmission follow one another.
fn grouped(rows: &[AnyRow]) -> Result<Vec<Linked>, StoreError> {
    let mut all: Vec<Linked> = Vec::new();
    for row in rows {
        let columns = Columns::keyed(row, "transmission", "transmission_id")?;
        let child = child::read(row)?;
        match all.last_mut() {
            Some(last) if last.transmission.to_string() == columns.key() => last.children.push(child),
            _ => all.push(Linked {
                transmission: columns.parsed("transmission_id")?,
                report: columns.parsed("report_id")?,
                submitted_at: columns.time("submitted_at")?,
                children: vec![child],
                sender: columns.parsed("sender")?,
                follows_up: columns.opt_parsed("follows_up")?,
            }),
        }
    }
    Ok(all)
}
