//! Holdings: what receivers answered, verbatim.

use framme_shared::{
    db::{StoreError, exactly_one, rows::ManyRows},
    domain::{digest::Digest, ids::TransmissionId, organisation::OrganisationNumber},
};
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool};

use super::columns::Reader;

/// An answer to store.
pub struct NewHolding<'a> {
    /// Made here.
    pub id: &'a str,
    /// Who signed it.
    pub receiver: OrganisationNumber,
    /// The 32 bytes of the question.
    pub nonce: Digest,
    /// The text as it came.
    pub jws: &'a str,
    /// Its digest.
    pub sha256: Digest,
    /// The time that it states.
    pub stated_at: Timestamp,
}

const INSERT_OF: ManyRows = ManyRows {
    head: "-- holding::insert whom it is about
INSERT INTO holding_of (transmission_id, holding_id, finding) VALUES",
    columns: 3,
    tail: "",
};

/// Stores an answer, with what it came to for each transmission.
pub async fn insert(
    conn: &mut AnyConnection,
    new: &NewHolding<'_>,
    findings: &[(TransmissionId, &'static str)],
    at: Timestamp,
) -> Result<(), StoreError> {
    exactly_one(
        sqlx::query(
            "-- holding::insert
INSERT INTO holding (holding_id, receiver, nonce, jws, sha256, stated_at, written_at, written_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'RecordHolding')",
        )
        .bind(new.id.to_owned())
        .bind(new.receiver.to_string())
        .bind(new.nonce.as_bytes().to_vec())
        .bind(new.jws.to_owned())
        .bind(new.sha256.as_bytes().to_vec())
        .bind(new.stated_at.as_microsecond())
        .bind(at.as_microsecond())
        .execute(&mut *conn),
    )
    .await?;
    INSERT_OF
        .execute(conn, findings, |query, (transmission, finding)| {
            query
                .bind(transmission.to_string())
                .bind(new.id.to_owned())
                .bind(*finding)
        })
        .await?;
    Ok(())
}

/// The answers about a transmission in the order in which they came, each with what it came to.
pub async fn about(pool: &AnyPool, transmission: &TransmissionId) -> Result<Vec<(String, String)>, StoreError> {
    let rows = sqlx::query(
        "-- holding::about
SELECT holding_of.transmission_id, holding.jws, holding_of.finding
FROM holding_of
JOIN holding ON holding.holding_id = holding_of.holding_id
WHERE holding_of.transmission_id = $1
ORDER BY holding.written_at, holding.holding_id",
    )
    .bind(transmission.to_string())
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "holding_of", "transmission_id");
            Ok((reader.text("jws")?, reader.text("finding")?))
        })
        .collect()
}

/// Where a page of answers begins: after this one.
#[derive(Debug, Clone)]
pub struct Position {
    /// The time that it states.
    pub stated_at: Timestamp,
    /// Which; empty for every one of that time.
    pub id: String,
}

/// An answer as it came.
pub struct StoredHolding {
    /// Where it stands.
    pub position: Position,
    /// The text.
    pub jws: String,
}

/// Up to `limit` answers of a receiver that are dated after a position and before a time, in order.
pub async fn stated(
    pool: &AnyPool,
    receiver: &OrganisationNumber,
    after: &Position,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<StoredHolding>, StoreError> {
    let rows = sqlx::query(
        "-- holding::stated
SELECT holding_id, stated_at, jws
FROM holding
WHERE receiver = $1 AND (stated_at > $2 OR (stated_at = $2 AND holding_id > $3)) AND stated_at < $4
ORDER BY stated_at, holding_id
LIMIT $5",
    )
    .bind(receiver.to_string())
    .bind(after.stated_at.as_microsecond())
    .bind(after.id.clone())
    .bind(until.as_microsecond())
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let reader = Reader::new(row, "holding", "holding_id");
            Ok(StoredHolding {
                position: Position {
                    stated_at: reader.time("stated_at")?,
                    id: reader.text("holding_id")?,
                },
                jws: reader.text("jws")?,
            })
        })
        .collect()
}
