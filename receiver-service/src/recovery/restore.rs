//! Receipts of this receiver that come back from the sender.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx, sealing::MasterKeys},
    domain::{
        ids::TransmissionId,
        lifecycle::ChildState,
        organisation::OrganisationNumber,
        receipt::{ChainHead, ReceiptClaims, StatedBy, Statement, VerifiedReceipt},
    },
    wire::status::Failure,
};

use super::replay;
use crate::{
    error::Refusal,
    receipts::Notary,
    staff::revoke_from,
    store::{
        child::{self, Child, Moved},
        peer,
        receipt::{self, NewReceipt},
        restoring, transmission,
    },
};

/// A receipt that came back, verified by the own certificate.
pub struct Returned {
    /// As it was signed.
    pub jws: String,
    /// What it states.
    pub receipt: VerifiedReceipt,
}

/// Takes receipts back: the chain goes on from the last of them.
pub struct RestoreReceipts {
    /// Whose chain.
    pub sender: OrganisationNumber,
    /// In order of their numbers.
    pub receipts: Vec<Returned>,
    /// Signs what must be revoked.
    pub notary: Arc<Notary>,
    /// Opens contents.
    pub keys: Arc<MasterKeys>,
}

/// What came of it.
pub struct Restored {
    /// The last receipt of the pair.
    pub last_sequence: u64,
    /// Transmissions that the receipts are about and that are not here, by the sender's ids.
    pub missing: Vec<TransmissionId>,
}

impl Change for RestoreReceipts {
    type Outcome = Restored;
    type Error = Refusal;

    async fn apply(&self, tx: &mut Tx) -> Result<Restored, Refusal> {
        let before = peer::find(&mut *tx.conn(), &self.sender)
            .await?
            .ok_or(Failure::ChainMismatch)?;
        let head = ChainHead::stored(before.last_sequence, before.last_sha256).map_err(|_| Failure::ChainMismatch)?;
        let (new, last) = self.following(head)?;
        // Also of those that came before: a repetition gets the same answer.
        let here = self.local_ids(tx).await?;
        let missing = self.missing(&here);
        if !new.is_empty() {
            self.keep(tx, &new, &here, head, last).await?;
            apply_to_children(tx, &new, &here).await?;
            let at = tx.at();
            restoring::insert(tx.conn(), &self.sender, &missing, at).await?;
            tx.record(self.entry(head, last, missing.len()));
        }
        if !new.is_empty() && last.sequence() >= before.held_by_sender {
            // Everything is back. Whoever left since, or is not in the register of the backup, has nothing.
            self.revoke_from_those_who_left(tx).await?;
        }
        let after = peer::find(&mut *tx.conn(), &self.sender)
            .await?
            .ok_or(StoreError::Missing)?;
        Ok(Restored {
            last_sequence: after.last_sequence,
            missing,
        })
    }
}

impl RestoreReceipts {
    fn claims(&self) -> impl Iterator<Item = &ReceiptClaims> {
        self.receipts.iter().map(|returned| returned.receipt.claims())
    }

    /// Those after the end of the chain, which they must follow, and its new end.
    fn following(&self, head: ChainHead) -> Result<(Vec<&Returned>, ChainHead), Refusal> {
        let (mut last, mut new) = (head, Vec::new());
        for returned in &self.receipts {
            if returned.receipt.claims().sequence > head.sequence() {
                last = last.follow(&returned.receipt).map_err(|_| Failure::ChainMismatch)?;
                new.push(returned);
            }
        }
        Ok((new, last))
    }

    /// The ids inside this service of the transmissions that are here, by the sender's ids.
    async fn local_ids(&self, tx: &mut Tx) -> Result<HashMap<TransmissionId, TransmissionId>, StoreError> {
        let sent: HashSet<TransmissionId> = self.claims().map(|claims| claims.transmission).collect();
        let mut here = HashMap::new();
        for id in sent {
            if let Some(found) = transmission::find_sent(&mut *tx.conn(), &self.sender, &id).await? {
                here.insert(id, found.id);
            }
        }
        Ok(here)
    }

