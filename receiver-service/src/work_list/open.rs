//! Reading a transmission: recorded, and receipted as opened when a person does it, before anything is handed out.

use std::{collections::HashSet, sync::Arc};

use framme_shared::{
    db::{Change, LedgerEntry, Tx},
    domain::{
        digest::Digest,
        ids::TransmissionId,
        lifecycle::{ChildState, Event},
        receipt::{StatedBy, Statement},
        staff_role::StaffReference,
    },
    wire::{pb::report::Report, report::narrow, status::Failure},
};
use prost::Message as _;
use uuid::Uuid;

use super::view::{Visible, reaches};
use crate::{
    authority::{Caller, Holder, Rpc},
    content::{self, ReadBack},
    core::Core,
    error::Refusal,
    receipts::{About, Book, Notary},
    staff::Access,
    store::{
        child::{self, Child, Moved},
        reading, transmission,
        transmission::Transmission,
        work_list,
    },
};

/// A transmission as its reader gets it.
pub struct Opened {
    /// Its state after the opening was recorded, with the children that the reader reaches.
    pub entry: Visible,
    /// Its content, with only these children and the attachments that concern them.
    pub report: Report,
}

/// Records the reading, receipts the opening if it is a person's first, and then hands out the content.
///
/// # Errors
/// `NOT_FOUND`, also for what the caller may not see; `STORAGE_CORRUPT`; those of storage.
pub async fn open(core: &Core, caller: Caller, id: TransmissionId) -> Result<Opened, Refusal> {
    let found = transmission::find(core.db.reader(), &id)
        .await?
        .ok_or(Failure::NotFound)?;
    let content = content::read_back(core, &id).await?;
    let sender = found.sender;
    let opening = OpenTransmission {
        notary: Arc::clone(&core.notary),
        transmission: found,
        digest: content.digest,
        reading: core.random.new_uuid(),
        caller: caller.clone(),
    };
    core.change_for(&sender, opening).await??;
    let entry = work_list::entry(core.db.reader(), &id)
        .await?
        .ok_or(Failure::NotFound)?;
    let entry = Visible::to(&caller, Rpc::GetTransmission, entry).ok_or(Failure::NotFound)?;
    let report = narrowed(&content, &id, &entry)?;
    Ok(Opened { entry, report })
}

/// The report without the children that the reader does not reach, and without what concerns only those.
fn narrowed(content: &ReadBack, id: &TransmissionId, entry: &Visible) -> Result<Report, Refusal> {
    let mut report = Report::decode(content.bytes.as_slice())
        .map_err(|_| Refusal::digest_differs("transmission", &id.to_string()))?;
    let shown: HashSet<String> = entry.0.children.iter().map(|child| child.id.to_string()).collect();
    narrow(&mut report, |child| shown.contains(child));
    Ok(report)
}

struct OpenTransmission {
    notary: Arc<Notary>,
    transmission: Transmission,
    digest: Digest,
    reading: Uuid,
    caller: Caller,
}

impl Change for OpenTransmission {
    /// A refusal changes nothing, so it is an outcome.
    type Outcome = Result<(), Refusal>;
    type Error = Refusal;

    async fn apply(&self, tx: &mut Tx) -> Result<Self::Outcome, Refusal> {
        let Transmission {
            id,
            stored_receipt_sequence,
            ..
        } = &self.transmission;
        let children = child::of_transmission(&mut *tx.conn(), id).await?;
        let reached: Vec<&Child> = children
            .iter()
            .filter(|child| reaches(&self.caller, Rpc::GetTransmission, child))
            .collect();
        if reached.is_empty() || stored_receipt_sequence.is_none() {
            return Ok(Err(Failure::NotFound.into()));
        }
        let (opened, role) = match &self.caller.holder {
            Holder::Person(access) => (
                self.receipt(tx, access, &children, &reached).await?,
                Some(reader(access, reached[0])?.role),
            ),
            Holder::CaseSystem(_) => (0, None),
        };
        let at = tx.at();
        reading::insert(tx.conn(), &self.reading, id, None, &self.caller, role, at).await?;
        tx.record(LedgerEntry {
            kind: "transmission_read",
            subject: id.to_string(),
            actor: self.caller.key(),
            data: format!(
                "reading {}, credential {}, {opened} opened",
                self.reading, self.caller.credential
            ),
        });
        Ok(Ok(()))
    }
}

impl OpenTransmission {
    /// Moves the children that this person opens for the first time, and makes the receipt: one for the whole
    /// transmission when every child of it is opened, else one for each. Returns how many children it opened.
    async fn receipt(
        &self,
        tx: &mut Tx,
        access: &Access,
        children: &[Child],
        reached: &[&Child],
    ) -> Result<usize, Refusal> {
        let Transmission {
            id,
            sender,
            sent_id,
            report,
            ..
        } = &self.transmission;
        let has_read = reading::has_read(tx.conn(), id, &access.staff).await?;
        let at = tx.at();
        let opening: Vec<(&Child, ChildState)> = reached
            .iter()
            .filter(|child| !has_read || !is_opened(&child.state))
            .filter_map(|child| Some((*child, child.state.clone().apply(Event::Open, at).ok()?)))
            .collect();
        let mut book = Book::open(tx, &self.notary, *sender).await?;
        let about = About {
            transmission: id,
            sent_id,
            report,
            digest: &self.digest,
        };
        let moved: Vec<Moved<'_>> = opening
            .iter()
            .filter(|(child, state)| *state != child.state)
            .map(|(child, state)| Moved {
                transmission: id,
                child,
                state,
                by: "open_transmission",
            })
            .collect();
        child::set_states(tx.conn(), &moved, at).await?;
        if opening.len() == children.len() {
            let person = StatedBy::Person(reader(access, opening[0].0)?);
            book.enter(tx, about, None, person, Statement::Opened)?;
        } else {
            for (child, _) in &opening {
                let person = StatedBy::Person(reader(access, child)?);
                book.enter(tx, about, Some(child.id), person, Statement::Opened)?;
            }
        }
        book.close(tx, "open_transmission").await?;
        Ok(opening.len())
    }
}

fn is_opened(state: &ChildState) -> bool {
    match state {
        ChildState::Held { progress, .. }
        | ChildState::Assigned { progress, .. }
        | ChildState::Assessed { progress, .. } => progress.opened,
        _ => false,
    }
}

/// In which role the person reads this child.
fn reader(access: &Access, child: &Child) -> Result<StaffReference, Failure> {
    let caseworker = child.state.assignment().map(|assignment| &assignment.caseworker.staff);
    access
        .acts_as(Rpc::GetTransmission, &child.area, caseworker)
        .ok_or(Failure::NotFound)
}
