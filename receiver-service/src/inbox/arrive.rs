//! The first half of taking a transmission: everything about it is stored, and nothing is confirmed.

use std::sync::Arc;

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx},
    domain::{
        digest::Digest,
        ids::{AttachmentId, TransmissionId},
    },
    wire::status::Failure,
};
use uuid::Uuid;

use crate::{
    error::Refusal,
    store::{
        attachment,
        child::{self, NewChild},
        transmission::{self, NewTransmission, SealedContent, Transmission},
    },
};

/// A file that the content names.
#[derive(Debug, Clone)]
pub struct NamedAttachment {
    /// The file.
    pub id: AttachmentId,
    /// Its size.
    pub size_bytes: u64,
    /// Its SHA-256.
    pub sha256: Digest,
}

/// A transmission whose content was found right.
pub struct Incoming {
    /// What is known of it.
    pub new: NewTransmission,
    /// Its children.
    pub children: Vec<NewChild>,
    /// The files that must have arrived before.
    pub attachments: Vec<NamedAttachment>,
}

/// Stores a transmission with its children, sealed, in the state that they have before its receipt.
pub struct StoreTransmission {
    /// The transmission.
    pub incoming: Arc<Incoming>,
    /// The id that it gets inside this service.
    pub id: TransmissionId,
    /// Its content, sealed for this id.
    pub content: SealedContent,
}

/// What became of it.
#[derive(Debug)]
pub enum Arrival {
    /// It is stored.
    New,
    /// It was there, with the same content. Nothing changed.
    Repeated(Transmission),
    /// Its id, number or report came before with other content. Nothing changed.
    Differs,
    /// Another organisation has used the id: seal the content for `local_id` and store it under that. Nothing
    /// changed.
    IdTaken,
    /// A file is not completely uploaded. Nothing changed.
    Incomplete(AttachmentId),
}

/// The id inside this service of a transmission whose own id another organisation has used. The sender notices nothing,
/// so it learns nothing of what others sent.
#[must_use]
pub(super) fn local_id(new: &NewTransmission) -> TransmissionId {
    let derived = Uuid::new_v5(new.sent_id.as_uuid(), new.sender.as_str().as_bytes());
    TransmissionId::from_uuid(derived).expect("a UUID of version 5 is never nil")
}

impl Change for StoreTransmission {
    type Outcome = Arrival;
    type Error = Refusal;

    async fn apply(&self, tx: &mut Tx) -> Result<Arrival, Refusal> {
        if let Some(missing) = self.incomplete(tx).await? {
            return Ok(Arrival::Incomplete(missing));
        }
        let at = tx.at();
        let Incoming { new, children, .. } = self.incoming.as_ref();
        if !transmission::insert(tx.conn(), &self.id, new, &self.content, at).await? {
            return Ok(self.known(tx).await?);
        }
        child::insert(tx.conn(), &self.id, children, new.urgency.rank(), new.submitted_at, at).await?;
        tx.record(LedgerEntry {
            kind: "transmission_arrived",
            subject: self.id.to_string(),
            actor: new.sender.to_string(),
            data: format!(
                "number {} of the pair, {} children, content {}",
                new.sequence,
                children.len(),
                new.content_sha256
            ),
        });
        Ok(Arrival::New)
    }
}

impl StoreTransmission {
    /// Why nothing was inserted.
    async fn known(&self, tx: &mut Tx) -> Result<Arrival, StoreError> {
        let new = &self.incoming.new;
        match transmission::find_sent(&mut *tx.conn(), &new.sender, &new.sent_id).await? {
            Some(found) if is_same(&found, new) => Ok(Arrival::Repeated(found)),
            Some(_) => Ok(Arrival::Differs),
            None if transmission::is_taken(tx.conn(), &new.sender, new.sequence, &new.report).await? => {
                Ok(Arrival::Differs)
            }
            None => Ok(Arrival::IdTaken),
        }
    }

    /// The first file that has not arrived whole, as the content announces it.
    async fn incomplete(&self, tx: &mut Tx) -> Result<Option<AttachmentId>, StoreError> {
        let Incoming { new, attachments, .. } = self.incoming.as_ref();
        if attachments.is_empty() {
            return Ok(None);
        }
        let arrived = attachment::of_transmission(&mut *tx.conn(), &new.sender, &new.sent_id).await?;
        let is_here = |named: &&NamedAttachment| {
            arrived.iter().any(|file| {
                file.id == named.id
                    && file.complete
                    && file.size_bytes == named.size_bytes
                    && file.sha256 == named.sha256
            })
        };
        Ok(attachments.iter().find(|named| !is_here(named)).map(|named| named.id))
    }
}

/// The same request gets the first answer; one that differs in anything does not.
fn is_same(found: &Transmission, new: &NewTransmission) -> bool {
    found.content_sha256 == new.content_sha256
        && found.sequence == new.sequence
        && found.report == new.report
        && found.submitted_at == new.submitted_at
}

impl From<AttachmentId> for Refusal {
    fn from(attachment: AttachmentId) -> Self {
        Failure::AttachmentIncomplete(attachment).into()
    }
}
