//! The second half of taking a transmission: what was read back is confirmed, in the same change that puts its children
//! on the work list.

use std::sync::Arc;

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx},
    domain::{
        digest::Digest,
        ids::{ReportId, TransmissionId},
        organisation::OrganisationNumber,
        receipt::{StatedBy, Statement},
    },
};

use crate::{
    error::Refusal,
    receipts::{About, Book, Books, Notary},
    store::{child, transmission},
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
    pub children: usize,
    /// SHA-256 of the content as read back from storage.
    pub digest: Digest,
    /// The last receipt that the sender says it holds; 0 when it does not say.
    pub held_by_sender: u64,
}

/// What became of it.
#[derive(Debug)]
pub enum Receipted {
    /// The receipt, verbatim.
    Now(String),
    /// There was one already; another call made it.
    Before,
    /// The sender holds receipts that are not here: none is made before they have come back.
    Behind,
}

impl Change for ReceiptStored {
    type Outcome = Receipted;
    type Error = Refusal;

    async fn apply(&self, tx: &mut Tx) -> Result<Receipted, Refusal> {
        let mut outcomes = Self::apply_all(&[self], tx).await?;
        outcomes.pop().ok_or_else(|| StoreError::Missing.into())
    }

    async fn apply_all(changes: &[&Self], tx: &mut Tx) -> Result<Vec<Receipted>, Refusal> {
        let ids: Vec<TransmissionId> = changes.iter().map(|change| change.id).collect();
        let mut found = transmission::for_receipt(tx.conn(), &ids).await?;
        let (mut books, mut receipted, mut children) = (Books::default(), Vec::new(), 0);
        let mut outcomes = Vec::with_capacity(changes.len());
        for change in changes {
            let found = found.get_mut(&change.id).ok_or(StoreError::Missing)?;
            if found.receipted {
                outcomes.push(Receipted::Before);
                continue;
            }
            if change.held_by_sender > found.head.map_or(0, |head| head.sequence()) {
                outcomes.push(Receipted::Behind);
                continue;
            }
            found.receipted = true;
            let book = books.of(tx, &change.notary, change.sender, found.head).await?;
            receipted.push((change.id, book.next_sequence()));
            children += change.children;
            outcomes.push(Receipted::Now(change.enter(book, tx)?));
        }
        let at = tx.at();
        let ids: Vec<TransmissionId> = receipted.iter().map(|(id, _)| *id).collect();
        transmission::set_stored(tx.conn(), &receipted, at).await?;
        child::set_all_stored(tx.conn(), &ids, children, at).await?;
        books.close(tx, "receipt_stored").await?;
        Ok(outcomes)
    }
}

impl ReceiptStored {
    fn enter(&self, book: &mut Book<'_>, tx: &mut Tx) -> Result<String, Refusal> {
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
        tx.record(LedgerEntry {
            kind: "transmission_stored",
            subject: self.id.to_string(),
            actor: self.notary.program.to_string(),
            data: format!("read back as {}", self.digest),
        });
        Ok(jws)
    }
}
