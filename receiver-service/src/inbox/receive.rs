//! Takes a transmission in its two halves. A death between them leaves what the sender's next attempt finishes.

use std::sync::Arc;

use framme_shared::wire::status::Failure;

use super::{
    arrive::{Arrival, Incoming, StoreTransmission, local_id},
    receipt_stored::{ReceiptStored, Receipted},
    restore::restore,
};
use crate::{
    content,
    core::Core,
    error::Refusal,
    recovery::HeldBySender,
    store::{
        child, receipt,
        transmission::{self, Transmission},
    },
};

/// Stores it sealed, reads it back from storage, digests that, and answers with the signed receipt; a repetition gets
/// the first receipt, after what storage lost meanwhile was put back.
///
/// # Errors
/// `CONTENT_DIFFERS`, `ATTACHMENT_INCOMPLETE`, `PAIR_RECOVERING`, `STORAGE_UNAVAILABLE`, `STORAGE_CORRUPT`.
pub async fn receive(core: &Core, incoming: Incoming, content: &[u8], held_by_sender: u64) -> Result<String, Refusal> {
    let incoming = Arc::new(incoming);
    let store = |id| {
        core.db.change(StoreTransmission {
            incoming: Arc::clone(&incoming),
            id,
            content: content::seal(&core.keys, &id, content),
        })
    };
    let mut id = incoming.new.sent_id;
    let mut arrival = store(id).await?;
    if matches!(arrival, Arrival::IdTaken) {
        id = local_id(&incoming.new);
        arrival = store(id).await?;
    }
    if let Arrival::Repeated(found) = arrival {
        id = found.id;
        arrival = restore(core, &incoming, found, content).await?;
    }
    match arrival {
        Arrival::New => {
            let digest = content::read_back(core, &id).await?.digest;
            let receipting = ReceiptStored {
                notary: Arc::clone(&core.notary),
                sender: incoming.new.sender,
                id,
                sent_id: incoming.new.sent_id,
                report: incoming.new.report,
                children: incoming.children.len(),
                digest,
                held_by_sender,
            };
            confirm(core, receipting).await
        }
        Arrival::Repeated(found) => first_receipt(core, &found, held_by_sender).await,
        Arrival::Differs | Arrival::IdTaken => Err(Failure::ContentDiffers.into()),
        Arrival::Incomplete(attachment) => Err(attachment.into()),
    }
}

/// The receipt "stored" of a transmission that is there; made now if whoever stored it died before.
///
/// # Errors
/// As [`receive`].
pub(super) async fn first_receipt(core: &Core, found: &Transmission, held_by_sender: u64) -> Result<String, Refusal> {
    if let Some(sequence) = found.stored_receipt_sequence {
        let receipt = receipt::find(core.db.reader(), &found.sender, sequence).await?;
        return receipt
            .map(|receipt| receipt.jws)
            .ok_or_else(|| Refusal::digest_differs("receipt", &format!("{}/{sequence}", found.sender)));
    }
    let digest = content::read_back(core, &found.id).await?.digest;
    let children = child::of_transmission(core.db.reader(), &found.id).await?;
    let receipting = ReceiptStored {
        notary: Arc::clone(&core.notary),
        sender: found.sender,
        id: found.id,
        sent_id: found.sent_id,
        report: found.report,
        children: children.len(),
        digest,
        held_by_sender,
    };
    confirm(core, receipting).await
}

async fn confirm(core: &Core, receipting: ReceiptStored) -> Result<String, Refusal> {
    let (sender, id, held_by_sender) = (receipting.sender, receipting.id, receipting.held_by_sender);
    match core.change_for(&sender, receipting).await? {
        Receipted::Now(jws) => Ok(jws),
        Receipted::Before => {
            let found = transmission::find(core.db.reader(), &id)
                .await?
                .ok_or(Failure::NotFound)?;
            // There is a receipt now, so this does not come back here.
            Box::pin(first_receipt(core, &found, held_by_sender)).await
        }
        Receipted::Behind => {
            let sequence = held_by_sender;
            core.db.change(HeldBySender { sender, sequence }).await?;
            Err(Failure::PairRecovering.into())
        }
    }
}
