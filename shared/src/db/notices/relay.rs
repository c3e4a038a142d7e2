//! Telling others what does not arrive at its contact. The contact goes on being tried.

use sqlx::{AnyPool, Row as _};

use super::read::{contact, most_urgent};
use crate::{
    db::{Change, LedgerEntry, StoreError, Tx, channels},
    domain::notice::{ContactName, DeliveryFailure},
};

/// What a relayed notice was at first, as its subject. One that is relayed on keeps it, so that two dead contacts that
/// stand in for each other end in two notices and not in ever more.
macro_rules! origin {
    () => {
        "CASE WHEN notice.occasion = 'unreachable' THEN notice.subject
ELSE notice.contact || '/' || notice.occasion || '/' || notice.subject || '/' || CAST(notice.turn AS TEXT) END"
    };
}

/// Contacts for which notices wait that nobody else was told of, and whether their channel is dead.
///
/// # Errors
/// Those of storage.
pub async fn without_relay(pool: &AnyPool) -> Result<Vec<(ContactName, bool)>, StoreError> {
    let rows = sqlx::query(
        "-- notices::without_relay
SELECT notice.contact, COUNT(channel.dead_since) AS dead
FROM notice LEFT JOIN channel ON channel.contact = notice.contact
WHERE notice.state = 'waiting' AND notice.relayed_at IS NULL
GROUP BY notice.contact
ORDER BY notice.contact",
    )
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| Ok((contact(row)?, row.try_get::<i64, _>("dead")? > 0)))
        .collect()
}

/// Tells others of everything that waits for a contact whose channel is dead, or that is not in the configuration: then
/// its channel dies with it.
pub struct Relay {
    /// Whose.
    pub contact: ContactName,
    /// Whether it is in the configuration.
    pub is_configured: bool,
    /// Who is told instead.
    pub to: Vec<ContactName>,
}

impl Change for Relay {
    /// How many notices were told to others.
    type Outcome = u64;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<u64, StoreError> {
        let before = channels::look_up(tx.conn(), &self.contact).await?.unwrap_or_default();
        if !before.is_dead() {
            if self.is_configured {
                return Ok(0);
            }
            let most_urgent = most_urgent(tx.conn(), &self.contact).await?;
            let now = before.failed(DeliveryFailure::NotConfigured, most_urgent, tx.at());
            channels::change(tx, &self.contact, before, now).await?;
        }
        if self.to.is_empty() {
            return Ok(0);
        }
        for to in &self.to {
            self.tell(tx, to).await?;
        }
        self.mark(tx).await
    }
}

impl Relay {
    async fn tell(&self, tx: &mut Tx, to: &ContactName) -> Result<(), StoreError> {
        let at = tx.at().as_microsecond();
        sqlx::query(concat!(
            "-- notices::tell_instead
INSERT INTO notice (contact, occasion, subject, turn, urgency_rank, until_at, created_at, state, attempts,
    next_attempt_at, lease_token, lease_until, last_failure, sent_at, written_at, written_by, message, relayed_at)
SELECT $1, 'unreachable', ",
            origin!(),
            ", 0, notice.urgency_rank, notice.until_at, $2, 'waiting', 0, $2, NULL, 0, NULL, NULL, $2, 'relay', NULL, NULL
FROM notice
WHERE notice.contact = $3 AND notice.state = 'waiting' AND notice.relayed_at IS NULL
    AND NOT (notice.occasion = 'unreachable' AND notice.subject LIKE $4)
ON CONFLICT (contact, occasion, subject, turn) DO NOTHING"
        ))
        .bind(to.to_string())
        .bind(at)
        .bind(self.contact.to_string())
        // What was meant for them at first, and did not arrive, is waiting for them already.
        .bind(format!("{to}/%"))
        .execute(tx.conn())
        .await?;
        Ok(())
    }

    async fn mark(&self, tx: &mut Tx) -> Result<u64, StoreError> {
        let at = tx.at().as_microsecond();
        let marked = sqlx::query(
            "-- notices::mark_relayed
UPDATE notice
SET relayed_at = $1, written_at = $1, written_by = 'relay'
WHERE contact = $2 AND state = 'waiting' AND relayed_at IS NULL",
        )
        .bind(at)
        .bind(self.contact.to_string())
        .execute(tx.conn())
        .await?
        .rows_affected();
        if marked > 0 {
            let names: Vec<&str> = self.to.iter().map(ContactName::as_str).collect();
            tx.record(LedgerEntry {
                kind: "notice_relayed",
                subject: self.contact.to_string(),
                actor: "program".to_owned(),
                data: format!("{marked} notices told to {}", names.join(", ")),
            });
        }
        Ok(marked)
    }
}

/// Contacts with notices that wait for them and have reached others.
///
/// # Errors
/// Those of storage.
pub async fn told_elsewhere(pool: &AnyPool) -> Result<Vec<ContactName>, StoreError> {
    let rows = sqlx::query(concat!(
        "-- notices::told_elsewhere
SELECT DISTINCT notice.contact
FROM notice
WHERE notice.state = 'waiting' AND notice.relayed_at IS NOT NULL AND EXISTS (
    SELECT 1
    FROM notice AS other
    WHERE other.occasion = 'unreachable' AND other.state = 'sent' AND other.contact <> notice.contact
        AND other.subject = ",
        origin!(),
        ")"
    ))
    .fetch_all(pool)
    .await?;
    rows.iter().map(contact).collect()
}

/// Ends the notices of a contact that is not in the configuration any more, as far as others were reached with them.
pub struct LeaveToOthers(pub ContactName);

impl Change for LeaveToOthers {
    /// How many.
    type Outcome = u64;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<u64, StoreError> {
        let at = tx.at().as_microsecond();
        let left = sqlx::query(concat!(
            "-- notices::leave_to_others
UPDATE notice
SET state = 'elsewhere', lease_token = NULL, lease_until = 0, written_at = $1, written_by = 'leave_to_others'
WHERE notice.contact = $2 AND notice.state = 'waiting' AND notice.relayed_at IS NOT NULL AND EXISTS (
    SELECT 1
    FROM notice AS other
    WHERE other.occasion = 'unreachable' AND other.state = 'sent' AND other.contact <> notice.contact
        AND other.subject = ",
            origin!(),
            ")"
        ))
        .bind(at)
        .bind(self.0.to_string())
        .execute(tx.conn())
        .await?
        .rows_affected();
        if left > 0 {
            tx.record(LedgerEntry {
                kind: "notice_left_to_others",
                subject: self.0.to_string(),
                actor: "program".to_owned(),
                data: format!("{left} notices, of which others were told"),
            });
        }
        Ok(left)
    }
}
