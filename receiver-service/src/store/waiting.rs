//! How much waits for a caseworker, in counts.

use framme_shared::{db::StoreError, domain::organisation::OrganisationNumber};
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool, any::AnyRow};

use super::columns::Columns;

/// What waits, in one area or in all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waits {
    /// Municipality number, with a city district as 0301/05; empty for all.
    pub area: String,
    /// Reports with a child that waits, drills apart.
    pub reports: u64,
    /// The acute ones of them.
    pub acute: u64,
    /// When the oldest of them was submitted.
    pub oldest: Option<Timestamp>,
    /// Drills.
    pub drills: u64,
}

/// Every area in which something waits, by area.
pub async fn by_area(connection: &mut AnyConnection) -> Result<Vec<Waits>, StoreError> {
    let rows = sqlx::query(
        "-- waiting::by_area
        SELECT c.area,
               COUNT(DISTINCT CASE WHEN t.drill = 0 THEN c.transmission_id END) AS reports,
               COUNT(DISTINCT CASE WHEN t.drill = 0 AND c.urgency_rank = 0 THEN c.transmission_id END) AS acute,
               MIN(CASE WHEN t.drill = 0 THEN c.submitted_at END) AS oldest,
               COUNT(DISTINCT CASE WHEN t.drill = 1 THEN c.transmission_id END) AS drills
        FROM child c
        JOIN transmission t ON t.transmission_id = c.transmission_id
        WHERE c.waiting = 1
        GROUP BY c.area
        ORDER BY c.area",
    )
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| read(row, true)).collect()
}

/// All that waits.
pub async fn in_all(connection: &mut AnyConnection) -> Result<Waits, StoreError> {
    let row = sqlx::query(
        "-- waiting::in_all
        SELECT COUNT(DISTINCT CASE WHEN t.drill = 0 THEN c.transmission_id END) AS reports,
               COUNT(DISTINCT CASE WHEN t.drill = 0 AND c.urgency_rank = 0 THEN c.transmission_id END) AS acute,
               MIN(CASE WHEN t.drill = 0 THEN c.submitted_at END) AS oldest,
               COUNT(DISTINCT CASE WHEN t.drill = 1 THEN c.transmission_id END) AS drills
        FROM child c
        JOIN transmission t ON t.transmission_id = c.transmission_id
        WHERE c.waiting = 1",
    )
    .fetch_one(connection)
    .await?;
    read(&row, false)
}

fn read(row: &AnyRow, of_area: bool) -> Result<Waits, StoreError> {
    let columns = Columns::of(row, "child", String::new());
    Ok(Waits {
        area: if of_area { columns.text("area")? } else { String::new() },
        reports: columns.count("reports")?,
        acute: columns.count("acute")?,
        oldest: columns.opt_time("oldest")?,
        drills: columns.count("drills")?,
    })
}

/// What waits of one sender in an area.
#[derive(Debug, Clone)]
pub struct OfSender {
    /// As stored.
    pub area: String,
    /// Reports.
    pub reports: u64,
    /// When the oldest of them arrived.
    pub since: Timestamp,
}

/// What waits of this sender, drills left out, by area.
pub async fn of_sender(
    connection: &mut AnyConnection,
    sender: &OrganisationNumber,
) -> Result<Vec<OfSender>, StoreError> {
    let rows = sqlx::query(
        "-- waiting::of_sender
        SELECT c.area, COUNT(DISTINCT c.transmission_id) AS reports, MIN(t.arrived_at) AS since
        FROM child c
        JOIN transmission t ON t.transmission_id = c.transmission_id
        WHERE c.waiting = 1 AND t.drill = 0 AND t.sender = $1
        GROUP BY c.area
        ORDER BY c.area",
    )
    .bind(sender.as_str())
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let columns = Columns::keyed(row, "child", "area")?;
            Ok(OfSender {
                area: columns.text("area")?,
                reports: columns.count("reports")?,
                since: columns.time("since")?,
            })
        })
        .collect()
}

/// Sums over all areas.
#[derive(Debug, Clone, Copy)]
pub struct Sums {
    /// Reports that nobody has opened.
    pub unopened: u64,
    /// Reports that are with no caseworker.
    pub unassigned: u64,
}

/// Of this sender, drills left out.
pub async fn sums_of_sender(reader: &AnyPool, sender: &OrganisationNumber) -> Result<Sums, StoreError> {
    let row = sqlx::query(
        "-- waiting::sums_of_sender
        SELECT COUNT(DISTINCT CASE WHEN c.opened = 0 THEN c.transmission_id END) AS unopened,
               COUNT(DISTINCT c.transmission_id) AS unassigned
        FROM child c
        JOIN transmission t ON t.transmission_id = c.transmission_id
        WHERE c.waiting = 1 AND t.drill = 0 AND t.sender = $1",
    )
    .bind(sender.as_str())
    .fetch_one(reader)
    .await?;
    let columns = Columns::of(&row, "child", String::new());
    Ok(Sums {
        unopened: columns.count("unopened")?,
        unassigned: columns.count("unassigned")?,
    })
}

/// Drills that arrived at this time or before and still wait, by id.
pub async fn drills_before(connection: &mut AnyConnection, before: Timestamp) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(
        "-- waiting::drills_before
        SELECT t.transmission_id
        FROM transmission t
        WHERE t.drill = 1 AND t.arrived_at < $1
            AND EXISTS (SELECT 1 FROM child c WHERE c.transmission_id = t.transmission_id AND c.waiting = 1)
        ORDER BY t.transmission_id
        LIMIT 1000",
    )
    .bind(before.as_microsecond())
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| Ok(Columns::keyed(row, "transmission", "transmission_id")?.key().to_owned()))
        .collect()
}
