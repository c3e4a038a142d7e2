//! Notices to people, put into the outbox in the change that makes them due, so that none is lost.
//!
//! All that wait for a contact are claimed together and told by one message. What is not taken is tried again for ever,
//! and told to others when its contact cannot be reached.

mod claim;
mod desk;
mod read;
mod relay;
mod settle;

pub use self::{
    claim::{ClaimMessage, Claimed},
    desk::{TellDesk, is_untold},
    read::{Unsent, is_waiting_for, next_due, unsent_since},
    relay::{LeaveToOthers, Relay, told_elsewhere, without_relay},
    settle::{NotTaken, Taken},
};
use super::{StoreError, Tx};
use crate::domain::notice::NewNotice;

/// Puts a notice into the outbox; one that is there already stays as it is. `true` when it is new.
///
/// # Errors
/// Those of storage.
pub async fn enqueue(tx: &mut Tx, notice: NewNotice) -> Result<bool, StoreError> {
    let at = tx.at().as_microsecond();
    let added = sqlx::query(
        "-- notices::enqueue
INSERT INTO notice (contact, occasion, subject, turn, urgency_rank, until_at, created_at, state, attempts,
    next_attempt_at, lease_token, lease_until, last_failure, sent_at, written_at, written_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', 0, $7, NULL, 0, NULL, NULL, $7, 'enqueue')
ON CONFLICT (contact, occasion, subject, turn) DO NOTHING",
    )
    .bind(notice.contact.to_string())
    .bind(notice.occasion.as_str())
    .bind(notice.subject)
    .bind(i64::from(notice.turn))
    .bind(notice.urgency.rank())
    .bind(notice.until.map(|until| until.as_microsecond()))
    .bind(at)
    .execute(tx.conn())
    .await?;
    Ok(added.rows_affected() == 1)
}
