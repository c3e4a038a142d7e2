//! A sender takes a transmission back.

use std::sync::Arc;

use framme_shared::{
    db::{Change, LedgerEntry, Tx, sealing::MasterKeys},
    domain::{
        digest::Digest,
        ids::TransmissionId,
        lifecycle::Event,
        organisation::OrganisationNumber,
        receipt::{ReadBefore, ReadersInRole, StatedBy, Statement},
        staff_id::StaffId,
    },
    wire::{pb::exchange::WithdrawTransmissionResponse, status::Failure},
};

use super::receive::first_receipt;
use crate::{
    content,
    core::Core,
    error::Refusal,
    receipts::{About, Book, Notary},
    requests::Request,
    store::{
        child::{self, Moved},
        reading, receipt,
        transmission::{self, Transmission},
    },
};

/// A withdrawal as asked for.
pub struct Withdrawal {
    /// Organisation number from the certificate.
    pub sender: OrganisationNumber,
    /// The transmission's id as the sender gave it.
    pub sent_id: TransmissionId,
    /// Desk or officer, by role-scoped id.
    pub withdrawn_by: StaffId,
    /// The request, which may be repeated.
    pub request: Request,
}

/// Withdraws every child that has not ended; each gets a receipt.
///
/// # Errors
/// `NOT_FOUND`, `CONTENT_DIFFERS`, `INVALID_TRANSITION` when all have ended, and those of storage.
pub async fn withdraw(core: &Core, withdrawal: Withdrawal) -> Result<WithdrawTransmissionResponse, Refusal> {
    let found = transmission::find_sent(core.db.reader(), &withdrawal.sender, &withdrawal.sent_id)
        .await?
        .ok_or(Failure::NotFound)?;
    // The chain says that it was stored before it says that it was withdrawn.
    first_receipt(core, &found, 0).await?;
    let sender = withdrawal.sender;
    let withdrawing = WithdrawTransmission {
        notary: Arc::clone(&core.notary),
        keys: Arc::clone(&core.keys),
        digest: content::read_back(core, &found.id).await?.digest,
        transmission: found,
        withdrawal,
    };
    core.change_for(&sender, withdrawing).await?
}

struct WithdrawTransmission {
    notary: Arc<Notary>,
    keys: Arc<MasterKeys>,
    transmission: Transmission,
    digest: Digest,
    withdrawal: Withdrawal,
}

impl Change for WithdrawTransmission {
    /// A refusal changes nothing, so it is an outcome.
    type Outcome = Result<WithdrawTransmissionResponse, Refusal>;
    type Error = Refusal;

    async fn apply(&self, tx: &mut Tx) -> Result<Self::Outcome, Refusal> {
        let Withdrawal {
            request, withdrawn_by, ..
        } = &self.withdrawal;
        match request.replay(tx, &self.keys).await {
            Ok(Some(first)) => return Ok(Ok(first)),
            Ok(None) => {}
            Err(refusal) => return refusal.settled(),
        }
        let Transmission {
            id,
            sent_id,
            report,
            sender,
            ..
        } = &self.transmission;
        let children = child::of_transmission(&mut *tx.conn(), id).await?;
        let opened = receipt::opened(tx.conn(), sender, id).await?;
        let readers = reading::readers(tx.conn(), id).await?;
        let (at, mut refused, mut receipts) = (tx.at(), None, Vec::new());
        let mut book = Book::open(tx, &self.notary, *sender).await?;
        for child in &children {
            let state = match child.state.clone().apply(Event::Withdraw, at) {
                Ok(state) => state,
                Err(invalid) => {
                    refused = Some(invalid);
                    continue;
                }
            };
            let moved = Moved {
                transmission: id,
                child,
                state: &state,
                by: "withdraw_transmission",
            };
            child::set_states(tx.conn(), &[moved], at).await?;
            let about = About {
                transmission: id,
                sent_id,
                report,
                digest: &self.digest,
            };
            let stated_by = StatedBy::Program {
                program: self.notary.program.clone(),
                on_behalf_of: None,
            };
            let read = read_before(opened.of(&child.id), &readers);
            let statement = Statement::Withdrawn(Some(read));
            receipts.push(book.enter(tx, about, Some(child.id), stated_by, statement)?);
        }
        if receipts.is_empty() {
            return Ok(Err(refused.map_or_else(|| Failure::NotFound.into(), Refusal::from)));
        }
        book.close(tx, "withdraw_transmission").await?;
        tx.record(LedgerEntry {
            kind: "transmission_withdrawn",
            subject: id.to_string(),
            actor: format!("{sender}/{withdrawn_by}"),
            data: format!("{} children", receipts.len()),
        });
        let answer = WithdrawTransmissionResponse { receipts };
        request.keep(tx, &self.keys, &answer).await?;
        Ok(Ok(answer))
    }
}

/// What is told of the readings. Of a child that nobody opened, nothing: others read of the children beside it.
fn read_before(opened: bool, readers: &[ReadersInRole]) -> ReadBefore {
    ReadBefore::new(opened, readers.iter().copied().filter(|_| opened))
}
