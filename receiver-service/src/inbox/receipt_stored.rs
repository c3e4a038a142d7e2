//! The second half of taking a transmission: what was read back is confirmed, in the same change that puts its children
//! on the work list.

use std::sync::Arc;

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx},
    domain::{
        digest::Digest,
        ids::{ReportId, TransmissionId},
        organisation::OrganisationNumber,
        receipt::{ChainHead, StatedBy, Statement},
    },
};

use crate::{
    error::Refusal,
    receipts::{About, Book, Notary},
    store::{child, peer, transmission},
};

/// Makes the receipt "stored".
pub struct ReceiptStored {
    /// Signs it.
    pub notary: Arc<Notary>,
    /// Who sent it.
    pub sender: OrganisationNumber,
    /// The transmission, by the id inside this service.
    pub id: TransmissionId,
    /// The transmission, as the sender knows it.
    pub sent_id: TransmissionId,
    /// The report that it is part of.
    pub report: ReportId,
    /// How many children it has.
    pub children: u64,
    /// SHA-256 of the content as read back from storage.
    pub digest: Digest,
}

/// What became of it.
#[derive(Debug)]
pub enum Receipted {
    /// The receipt, verbatim.
    Now(String),
    /// There was one already; another call made it.
    Before,
}

impl Change for ReceiptStored {
    type Outcome = Receipted;
    type Error = Refusal;

    async fn apply(&self, tx: &mut Tx) -> Result<Receipted, Refusal> {
        let at = tx.at();
        let Some(head) = self.begin(tx).await? else {
            return Ok(Receipted::Before);
        };
        let mut book = Book::at(&self.notary, self.sender, head);
        child::set_all_stored(tx.conn(), &self.id, self.children, at).await?;
        let about = About {
            transmission: &self.id,
            sent_id: &self.sent_id,
            report: &self.report,
            digest: &self.digest,
        };
        let stated_by = StatedBy::Program {
            program: self.notary.program.clone(),
            on_behalf_of: None,
        };
        let jws = book.enter(tx, about, None, stated_by, Statement::Stored)?;
        book.close(tx, "receipt_stored").await?;
        tx.record(LedgerEntry {
            kind: "transmission_stored",
            subject: self.id.to_string(),
            actor: self.notary.program.to_string(),
            data: format!("read back as {}", self.digest),
        });
        Ok(Receipted::Now(jws))
    }
}

impl ReceiptStored {
    /// Takes the next number of the chain for the transmission, and begins the chain with a sender's first one. `None`
    /// when the transmission has its receipt.
    async fn begin(&self, tx: &mut Tx) -> Result<Option<ChainHead>, StoreError> {
        let at = tx.at();
        let head = transmission::set_stored(tx.conn(), &self.id, &self.sender, at).await?;
        if head.is_some() || peer::find(&mut *tx.conn(), &self.sender).await?.is_some() {
            return Ok(head);
        }
        peer::insert(tx.conn(), &self.sender, at).await?;
        transmission::set_stored(tx.conn(), &self.id, &self.sender, at).await
    }
}
