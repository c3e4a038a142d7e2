//! Reading statements.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};
use sqlx::{AnyPool, Row as _, any::AnyRow};

use crate::{
    db::StoreError,
    domain::{organisation::OrganisationNumber, statement::StatedDay},
};

/// The days of which this side has made a statement for a peer.
///
/// # Errors
/// Those of storage.
pub async fn days_stated(pool: &AnyPool, peer: &OrganisationNumber) -> Result<BTreeSet<Date>, StoreError> {
    let rows = sqlx::query(
        "-- statements::days_stated
SELECT day
FROM statement
WHERE peer = $1 AND side = 'own'",
    )
    .bind(peer.to_string())
    .fetch_all(pool)
    .await?;
    rows.iter().map(|row| day(row, peer)).collect()
}

/// An own statement to which the peer's has not come.
#[derive(Debug, Clone)]
pub struct Unanswered {
    /// Of which day.
    pub day: Date,
    /// The text.
    pub text: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Whether the peer's was missed already.
    pub missed: bool,
    /// Whether the peer said that it holds another statement of this side.
    pub refused: bool,
}

/// Own statements for a peer to which the peer's has not come, oldest first, at most `limit`, of days after this one.
///
/// # Errors
/// Those of storage.
pub async fn unanswered(
    pool: &AnyPool,
    peer: &OrganisationNumber,
    after: Option<Date>,
    limit: u32,
) -> Result<Vec<Unanswered>, StoreError> {
    let rows = sqlx::query(
        "-- statements::unanswered
SELECT own.day, own.text, own.made_at, own.missed_at, own.refused_at
FROM statement AS own
WHERE own.peer = $1 AND own.side = 'own' AND own.day > $2 AND NOT EXISTS (
    SELECT 1
    FROM statement AS theirs
    WHERE theirs.peer = own.peer AND theirs.day = own.day AND theirs.side = 'peer')
ORDER BY own.day
LIMIT $3",
    )
    .bind(peer.to_string())
    .bind(after.map(|day| day.to_string()).unwrap_or_default())
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let (missed, refused): (Option<i64>, Option<i64>) = (row.try_get("missed_at")?, row.try_get("refused_at")?);
            Ok(Unanswered {
                day: day(row, peer)?,
                text: row.try_get("text")?,
                made_at: time(row, "made_at", peer)?.ok_or_else(|| corrupt("made_at", peer))?,
                missed: missed.is_some(),
                refused: refused.is_some(),
            })
        })
        .collect()
}

/// The texts of one day.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    /// The own statement.
    pub own: Option<String>,
    /// The peer's.
    pub peer: Option<String>,
}

/// Both sides' statements of a day, as far as they are there.
///
/// # Errors
/// Those of storage.
pub async fn texts(pool: &AnyPool, peer: &OrganisationNumber, day: Date) -> Result<Texts, StoreError> {
    let rows = sqlx::query(
        "-- statements::texts
SELECT side, text
FROM statement
WHERE peer = $1 AND day = $2",
    )
    .bind(peer.to_string())
    .bind(day.to_string())
    .fetch_all(pool)
    .await?;
    let mut texts = Texts::default();
    for row in rows {
        let (side, text): (String, String) = (row.try_get("side")?, row.try_get("text")?);
        match side.as_str() {
            "own" => texts.own = Some(text),
            "peer" => texts.peer = Some(text),
            _ => return Err(corrupt("side", peer)),
        }
    }
    Ok(texts)
}

/// The peer's statements whose comparison was not good and is to be made again by now, at most `limit`.
///
/// # Errors
/// Those of storage.
pub async fn to_look_at(
    pool: &AnyPool,
    peer: &OrganisationNumber,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<(Date, String)>, StoreError> {
    let rows = sqlx::query(
        "-- statements::to_look_at
SELECT day, text
FROM statement
WHERE look_at IS NOT NULL AND look_at <= $1 AND peer = $2 AND side = 'peer'
ORDER BY look_at
LIMIT $3",
    )
    .bind(now.as_microsecond())
    .bind(peer.to_string())
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| Ok((day(row, peer)?, row.try_get("text")?)))
        .collect()
}

/// Up to `limit` days before this one and peer in the order newest day first, then by peer; `None` to begin. With `of`,
/// only those of this peer.
///
/// # Errors
/// Those of storage.
pub async fn page(
    pool: &AnyPool,
    of: Option<&OrganisationNumber>,
    after: Option<(Date, &OrganisationNumber)>,
    limit: u32,
) -> Result<Vec<StatedDay>, StoreError> {
    // No day that is written so comes after this.
    const BEGINNING: &str = "9999-99-99";
    let rows = sqlx::query(
        "-- statements::page
SELECT day, peer, MAX(CASE WHEN side = 'own' THEN made_at END) AS own_made_at,
    MAX(CASE WHEN side = 'peer' THEN made_at END) AS peer_made_at, MAX(verdict) AS verdict
FROM statement
WHERE (day < $1 OR (day = $1 AND peer > $2)) AND ($3 = '' OR peer = $3)
GROUP BY day, peer
ORDER BY day DESC, peer
LIMIT $4",
    )
    .bind(after.map_or_else(|| BEGINNING.to_owned(), |(day, _)| day.to_string()))
    .bind(after.map(|(_, peer)| peer.to_string()).unwrap_or_default())
    .bind(of.map(OrganisationNumber::to_string).unwrap_or_default())
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let text: String = row.try_get("peer")?;
            let peer = OrganisationNumber::parse(&text).map_err(|_| StoreError::Corrupt {
                table: "statement",
                column: "peer",
                row: text,
            })?;
            Ok(StatedDay {
                peer,
                day: day(row, &peer)?,
                own_made_at: time(row, "own_made_at", &peer)?,
                peer_made_at: time(row, "peer_made_at", &peer)?,
                verdict: row.try_get("verdict")?,
            })
        })
        .collect()
}

fn day(row: &AnyRow, peer: &OrganisationNumber) -> Result<Date, StoreError> {
    let text: String = row.try_get("day")?;
    text.parse().map_err(|_| corrupt("day", peer))
}

fn time(row: &AnyRow, column: &'static str, peer: &OrganisationNumber) -> Result<Option<Timestamp>, StoreError> {
    let micros: Option<i64> = row.try_get(column)?;
    micros
        .map(|micros| Timestamp::from_microsecond(micros).map_err(|_| corrupt(column, peer)))
        .transpose()
}

fn corrupt(column: &'static str, peer: &OrganisationNumber) -> StoreError {
    StoreError::Corrupt {
        table: "statement",
        column,
        row: peer.to_string(),
    }
}
