//! Taking what is due for a contact, as one message.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::Row as _;

use super::read::{corrupt, count, time, urgency, waiting};
use crate::{
    db::{Change, StoreError, Tx, rows::exactly},
    domain::notice::{ContactName, Counted, Due, LEASE, Message, MessageId, Occasion, Told, due},
};

/// Leases the message that is due for a contact: one that was not taken yet, or a new one of all notices that wait.
pub struct ClaimMessage {
    /// For whom.
    pub contact: ContactName,
    /// Which service this is, for the id of a new message.
    pub service: String,
    /// Of this claim alone.
    pub token: String,
    /// For how long notices are gathered.
    pub gather: Duration,
}

/// A message to be sent now, held until the lease runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Its id, the same at every attempt.
    pub id: MessageId,
    /// What it tells.
    pub message: Message,
    /// When the last notice in it came up: the same at every attempt.
    pub made_at: Timestamp,
    /// Which attempt this is, from 1.
    pub attempt: u64,
}

impl Change for ClaimMessage {
    /// `None` when nothing is due.
    type Outcome = Option<Claimed>;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Option<Claimed>, StoreError> {
        let at = tx.at();
        let waiting = waiting(tx.conn(), &self.contact).await?;
        let id = match due(&waiting, at, self.gather) {
            Due::Again(id) => self.lease(tx, id).await?,
            Due::Gather => self.gather(tx).await?,
            Due::Later(_) | Due::Nothing => return Ok(None),
        };
        self.read(tx, id).await
    }
}

impl ClaimMessage {
    async fn lease(&self, tx: &mut Tx, id: MessageId) -> Result<MessageId, StoreError> {
        let at = tx.at();
        sqlx::query(
            "-- notices::lease
UPDATE notice
SET attempts = attempts + 1, lease_token = $1, lease_until = $2, written_at = $3, written_by = 'claim'
WHERE contact = $4 AND message = $5 AND state = 'waiting'",
        )
        .bind(self.token.clone())
        .bind(lease_until(at))
        .bind(at.as_microsecond())
        .bind(self.contact.to_string())
        .bind(id.to_string())
        .execute(tx.conn())
        .await?;
        Ok(id)
    }

    async fn gather(&self, tx: &mut Tx) -> Result<MessageId, StoreError> {
        let at = tx.at();
        let notices = self.in_no_message(tx).await?;
        let wanted = notices.len();
        let id = MessageId::of(&self.service, &self.contact, notices);
        let put = sqlx::query(
            "-- notices::gather
UPDATE notice
SET message = $1, attempts = attempts + 1, lease_token = $2, lease_until = $3, written_at = $4, written_by = 'claim'
WHERE contact = $5 AND message IS NULL AND state = 'waiting'",
        )
        .bind(id.to_string())
        .bind(self.token.clone())
        .bind(lease_until(at))
        .bind(at.as_microsecond())
        .bind(self.contact.to_string())
        .execute(tx.conn())
        .await?;
        exactly(put.rows_affected(), wanted)?;
        Ok(id)
    }

    async fn in_no_message(&self, tx: &mut Tx) -> Result<Vec<Told>, StoreError> {
        let rows = sqlx::query(
            "-- notices::in_no_message
SELECT occasion, subject, turn, created_at
FROM notice
WHERE contact = $1 AND message IS NULL AND state = 'waiting'",
        )
        .bind(self.contact.to_string())
        .fetch_all(tx.conn())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Told {
                    occasion: occasion(row, &self.contact)?,
                    subject: row.try_get("subject")?,
                    turn: row.try_get("turn")?,
                    created_at: time(row, "created_at", &self.contact)?,
                })
            })
            .collect()
    }

    async fn read(&self, tx: &mut Tx, id: MessageId) -> Result<Option<Claimed>, StoreError> {
        let rows = sqlx::query(
            "-- notices::in_message
SELECT occasion, urgency_rank, COUNT(*) AS notices, MIN(until_at) AS until_at, MAX(created_at) AS created_at,
    MAX(attempts) AS attempts
FROM notice
WHERE contact = $1 AND message = $2 AND state = 'waiting'
GROUP BY occasion, urgency_rank",
        )
        .bind(self.contact.to_string())
        .bind(id.to_string())
        .fetch_all(tx.conn())
        .await?;
        let (mut counts, mut made_at, mut attempt) = (Vec::new(), Timestamp::MIN, 0);
        for row in &rows {
            let until: Option<i64> = row.try_get("until_at")?;
            let until = until.map(Timestamp::from_microsecond).transpose();
            counts.push(Counted {
                occasion: occasion(row, &self.contact)?,
                urgency: urgency(row, &self.contact)?,
                count: count(row, "notices", &self.contact)?,
                until: until.map_err(|_| corrupt("until_at", &self.contact))?,
            });
            made_at = made_at.max(time(row, "created_at", &self.contact)?);
            attempt = attempt.max(count(row, "attempts", &self.contact)?);
        }
        let claimed = Message::new(counts).map(|message| Claimed {
            id,
            message,
            made_at,
            attempt,
        });
        Ok(claimed)
    }
}

fn lease_until(at: Timestamp) -> i64 {
    at.saturating_add(LEASE).unwrap_or(Timestamp::MAX).as_microsecond()
}

fn occasion(row: &sqlx::any::AnyRow, contact: &ContactName) -> Result<Occasion, StoreError> {
    let word: String = row.try_get("occasion")?;
    Occasion::parse(&word).map_err(|_| corrupt("occasion", contact))
}
