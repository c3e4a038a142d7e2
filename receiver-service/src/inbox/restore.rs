//! A sender sends again what this service has a row of: either an answer was lost, or the sender found out that storage
//! lost something. What is gone is put back; what is there stays as it is.

use std::{collections::HashSet, sync::Arc};

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx},
    domain::ids::TransmissionId,
    wire::status::Failure,
};

use super::arrive::{Arrival, Incoming, StoreTransmission};
use crate::{
    content,
    core::Core,
    error::Refusal,
    store::{
        child,
        transmission::{self, SealedContent, Transmission},
    },
};

/// Makes a repeated transmission whole again, if it is not. [`Arrival::New`] when children of it were gone: then it was
/// stored as if it had never been there, and needs a receipt of its own.
pub(super) async fn restore(
    core: &Core,
    incoming: &Arc<Incoming>,
    found: Transmission,
    content: &[u8],
) -> Result<Arrival, Refusal> {
    let children = child::of_transmission(core.db.reader(), &found.id).await?;
    if !has_all(&children, incoming) {
        let anew = StoreAnew(StoreTransmission {
            incoming: Arc::clone(incoming),
            id: found.id,
            content: content::seal(&core.keys, &found.id, content),
        });
        return core.db.change(anew).await;
    }
    match content::read_back(core, &found.id).await {
        Ok(_) => {}
        Err(Refusal::Rule(Failure::StorageCorrupt(_))) => {
            let (sealed, reseals) = seal_again(core, &found.id, content).await?;
            let restoring = RestoreContent {
                id: found.id,
                content: sealed,
                reseals,
            };
            core.db.change(restoring).await?;
            content::read_back(core, &found.id).await?;
        }
        Err(error) => return Err(error),
    }
    Ok(Arrival::Repeated(found))
}

/// Seals content under the key that the row has, so that what else is sealed under it still opens; under a new one when
/// that does not open any more. Says whether it did.
async fn seal_again(core: &Core, id: &TransmissionId, content: &[u8]) -> Result<(SealedContent, bool), Refusal> {
    let (kept, _) = core.contents.get(*id).await?.ok_or(Failure::NotFound)?;
    Ok(match core.keys.unwrap(&kept.key) {
        Ok(key) => {
            let sealed = content::seal_with(&key, id, content);
            (SealedContent { sealed, key: kept.key }, true)
        }
        Err(_) => (content::seal(&core.keys, id, content), false),
    })
}

fn has_all(children: &[child::Child], incoming: &Incoming) -> bool {
    let here: HashSet<_> = children.iter().map(|child| child.id).collect();
    here == incoming.children.iter().map(|child| child.id).collect()
}

/// Takes out what is left of a transmission, and stores it as it came.
struct StoreAnew(StoreTransmission);

impl Change for StoreAnew {
    type Outcome = Arrival;
    type Error = Refusal;

    async fn apply(&self, tx: &mut Tx) -> Result<Arrival, Refusal> {
        let StoreTransmission { incoming, id, .. } = &self.0;
        let children = child::of_transmission(&mut *tx.conn(), id).await?;
        if has_all(&children, incoming) {
            // Another call was faster.
            let found = transmission::find(&mut *tx.conn(), id).await?;
            return Ok(Arrival::Repeated(found.ok_or(StoreError::Missing)?));
        }
        if let Some(missing) = self.0.incomplete(tx).await? {
            return Ok(Arrival::Incomplete(missing));
        }
        transmission::remove(tx.conn(), id).await?;
        tx.record(LedgerEntry {
            kind: "transmission_lost",
            subject: id.to_string(),
            actor: incoming.new.sender.to_string(),
            data: format!("{} of {} children were left", children.len(), incoming.children.len()),
        });
        self.0.apply(tx).await
    }
}

/// Writes content that storage lost or damaged.
struct RestoreContent {
    id: TransmissionId,
    content: SealedContent,
    /// Whether the key is the one that the row has.
    reseals: bool,
}

impl Change for RestoreContent {
    type Outcome = ();
    type Error = Refusal;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Refusal> {
        let at = tx.at();
        transmission::restore_content(tx.conn(), &self.id, &self.content.sealed).await?;
        if !self.reseals {
            transmission::restore_key(tx.conn(), &self.id, &self.content, at).await?;
            child::forget_case_numbers(tx.conn(), &self.id, at).await?;
        }
        tx.record(LedgerEntry {
            kind: "content_restored",
            subject: self.id.to_string(),
            actor: "receiver".to_owned(),
            data: if self.reseals {
                ""
            } else {
                "under a new key; its case numbers are lost"
            }
            .to_owned(),
        });
        Ok(())
    }
}
