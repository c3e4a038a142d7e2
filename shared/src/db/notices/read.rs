//! What waits, and for whom.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool, Row as _, any::AnyRow};

use crate::{
    db::StoreError,
    domain::{
        notice::{ContactName, Due, MessageId, Waiting, due},
        report::Urgency,
    },
};

/// What is due for a contact; the claim decides again.
///
/// # Errors
/// Those of storage.
pub async fn next_due(
    pool: &AnyPool,
    contact: &ContactName,
    now: Timestamp,
    gather: Duration,
) -> Result<Due, StoreError> {
    Ok(due(&waiting(&mut *pool.acquire().await?, contact).await?, now, gather))
}

/// Whether anything waits for a contact.
///
/// # Errors
/// Those of storage.
pub async fn is_waiting_for(pool: &AnyPool, contact: &ContactName) -> Result<bool, StoreError> {
    Ok(!waiting(&mut *pool.acquire().await?, contact).await?.is_empty())
}

pub(super) async fn waiting(connection: &mut AnyConnection, contact: &ContactName) -> Result<Vec<Waiting>, StoreError> {
    let rows = sqlx::query(
        "-- notices::waiting
SELECT message, MIN(urgency_rank) AS urgency_rank, MIN(created_at) AS oldest_at,
    MAX(next_attempt_at) AS next_attempt_at, MAX(lease_until) AS lease_until
FROM notice
WHERE contact = $1 AND state = 'waiting'
GROUP BY message",
    )
    .bind(contact.to_string())
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let message: Option<String> = row.try_get("message")?;
            Ok(Waiting {
                message: message.map(MessageId::stored),
                is_acute: urgency(row, contact)? == Urgency::Acute,
                oldest_at: time(row, "oldest_at", contact)?,
                next_attempt_at: time(row, "next_attempt_at", contact)?,
                leased_until: time(row, "lease_until", contact)?,
            })
        })
        .collect()
}

/// Notices that have waited for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    /// For whom.
    pub contact: ContactName,
    /// How many.
    pub count: u64,
    /// When the first came up.
    pub oldest_at: Timestamp,
    /// How many of them were told to others.
    pub relayed: u64,
}

/// Notices that came up before this and wait still, by contact.
///
/// # Errors
/// Those of storage.
pub async fn unsent_since(pool: &AnyPool, before: Timestamp) -> Result<Vec<Unsent>, StoreError> {
    let rows = sqlx::query(
        "-- notices::unsent_since
SELECT contact, COUNT(*) AS waiting, MIN(created_at) AS oldest_at, COUNT(relayed_at) AS relayed
FROM notice
WHERE state = 'waiting' AND created_at < $1
GROUP BY contact
ORDER BY contact",
    )
    .bind(before.as_microsecond())
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let contact = contact(row)?;
            Ok(Unsent {
                count: count(row, "waiting", &contact)?,
                oldest_at: time(row, "oldest_at", &contact)?,
                relayed: count(row, "relayed", &contact)?,
                contact,
            })
        })
        .collect()
}

/// How urgent the most urgent notice is that waits for a contact; normal when none does.
pub(super) async fn most_urgent(connection: &mut AnyConnection, contact: &ContactName) -> Result<Urgency, StoreError> {
    let row = sqlx::query(
        "-- notices::most_urgent
SELECT urgency_rank
FROM notice
WHERE contact = $1 AND state = 'waiting'
ORDER BY urgency_rank
LIMIT 1",
    )
    .bind(contact.to_string())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map_or(Ok(Urgency::Normal), |row| urgency(row, contact))
}

pub(super) fn contact(row: &AnyRow) -> Result<ContactName, StoreError> {
    let text: String = row.try_get("contact")?;
    ContactName::parse(&text).map_err(|_| StoreError::Corrupt {
        table: "notice",
        column: "contact",
        row: text,
    })
}

pub(super) fn corrupt(column: &'static str, contact: &ContactName) -> StoreError {
    StoreError::Corrupt {
        table: "notice",
        column,
        row: contact.to_string(),
    }
}

pub(super) fn time(row: &AnyRow, column: &'static str, contact: &ContactName) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(row.try_get(column)?).map_err(|_| corrupt(column, contact))
}

pub(super) fn count(row: &AnyRow, column: &'static str, contact: &ContactName) -> Result<u64, StoreError> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(|_| corrupt(column, contact))
}

pub(super) fn urgency(row: &AnyRow, contact: &ContactName) -> Result<Urgency, StoreError> {
    let rank: i64 = row.try_get("urgency_rank")?;
    let found = Urgency::ALL.iter().find(|urgency| urgency.rank() == rank);
    found.copied().ok_or_else(|| corrupt("urgency_rank", contact))
}
