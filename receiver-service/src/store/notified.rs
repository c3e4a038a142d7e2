//! Whether notices to people arrive, from what the outbox of notices and the tasks say.

use framme_shared::db::StoreError;
use jiff::{SignedDuration, Timestamp};
use sqlx::AnyPool;

use super::columns::Columns;

/// A notice that was taken longer ago says nothing about today.
const LATELY: SignedDuration = SignedDuration::from_hours(8 * 24);

/// `Some(false)` while a contact cannot be reached; `None` when nothing was sent lately.
pub async fn works(reader: &AnyPool, now: Timestamp) -> Result<Option<bool>, StoreError> {
    let row = sqlx::query(
        "-- notified::works
        SELECT CAST(CASE WHEN EXISTS (
                   SELECT 1 FROM task WHERE kind = 'contact_unreachable' AND closed_at IS NULL
               ) THEN 1 ELSE 0 END AS BIGINT) AS unreachable,
               CAST(CASE WHEN EXISTS (
                   SELECT 1 FROM notice WHERE state = 'sent' AND sent_at > $1
               ) THEN 1 ELSE 0 END AS BIGINT) AS arrived",
    )
    .bind(now.saturating_sub(LATELY).unwrap_or(Timestamp::MIN).as_microsecond())
    .fetch_one(reader)
    .await?;
    let columns = Columns::of(&row, "notice", String::new());
    Ok(match (columns.flag("unreachable")?, columns.flag("arrived")?) {
        (true, _) => Some(false),
        (false, true) => Some(true),
        (false, false) => None,
    })
}
