//! Whether what is sent to a contact arrives, as it was last found. For readiness and for `doctor` it is read only.

use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool, Row as _, any::AnyRow};

use super::{LedgerEntry, StoreError, Tx, tasks};
use crate::domain::{
    notice::{Channel, ContactName, DeliveryFailure},
    task::{Desk, NewTask},
};

/// The task of a contact that cannot be reached; its subject is the contact's name.
pub const CONTACT_UNREACHABLE: &str = "contact_unreachable";

/// The channel of a contact; `None` when nothing was ever sent to it.
///
/// # Errors
/// Those of storage.
pub async fn of(pool: &AnyPool, contact: &ContactName) -> Result<Option<Channel>, StoreError> {
    look_up(&mut *pool.acquire().await?, contact).await
}

/// Every channel over which something was ever tried, by contact, also of those that are not configured any more.
///
/// # Errors
/// Those of storage.
pub async fn all(pool: &AnyPool) -> Result<Vec<(ContactName, Channel)>, StoreError> {
    let rows = sqlx::query(
        "-- channels::all
SELECT contact, last_success_at, failing_since, failures, last_failure, dead_since
FROM channel
ORDER BY contact",
    )
    .fetch_all(pool)
    .await?;
    rows.iter().map(|row| Ok((contact_of(row)?, read(row)?))).collect()
}

pub(super) async fn look_up(
    connection: &mut AnyConnection,
    contact: &ContactName,
) -> Result<Option<Channel>, StoreError> {
    let row = sqlx::query(
        "-- channels::look_up
SELECT contact, last_success_at, failing_since, failures, last_failure, dead_since
FROM channel
WHERE contact = $1",
    )
    .bind(contact.to_string())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Stores what a channel has become, and raises or settles its task.
pub(super) async fn change(
    tx: &mut Tx,
    contact: &ContactName,
    before: Channel,
    now: Channel,
) -> Result<(), StoreError> {
    save(tx, contact, &now).await?;
    let entry = |kind, data| LedgerEntry {
        kind,
        subject: contact.to_string(),
        actor: "program".to_owned(),
        data,
    };
    let failure = now.last_failure.map_or("", DeliveryFailure::as_str);
    if before.failing_since.is_none() && now.failing_since.is_some() {
        tracing::warn!(contact = %contact, failure, "A contact cannot be reached; it is tried again");
        tx.record(entry("contact_failing", failure.to_owned()));
    }
    if !before.is_dead() && now.is_dead() {
        tx.record(entry(
            "contact_given_up",
            format!("{failure}, {} in a row", now.failures),
        ));
        let data = format!("nothing that is sent to this contact arrives ({failure}); others are told instead");
        let task = NewTask {
            kind: CONTACT_UNREACHABLE,
            subject: contact.to_string(),
            desk: Desk::Operator,
            data,
        };
        tasks::raise(tx, task).await?;
    }
    if before.failing_since.is_some() && now.failing_since.is_none() {
        tracing::info!(contact = %contact, "A contact can be reached again");
        tx.record(entry("contact_reached_again", String::new()));
        tasks::settle(tx, CONTACT_UNREACHABLE, contact.as_str(), "reached_again").await?;
    }
    Ok(())
}

async fn save(tx: &mut Tx, contact: &ContactName, channel: &Channel) -> Result<(), StoreError> {
    let micros = |at: Option<Timestamp>| at.map(Timestamp::as_microsecond);
    let at = tx.at().as_microsecond();
    let saving = sqlx::query(
        "-- channels::save
INSERT INTO channel (contact, last_success_at, failing_since, failures, last_failure, dead_since, written_at, written_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'change')
ON CONFLICT (contact) DO UPDATE
SET last_success_at = excluded.last_success_at, failing_since = excluded.failing_since,
    failures = excluded.failures, last_failure = excluded.last_failure, dead_since = excluded.dead_since,
    written_at = excluded.written_at, written_by = excluded.written_by",
    )
    .bind(contact.to_string())
    .bind(micros(channel.last_success_at))
    .bind(micros(channel.failing_since))
    .bind(i64::try_from(channel.failures).unwrap_or(i64::MAX))
    .bind(channel.last_failure.map(DeliveryFailure::as_str))
    .bind(micros(channel.dead_since))
    .bind(at)
    .execute(tx.conn());
    super::exactly_one(saving).await
}

fn contact_of(row: &AnyRow) -> Result<ContactName, StoreError> {
    let text: String = row.try_get("contact")?;
    ContactName::parse(&text).map_err(|_| corrupt("contact", text))
}

fn corrupt(column: &'static str, row: String) -> StoreError {
    StoreError::Corrupt {
        table: "channel",
        column,
        row,
    }
}

fn read(row: &AnyRow) -> Result<Channel, StoreError> {
    let contact: String = row.try_get("contact")?;
    let time = |column: &'static str| {
        let micros: Option<i64> = row.try_get(column)?;
        let time = micros.map(Timestamp::from_microsecond).transpose();
        time.map_err(|_| corrupt(column, contact.clone()))
    };
    let failures: i64 = row.try_get("failures")?;
    let failure: Option<String> = row.try_get("last_failure")?;
    let failure = failure.as_deref().map(DeliveryFailure::parse).transpose();
    Ok(Channel {
        last_success_at: time("last_success_at")?,
        failing_since: time("failing_since")?,
        failures: u64::try_from(failures).map_err(|_| corrupt("failures", contact.clone()))?,
        last_failure: failure.map_err(|_| corrupt("last_failure", contact.clone()))?,
        dead_since: time("dead_since")?,
    })
}
