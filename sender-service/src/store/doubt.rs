//! Doubts: times in which nothing of a transmission counts as delivered, whatever its receipts say.

use framme_shared::{
    db::{StoreError, rows::ManyRows},
    domain::{ids::TransmissionId, organisation::OrganisationNumber},
};
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool};

use super::columns::Reader;

/// A doubt that receipts are to be read by: one that is open, or that ended because it was stored anew. One that ended with
/// the right answer is as if it had never been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubt {
    /// About which transmission.
    pub transmission: TransmissionId,
    /// When it began.
    pub doubted_at: Timestamp,
    /// It comes after this receipt of the receiver.
    pub after_receipt: u64,
    /// Whether the receiver lost the transmission.
    pub lost: bool,
}

/// A doubt that begins.
#[derive(Debug, Clone)]
pub struct NewDoubt {
    /// About which transmission.
    pub transmission: TransmissionId,
    /// What was found.
    pub finding: &'static str,
    /// Whether the receiver lost the transmission.
    pub lost: bool,
}

const INSERT: ManyRows = ManyRows {
    head: "-- doubt::insert
INSERT INTO doubt (transmission_id, doubted_at, receiver, after_receipt, finding, lost, ended_at, ended_by, written_at,
    written_by)
SELECT column1, column2, column3, receiver.last_receipt, column4, column5, NULL, NULL, column2, 'Doubt'
FROM (VALUES",
    columns: 5,
    tail: ") AS new
JOIN receiver ON receiver.organisation = column3
WHERE 1 = 1
ON CONFLICT (transmission_id) WHERE ended_at IS NULL DO UPDATE
SET finding = excluded.finding, written_at = excluded.written_at,
    doubted_at = CASE WHEN excluded.lost > doubt.lost THEN excluded.doubted_at ELSE doubt.doubted_at END,
    lost = CASE WHEN excluded.lost > doubt.lost THEN excluded.lost ELSE doubt.lost END",
};

/// Begins doubts. One that is open goes on: it gets the new finding, and becomes a loss when that is one.
pub async fn insert(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
    doubts: &[NewDoubt],
    at: Timestamp,
) -> Result<(), StoreError> {
    INSERT
        .execute(conn, doubts, |query, doubt| {
            query
                .bind(doubt.transmission.to_string())
                .bind(at.as_microsecond())
                .bind(receiver.to_string())
                .bind(doubt.finding)
                .bind(i64::from(doubt.lost))
        })
        .await?;
    Ok(())
}

const END: ManyRows = ManyRows {
    head: "-- doubt::end
WITH ended (transmission_id, ended_at, ended_by) AS (VALUES",
    columns: 3,
    tail: ")
UPDATE doubt
SET ended_at = ended.ended_at, ended_by = ended.ended_by, written_at = ended.ended_at, written_by = 'EndDoubt'
FROM ended
WHERE doubt.transmission_id = ended.transmission_id AND doubt.ended_at IS NULL",
};

/// How a doubt ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndedBy {
    /// A receipt says that it was stored anew.
    Receipt,
    /// The right answer came.
    Holding,
}

/// Ends the open doubts about these.
pub async fn end(
    conn: &mut AnyConnection,
    transmissions: &[TransmissionId],
    by: EndedBy,
    at: Timestamp,
) -> Result<(), StoreError> {
    let word = match by {
        EndedBy::Receipt => "receipt",
        EndedBy::Holding => "holding",
    };
    END.execute(conn, transmissions, |query, transmission| {
        query
            .bind(transmission.to_string())
            .bind(at.as_microsecond())
            .bind(word)
    })
    .await?;
    Ok(())
}

const OF_TRANSMISSIONS: ManyRows = ManyRows {
    head: "-- doubt::of_transmissions
SELECT transmission_id, doubted_at, after_receipt, lost, COALESCE(ended_by, '') AS ended_by
FROM doubt
WHERE transmission_id IN (VALUES",
    columns: 1,
    tail: ")",
};

/// The doubts about these that receipts are to be read by, in their order.
pub async fn of_transmissions(
    conn: &mut AnyConnection,
    transmissions: &[TransmissionId],
) -> Result<Vec<Doubt>, StoreError> {
    let rows = OF_TRANSMISSIONS
        .fetch_all(conn, transmissions, |query, transmission| {
            query.bind(transmission.to_string())
        })
        .await?;
    let mut doubts = Vec::new();
    for row in &rows {
        let reader = Reader::new(row, "doubt", "transmission_id");
        if reader.text("ended_by")? == "holding" {
            continue;
        }
        doubts.push(Doubt {
            transmission: reader.parsed("transmission_id")?,
            doubted_at: reader.time("doubted_at")?,
            after_receipt: reader.count("after_receipt")?,
            lost: reader.flag("lost")?,
        });
    }
    doubts.sort_by_key(|doubt| (doubt.after_receipt, doubt.doubted_at));
    Ok(doubts)
}

/// Whether any doubt of this finding about a transmission to this receiver is open.
pub async fn any_open(
    conn: &mut AnyConnection,
    receiver: &OrganisationNumber,
    finding: &'static str,
) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "-- doubt::any_open
SELECT transmission_id
FROM doubt
WHERE ended_at IS NULL AND receiver = $1 AND finding = $2
LIMIT 1",
    )
    .bind(receiver.to_string())
    .bind(finding)
    .fetch_optional(conn)
    .await?;
    Ok(row.is_some())
}

/// The open doubts about transmissions to this receiver: which, and what was found. For people: at most `limit`.
pub async fn open_of(
    pool: &AnyPool,
    receiver: &OrganisationNumber,
    limit: i64,
) -> Result<Vec<(TransmissionId, String)>, StoreError> {
    let rows = sqlx::query(
        "-- doubt::open_of
SELECT transmission_id, finding
FROM doubt
WHERE ended_at IS NULL AND receiver = $1
ORDER BY doubted_at, transmission_id
LIMIT $2",
    )
    .bind(receiver.to_string())
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "doubt", "transmission_id");
            Ok((reader.parsed("transmission_id")?, reader.text("finding")?))
        })
        .collect()
}
