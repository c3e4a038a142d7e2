//! Receipts for one sender within one change: numbered on from the last, signed, written together.

use framme_shared::{
    db::{StoreError, Tx},
    domain::{
        digest::Digest,
        ids::{ChildId, ReportId, TransmissionId},
        organisation::OrganisationNumber,
        receipt::{ChainHead, Pair, ReceiptClaims, StatedBy, Statement},
    },
    wire::status::Failure,
};

use super::Notary;
use crate::{
    error::Refusal,
    store::{peer, receipt, receipt::NewReceipt},
};

/// Which content a receipt is about.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The transmission, by the id inside this service.
    pub transmission: &'a TransmissionId,
    /// The transmission, as the sender knows it.
    pub sent_id: &'a TransmissionId,
    /// The report that it is part of.
    pub report: &'a ReportId,
    /// SHA-256 of the content as read back from storage for this receipt.
    pub digest: &'a Digest,
}

/// The open end of a sender's chain of receipts. Nothing is written before [`Book::close`].
pub struct Book<'n> {
    notary: &'n Notary,
    sender: OrganisationNumber,
    opened_at: u64,
    head: ChainHead,
    entered: Vec<NewReceipt>,
}

impl<'n> Book<'n> {
    /// Reads where the chain ends; a sender's first receipt begins it. No other change of the database runs until this
    /// one ends, so nobody else can take the numbers.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn open(tx: &mut Tx, notary: &'n Notary, sender: OrganisationNumber) -> Result<Self, StoreError> {
        let head = match peer::find(&mut *tx.conn(), &sender).await? {
            Some(peer) => ChainHead::stored(peer.last_sequence, peer.last_sha256).map_err(|_| StoreError::Corrupt {
                table: "peer",
                column: "last_receipt_sha256",
                row: sender.to_string(),
            })?,
            None => peer::begin(tx, &sender).await?,
        };
        Ok(Self::at(notary, sender, head))
    }

    /// Goes on from an end of the chain that this change has read already.
    #[must_use]
    pub(super) const fn at(notary: &'n Notary, sender: OrganisationNumber, head: ChainHead) -> Self {
        Self {
            notary,
            sender,
            opened_at: head.sequence(),
            head,
            entered: Vec::new(),
        }
    }

    /// Makes the next receipt and returns its bytes.
    ///
    /// # Errors
    /// When the statement breaks a rule of receipts, or the library fails.
    pub fn enter(
        &mut self,
        tx: &Tx,
        about: About<'_>,
        child: Option<ChildId>,
        stated_by: StatedBy,
        statement: Statement,
    ) -> Result<String, Refusal> {
        let level = statement.level().map_or("", |level| level.as_str());
        let feedback = statement.feedback().map(|feedback| feedback.kind());
        let claims = ReceiptClaims {
            pair: Pair {
                sender: self.sender,
                receiver: self.notary.organisation(),
            },
            sequence: self.head.next_sequence(),
            previous: self.head.digest(),
            time: tx.at(),
            transmission: *about.sent_id,
            report: *about.report,
            child,
            digest: *about.digest,
            stated_by,
            statement,
            software: self.notary.software.clone(),
        };
        let signed = self.notary.sign(&claims)?;
        self.head = self.head.appended(&signed);
        let jws = signed.into_string();
        self.entered.push(NewReceipt {
            sequence: claims.sequence,
            transmission: *about.transmission,
            child,
            level,
            feedback,
            jws: jws.clone(),
            sha256: self.head.digest(),
            made_at: tx.at(),
        });
        Ok(jws)
    }

    /// The number of the next receipt.
    #[must_use]
    pub const fn next_sequence(&self) -> u64 {
        self.head.next_sequence()
    }

    /// Writes what was entered and moves the end of the chain.
    ///
    /// # Errors
    /// `PAIR_RECOVERING` when receipts were lost and have not come back; those of the database.
    pub async fn close(self, tx: &mut Tx, by: &'static str) -> Result<(), Refusal> {
        if self.entered.is_empty() {
            return Ok(());
        }
        let at = tx.at();
        receipt::insert(tx.conn(), &self.sender, &self.entered).await?;
        let (to, sha256) = (self.head.sequence(), self.head.digest());
        if peer::advance(tx.conn(), &self.sender, self.opened_at, to, &sha256, by, at).await? {
            Ok(())
        } else {
            Err(Failure::PairRecovering.into())
        }
    }
}
