//! The first half of taking a transmission: everything about it is stored, and nothing is confirmed.

use std::{collections::HashSet, sync::Arc};

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx, deadlines},
    domain::{
        digest::Digest,
        ids::{AttachmentId, TransmissionId},
    },
    wire::status::Failure,
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    error::Refusal,
    store::{
        attachment,
        child::{self, NewChild},
        fingerprint,
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
    /// When its clocks are looked at first.
    pub first_look: Timestamp,
    /// Fingerprints of the events that it is about.
    pub events: Vec<Digest>,
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
        let mut arrivals = Self::apply_all(&[self], tx).await?;
        arrivals.pop().ok_or_else(|| StoreError::Missing.into())
    }

    async fn apply_all(changes: &[&Self], tx: &mut Tx) -> Result<Vec<Arrival>, Refusal> {
        let mut incomplete = Vec::with_capacity(changes.len());
        for change in changes {
            incomplete.push(change.incomplete(tx).await?);
        }
        let complete = changes.iter().zip(&incomplete).filter(|(_, missing)| missing.is_none());
        let mut new = store(complete.map(|(change, _)| *change), tx).await?;

        let mut arrivals = Vec::with_capacity(changes.len());
        for (change, missing) in changes.iter().zip(incomplete) {
            arrivals.push(match missing {
                Some(missing) => Arrival::Incomplete(missing),
                // Of several under one id, the first is the one that was stored.
                None if new.remove(&change.id) => Arrival::New,
                None => change.known(tx).await?,
            });
        }
        Ok(arrivals)
    }
}

/// Stores those that are new, the first under each id; returns the ids of those that were stored.
async fn store<'a>(
    changes: impl Iterator<Item = &'a StoreTransmission>,
    tx: &mut Tx,
) -> Result<HashSet<TransmissionId>, StoreError> {
    let mut ids = HashSet::new();
    let first: Vec<&StoreTransmission> = changes.filter(|change| ids.insert(change.id)).collect();
    let at = tx.at();
    let rows: Vec<_> = first
        .iter()
        .map(|change| (&change.id, &change.incoming.new, &change.content))
        .collect();
    let stored = transmission::insert(tx.conn(), &rows, at).await?;
    let new = || first.iter().filter(|change| stored.contains(&change.id));
    let children: Vec<_> = new()
        .flat_map(|change| {
            change
                .incoming
                .children
                .iter()
                .map(|child| (&change.id, &change.incoming.new, child))
        })
        .collect();
    child::insert(tx.conn(), &children, at).await?;
    let of_event = |change: &&StoreTransmission| {
        let (id, sender) = (change.id, change.incoming.new.sender);
        let events = change.incoming.events.iter();
        events.map(|event| (*event, id, sender)).collect::<Vec<_>>()
    };
    let events: Vec<_> = new().flat_map(of_event).collect();
    fingerprint::insert(tx.conn(), &events).await?;
    let looks: Vec<_> = new().map(|change| (change.id, change.incoming.first_look)).collect();
    deadlines::arm(tx.conn(), &looks, at).await?;
    new().for_each(|change| tx.record(change.entry()));
    Ok(stored)
}

impl StoreTransmission {
    fn entry(&self) -> LedgerEntry {
        let Incoming { new, children, .. } = self.incoming.as_ref();
        LedgerEntry {
            kind: "transmission_arrived",
            subject: self.id.to_string(),
            actor: new.sender.to_string(),
            data: format!(
                "number {} of the pair, {} children, content {}",
                new.sequence,
                children.len(),
                new.content_sha256
            ),
        }
    }

    /// Why nothing was inserted.
    async fn known(&self, tx: &mut Tx) -> Result<Arrival, StoreError> {
        let new = &self.incoming.new;
        match transmission::find_sent(&mut *tx.conn(), &new.sender, &new.sent_id).await? {
            Some(found) if is_same(&found, new) => Ok(Arrival::Repeated(found)),
            Some(_) => Ok(Arrival::Differs),
            None if transmission::is_taken(tx.conn(), new).await? => Ok(Arrival::Differs),
            None => Ok(Arrival::IdTaken),
        }
    }

    /// The first file that has not arrived whole, as the content announces it.
    pub(super) async fn incomplete(&self, tx: &mut Tx) -> Result<Option<AttachmentId>, StoreError> {
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
        && found.redirected_from == new.redirected_from
}

impl From<AttachmentId> for Refusal {
    fn from(attachment: AttachmentId) -> Self {
        Failure::AttachmentIncomplete(attachment).into()
    }
}