    fn missing(&self, here: &HashMap<TransmissionId, TransmissionId>) -> Vec<TransmissionId> {
        let mut seen = HashSet::new();
        let about = self.claims().map(|claims| claims.transmission);
        about.filter(|id| !here.contains_key(id) && seen.insert(*id)).collect()
    }

    async fn keep(
        &self,
        tx: &mut Tx,
        new: &[&Returned],
        here: &HashMap<TransmissionId, TransmissionId>,
        head: ChainHead,
        last: ChainHead,
    ) -> Result<(), StoreError> {
        let rows: Vec<NewReceipt> = new.iter().map(|returned| row(returned, here)).collect();
        receipt::insert(tx.conn(), &self.sender, &rows).await?;
        let at = tx.at();
        let (to, sha256) = (last.sequence(), last.digest());
        peer::restore(tx.conn(), &self.sender, head.sequence(), to, &sha256, at).await
    }

    async fn revoke_from_those_who_left(&self, tx: &mut Tx) -> Result<(), Refusal> {
        // Of all batches, and of what the backup already had.
        let assigned = child::caseworkers(tx.conn(), &self.sender).await?;
        let by = StatedBy::Program {
            program: self.notary.program.clone(),
            on_behalf_of: None,
        };
        for staff in assigned {
            revoke_from(tx, &self.notary, &self.keys, (&staff, &self.sender), &by).await?;
        }
        Ok(())
    }

    fn entry(&self, head: ChainHead, last: ChainHead, missing: usize) -> LedgerEntry {
        LedgerEntry {
            kind: "receipts_restored",
            subject: self.sender.to_string(),
            actor: self.sender.to_string(),
            data: format!(
                "{} to {} came back, {}; {missing} transmissions are missing",
                head.sequence() + 1,
                last.sequence(),
                last.digest()
            ),
        }
    }
}

/// Children that are here come to what the receipts say.
async fn apply_to_children(
    tx: &mut Tx,
    new: &[&Returned],
    here: &HashMap<TransmissionId, TransmissionId>,
) -> Result<(), StoreError> {
    for (sent_id, id) in here {
        let about: Vec<&ReceiptClaims> = new
            .iter()
            .map(|returned| returned.receipt.claims())
            .filter(|claims| claims.transmission == *sent_id)
            .collect();
        apply_stored(tx, id, &about).await?;
        let children = child::of_transmission(&mut *tx.conn(), id).await?;
        let states: Vec<ChildState> = children
            .iter()
            .map(|child| replay::after(&child.state, &child.id, about.iter().copied()))
            .collect();
        let moved: Vec<Moved<'_>> = children
            .iter()
            .zip(&states)
            .filter(|(child, state)| child.state != **state)
            .map(|(child, state)| moved(id, child, state))
            .collect();
        let at = tx.at();
        child::set_states(tx.conn(), &moved, at).await?;
    }
    Ok(())
}

/// A transmission that arrived and whose receipt "stored" was lost has it again.
async fn apply_stored(tx: &mut Tx, id: &TransmissionId, about: &[&ReceiptClaims]) -> Result<(), StoreError> {
    let Some(stored) = about.iter().find(|claims| claims.statement == Statement::Stored) else {
        return Ok(());
    };
    let found = transmission::find(&mut *tx.conn(), id).await?;
    if found.is_some_and(|found| found.stored_receipt_sequence.is_none()) {
        transmission::set_stored(tx.conn(), &[(*id, stored.sequence)], stored.time).await?;
    }
    Ok(())
}

fn row(returned: &Returned, here: &HashMap<TransmissionId, TransmissionId>) -> NewReceipt {
    let claims = returned.receipt.claims();
    NewReceipt {
        sequence: claims.sequence,
        // One that is missing comes again under the sender's id.
        transmission: here.get(&claims.transmission).copied().unwrap_or(claims.transmission),
        child: claims.child,
        level: claims.statement.level().map_or("", |level| level.as_str()),
        feedback: claims.statement.feedback().map(|feedback| feedback.kind()),
        jws: returned.jws.clone(),
        sha256: returned.receipt.sha256(),
        made_at: claims.time,
    }
}

fn moved<'a>(transmission: &'a TransmissionId, child: &'a Child, state: &'a ChildState) -> Moved<'a> {
    Moved {
        transmission,
        child,
        state,
        by: "restore_receipts",
    }
}
