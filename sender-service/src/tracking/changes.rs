//! Smaller changes of the exchange with one receiver.

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx},
    domain::organisation::OrganisationNumber,
};

use crate::store::receiver;

/// Nothing that this receiver says is believed until a person has looked.
pub struct Distrust {
    /// Who.
    pub receiver: OrganisationNumber,
    /// From the closed set of reasons.
    pub reason: &'static str,
}

impl Change for Distrust {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let at = tx.at();
        if receiver::distrust(tx.conn(), &self.receiver, self.reason, at).await? {
            tx.record(distrusted(&self.receiver, self.reason));
        }
        Ok(())
    }
}

pub(super) fn distrusted(receiver: &OrganisationNumber, reason: &'static str) -> LedgerEntry {
    LedgerEntry {
        kind: "receiver_distrusted",
        subject: receiver.to_string(),
        actor: "sender".to_owned(),
        data: reason.to_owned(),
    }
}

/// A person has looked, and believes the receiver again. The stream goes on where it stopped: the same receipt is read
/// once more and must hold.
pub struct TrustReceiver {
    /// Who.
    pub receiver: OrganisationNumber,
    /// Who looked.
    pub by: String,
}

impl Change for TrustReceiver {
    /// Whether there was anything to clear.
    type Outcome = bool;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        let at = tx.at();
        let cleared = receiver::trust(tx.conn(), &self.receiver, at).await?;
        if cleared {
            tx.record(LedgerEntry {
                kind: "receiver_trusted",
                subject: self.receiver.to_string(),
                actor: self.by.clone(),
                data: String::new(),
            });
        }
        Ok(cleared)
    }
}

/// Records up to where the receiver knows that its receipts are stored.
pub(super) struct RecordConfirmation {
    pub(super) receiver: OrganisationNumber,
    pub(super) sequence: u64,
}

impl Change for RecordConfirmation {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let at = tx.at();
        receiver::confirmed(tx.conn(), &self.receiver, self.sequence, at).await
    }
}

/// Records that the receiver answered, though it had nothing new.
pub(super) struct RecordContact {
    pub(super) receiver: OrganisationNumber,
}

impl Change for RecordContact {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let at = tx.at();
        receiver::contact(tx.conn(), &self.receiver, at).await
    }
}
