//! Both sides say where they stand.

use framme_shared::{
    db::{
        Change, LedgerEntry, StoreError, Tx,
        tasks::{self, Desk, NewTask},
    },
    domain::{organisation::OrganisationNumber, receipt::ChainHead},
    wire::status::Failure,
};

use crate::{
    error::Refusal,
    store::{
        peer::{self, Peer},
        receipt, transmission,
    },
};

/// The sender has said where it stands.
pub struct ComparePair {
    /// Organisation number from the certificate.
    pub sender: OrganisationNumber,
    /// The highest number that it has given to a transmission.
    pub last_transmission: u64,
    /// The last receipt that it holds.
    pub last_receipt: ChainHead,
    /// It has found that it was set back.
    pub set_back: bool,
}

/// Where this side stands.
pub struct Compared {
    /// The highest number of a transmission that is here.
    pub last_transmission: u64,
    /// The sender's row.
    pub peer: Peer,
}

impl Change for ComparePair {
    /// A refusal is an outcome: the task that goes with it is kept.
    type Outcome = Result<Compared, Refusal>;
    type Error = Refusal;

    async fn apply(&self, tx: &mut Tx) -> Result<Self::Outcome, Refusal> {
        let last_transmission = transmission::last_sequence(&mut *tx.conn(), &self.sender).await?;
        let before = self.row(tx).await?;
        if !self.is_one_history(tx, &before).await? {
            let text = "the receipts of one number differ on both sides";
            self.raise(tx, "two_histories", text).await?;
            return Ok(Err(Failure::ChainMismatch.into()));
        }
        let held_by_sender = self.last_receipt.sequence();
        if held_by_sender > before.last_sequence {
            let text = format!(
                "the sender holds receipts up to {held_by_sender}, here they end at {}: they come back from it",
                before.last_sequence
            );
            self.raise(tx, "restored_from_backup", &text).await?;
        }
        if self.set_back {
            let text = format!(
                "the sender had receipts up to {} and numbers up to {last_transmission}, and now has {held_by_sender} \
                 and {}: it gets back what is here",
                before.confirmed_sequence, self.last_transmission
            );
            self.raise(tx, "sender_restored_from_backup", &text).await?;
        }
        if before.must_be_compared || before.held_by_sender != held_by_sender {
            let at = tx.at();
            peer::compared(tx.conn(), &self.sender, held_by_sender, at).await?;
        }
        Ok(Ok(Compared {
            last_transmission,
            peer: Peer {
                held_by_sender,
                must_be_compared: false,
                ..before
            },
        }))
    }
}

impl ComparePair {
    async fn row(&self, tx: &mut Tx) -> Result<Peer, StoreError> {
        if let Some(peer) = peer::find(&mut *tx.conn(), &self.sender).await? {
            return Ok(peer);
        }
        peer::begin(tx, &self.sender).await?;
        peer::find(&mut *tx.conn(), &self.sender)
            .await?
            .ok_or(StoreError::Missing)
    }

    /// Whether the receipt with the sender's number, if it is here, is the one that the sender has.
    async fn is_one_history(&self, tx: &mut Tx, here: &Peer) -> Result<bool, StoreError> {
        let (sequence, digest) = (self.last_receipt.sequence(), self.last_receipt.digest());
        if sequence == 0 || sequence > here.last_sequence {
            return Ok(true);
        }
        let receipt = receipt::find(&mut *tx.conn(), &self.sender, sequence).await?;
        Ok(receipt.is_some_and(|receipt| receipt.sha256 == digest))
    }

    async fn raise(&self, tx: &mut Tx, kind: &'static str, data: &str) -> Result<(), StoreError> {
        let task = NewTask {
            kind,
            subject: self.sender.to_string(),
            desk: Desk::Operator,
            data: data.to_owned(),
        };
        tasks::raise(tx, task).await?;
        Ok(())
    }
}

/// A submission says that the sender holds more receipts than were made here: nothing is made before they come back.
pub struct HeldBySender {
    /// Organisation number from the certificate.
    pub sender: OrganisationNumber,
    /// The last receipt that it holds.
    pub sequence: u64,
}

impl Change for HeldBySender {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let here = match peer::find(&mut *tx.conn(), &self.sender).await? {
            Some(peer) => peer.held_by_sender.max(peer.last_sequence),
            None => {
                peer::begin(tx, &self.sender).await?;
                0
            }
        };
        if self.sequence > here {
            let at = tx.at();
            peer::held_by_sender(tx.conn(), &self.sender, self.sequence, at).await?;
            let task = NewTask {
                kind: "restored_from_backup",
                subject: self.sender.to_string(),
                desk: Desk::Operator,
                data: format!(
                    "the sender holds receipts up to {}, here they end at {here}: they come back from it",
                    self.sequence
                ),
            };
            tasks::raise(tx, task).await?;
        }
        Ok(())
    }
}

/// This database may be an older copy of itself: its high-water mark began anew. Every sender must say where it stands
/// before a receipt is made for it.
pub struct DoubtOwnState;

impl Change for DoubtOwnState {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let at = tx.at();
        let senders = peer::compare_all(tx.conn(), at).await?;
        tx.record(LedgerEntry {
            kind: "own_state_doubted",
            subject: "database".to_owned(),
            actor: "program".to_owned(),
            data: format!("the high-water mark begins anew; {senders} senders must say where they stand"),
        });
        Ok(())
    }
}
