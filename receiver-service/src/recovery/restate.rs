//! Transmissions that were lost and are here again: what their earlier receipts said, and still holds, is stated anew.

use std::sync::Arc;

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx},
    domain::{
        digest::Digest,
        ids::{ReportId, TransmissionId},
        lifecycle::ChildState,
        organisation::OrganisationNumber,
        receipt::{Pair, ReceiptClaims, StatedBy, Statement, VerifiedReceipt},
        staff_role::StaffReference,
    },
};

use super::replay::concerns;
use crate::{
    content,
    core::Core,
    error::Refusal,
    receipts::{About, Book, Notary},
    store::{
        child::{self, Child, Moved},
        receipt, restoring, staff, transmission,
    },
};

/// Transmissions looked at in one go.
const AT_ONCE: u32 = 100;

/// States anew what holds of every transmission of this sender that was lost and is here again.
///
/// # Errors
/// Those of storage; a damaged content; an earlier receipt that does not verify.
pub async fn restate_arrived(core: &Core, sender: &OrganisationNumber) -> Result<(), Refusal> {
    loop {
        let arrived = restoring::arrived(core.db.reader(), sender, AT_ONCE).await?;
        if arrived.is_empty() {
            return Ok(());
        }
        for (sent_id, id) in arrived {
            restate(core, sender, sent_id, id).await?;
        }
    }
}

/// The same for one transmission that has just arrived, if it was lost before.
///
/// # Errors
/// As [`restate_arrived`].
pub async fn restate_one(core: &Core, sender: &OrganisationNumber, sent_id: &TransmissionId) -> Result<(), Refusal> {
    match restoring::arrived_as(core.db.reader(), sender, sent_id).await? {
        Some(id) => restate(core, sender, *sent_id, id).await,
        None => Ok(()),
    }
}

async fn restate(
    core: &Core,
    sender: &OrganisationNumber,
    sent_id: TransmissionId,
    id: TransmissionId,
) -> Result<(), Refusal> {
    let restate = Restate {
        sender: *sender,
        sent_id,
        id,
        digest: content::read_back(core, &id).await?.digest,
        earlier: earlier(core, sender, &id).await?,
        notary: Arc::clone(&core.notary),
    };
    core.change_for(sender, restate).await
}

/// All receipts about a transmission.
async fn earlier(core: &Core, sender: &OrganisationNumber, id: &TransmissionId) -> Result<Vec<ReceiptClaims>, Refusal> {
    let pair = Pair {
        sender: *sender,
        receiver: core.notary.organisation(),
    };
    let now = core.clock.now();
    let receipts = receipt::of_transmission(core.db.reader(), sender, id).await?;
    let claims = receipts.iter().map(|kept| {
        let verified = core.trust.verify(&kept.jws, &pair, now);
        verified
            .map(VerifiedReceipt::into_claims)
            .map_err(|error| Refusal::unverified(&format!("{sender}/{}", kept.sequence), error.reason()))
    });
    claims.collect()
}

struct Restate {
    sender: OrganisationNumber,
    sent_id: TransmissionId,
    id: TransmissionId,
    /// SHA-256 of the content as read back just now.
    digest: Digest,
    earlier: Vec<ReceiptClaims>,
    notary: Arc<Notary>,
}

impl Change for Restate {
    type Outcome = ();
    type Error = Refusal;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Refusal> {
        if !restoring::remove(tx.conn(), &self.sender, &self.sent_id).await? {
            return Ok(());
        }
        let found = transmission::find(&mut *tx.conn(), &self.id).await?;
        let found = found.ok_or(StoreError::Missing)?;
        let before_loss = found.stored_receipt_sequence.unwrap_or(0);
        let children = child::of_transmission(&mut *tx.conn(), &self.id).await?;
        let mut book = Book::open(tx, &self.notary, self.sender).await?;
        let mut stated = 0;
        for child in &children {
            // Somebody was quicker: what people do now is newer than what they did before the loss.
            if !matches!(child.state, ChildState::Held { .. }) {
                continue;
            }
            let before = self.earlier.iter().filter(|claims| claims.sequence < before_loss);
            let about: Vec<&ReceiptClaims> = since_stored(before)
                .into_iter()
                .filter(|claims| concerns(claims, &child.id))
                .collect();
            stated += self.restate(tx, &mut book, child, &about, &found.report).await?;
        }
        book.close(tx, "restate").await?;
        tx.record(LedgerEntry {
            kind: "transmission_restored",
            subject: self.id.to_string(),
            actor: self.notary.program.to_string(),
            data: format!("{stated} earlier statements hold and were made anew"),
        });
        Ok(())
    }
}

impl Restate {
    /// In order, as far as a program can state it on behalf of those who stated it first, and as far as it still holds:
    /// nobody but a person opens, and a child is given only to somebody who is there.
    async fn restate(
        &self,
        tx: &mut Tx,
        book: &mut Book<'_>,
        child: &Child,
        earlier: &[&ReceiptClaims],
        report: &ReportId,
    ) -> Result<usize, Refusal> {
        let at = tx.at();
        let (mut state, mut stated) = (child.state.clone(), 0);
        for claims in earlier {
            if let Statement::Assigned(caseworker) = &claims.statement
                && !can_be_given(tx, caseworker, child).await?
            {
                break;
            }
            let (Some(event), Some(stated_by)) = (claims.statement.event(), self.stated_by(claims)) else {
                continue;
            };
            let Ok(next) = state.clone().apply(event, at) else {
                continue;
            };
            let about = About {
                transmission: &self.id,
                sent_id: &self.sent_id,
                report,
                digest: &self.digest,
            };
            book.enter(tx, about, Some(child.id), stated_by, claims.statement.clone())?;
            state = next;
            stated += 1;
        }
        if state != child.state {
            self.set(tx, child, &state).await?;
        }
        Ok(stated)
    }

    async fn set(&self, tx: &mut Tx, child: &Child, state: &ChildState) -> Result<(), StoreError> {
        let at = tx.at();
        let moved = Moved {
            transmission: &self.id,
            child,
            state,
            by: "restate",
        };
        child::set_states(tx.conn(), &[moved], at).await
    }

    /// This program, on behalf of whoever stated it first; `None` for what only a person, or the receipt "stored", says.
    fn stated_by(&self, claims: &ReceiptClaims) -> Option<StatedBy> {
        if matches!(claims.statement, Statement::Stored | Statement::Opened) {
            return None;
        }
        let on_behalf_of = match &claims.stated_by {
            StatedBy::Person(person) => Some(person.clone()),
            StatedBy::Program { on_behalf_of, .. } => on_behalf_of.clone(),
            StatedBy::Unknown => return None,
        };
        Some(StatedBy::Program {
            program: self.notary.program.clone(),
            on_behalf_of,
        })
    }
}

/// What was stated since it was stored the last time: what was lost before that was told again then.
fn since_stored<'a>(receipts: impl Iterator<Item = &'a ReceiptClaims>) -> Vec<&'a ReceiptClaims> {
    let mut since = Vec::new();
    for claims in receipts {
        if claims.statement == Statement::Stored {
            since.clear();
        }
        since.push(claims);
    }
    since
}

async fn can_be_given(tx: &mut Tx, caseworker: &StaffReference, child: &Child) -> Result<bool, StoreError> {
    let access = staff::access(&mut *tx.conn(), &caseworker.staff).await?;
    Ok(access.is_some_and(|access| access.can_be_given(&child.area) == Some(caseworker.role)))
}
