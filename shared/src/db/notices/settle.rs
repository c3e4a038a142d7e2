//! What came of sending a message, on its notices, its channel and in the ledger.

use std::time::Duration;

use jiff::Timestamp;

use super::read::most_urgent;
use crate::{
    db::{Change, LedgerEntry, StoreError, Tx, channels},
    domain::notice::{Channel, ContactName, DeliveryFailure, MessageId},
};

/// A message was taken by the mail server or the webhook.
pub struct Taken {
    /// For whom it was.
    pub contact: ContactName,
    /// Which.
    pub id: MessageId,
    /// Of the claim.
    pub token: String,
}

impl Change for Taken {
    /// `false` when another worker has the message since: it sends it again under the same id.
    type Outcome = bool;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        let at = tx.at();
        let sent = sqlx::query(
            "-- notices::taken
UPDATE notice
SET state = 'sent', sent_at = $1, lease_token = NULL, lease_until = 0, written_at = $1, written_by = 'taken'
WHERE contact = $2 AND message = $3 AND lease_token = $4 AND state = 'waiting'",
        )
        .bind(at.as_microsecond())
        .bind(self.contact.to_string())
        .bind(self.id.to_string())
        .bind(self.token.clone())
        .execute(tx.conn())
        .await?;
        if sent.rows_affected() == 0 {
            return Ok(false);
        }
        tx.record(LedgerEntry {
            kind: "notice_sent",
            subject: self.contact.to_string(),
            actor: "program".to_owned(),
            data: format!("{} notices", sent.rows_affected()),
        });
        let before = channels::look_up(tx.conn(), &self.contact).await?.unwrap_or_default();
        channels::change(tx, &self.contact, before, Channel::worked(at)).await?;
        Ok(true)
    }
}

/// A message was not taken, or nobody knows whether it was.
pub struct NotTaken {
    /// For whom it was.
    pub contact: ContactName,
    /// Which.
    pub id: MessageId,
    /// Of the claim.
    pub token: String,
    /// Why.
    pub failure: DeliveryFailure,
    /// It is tried again after this.
    pub wait: Duration,
}

impl Change for NotTaken {
    /// What the channel has become; `None` when another worker has the message since.
    type Outcome = Option<Channel>;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Option<Channel>, StoreError> {
        let at = tx.at();
        let again_at = at.saturating_add(self.wait).unwrap_or(Timestamp::MAX);
        let put_back = sqlx::query(
            "-- notices::not_taken
UPDATE notice
SET next_attempt_at = $1, last_failure = $2, lease_token = NULL, lease_until = 0, written_at = $3,
    written_by = 'not_taken'
WHERE contact = $4 AND message = $5 AND lease_token = $6 AND state = 'waiting'",
        )
        .bind(again_at.as_microsecond())
        .bind(self.failure.as_str())
        .bind(at.as_microsecond())
        .bind(self.contact.to_string())
        .bind(self.id.to_string())
        .bind(self.token.clone())
        .execute(tx.conn())
        .await?;
        if put_back.rows_affected() == 0 {
            return Ok(None);
        }
        let most_urgent = most_urgent(tx.conn(), &self.contact).await?;
        let before = channels::look_up(tx.conn(), &self.contact).await?.unwrap_or_default();
        let now = before.failed(self.failure, most_urgent, at);
        channels::change(tx, &self.contact, before, now).await?;
        Ok(Some(now))
    }
}
