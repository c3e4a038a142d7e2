//! Takes from somebody every child that the register no longer lets that person hold.

use framme_shared::{
    db::{Tx, sealing::MasterKeys},
    domain::{
        ids::TransmissionId,
        lifecycle::Event,
        organisation::OrganisationNumber,
        receipt::{StatedBy, Statement},
        staff_id::StaffId,
    },
    wire::status::Failure,
};

use super::access::{Access, Areas, Roles};
use crate::{
    content::{self, ReadBack},
    error::Refusal,
    receipts::{About, Book, Notary},
    store::{
        child::{self, Child, LiveAssignment, Moved},
        staff, transmission,
    },
};

/// What was revoked.
pub(super) struct Revoked {
    /// How many assignments.
    pub(super) assignments: usize,
    /// Whose transmissions.
    pub(super) senders: Vec<OrganisationNumber>,
}

/// Revokes, with a receipt each, the live assignments of this sender's children that this person cannot hold by the
/// register as it is. Of others nothing is touched: their pairs may be recovering, too.
///
/// # Errors
/// As for a change of the register: a corrupt content refuses the whole.
pub async fn revoke_from(
    tx: &mut Tx,
    notary: &Notary,
    keys: &MasterKeys,
    (staff, sender): (&StaffId, &OrganisationNumber),
    by: &StatedBy,
) -> Result<(), Refusal> {
    let access = staff::access(&mut *tx.conn(), staff).await?;
    // Nobody of whom the register knows nothing can hold a child.
    let access = access.unwrap_or_else(|| Access {
        staff: staff.clone(),
        roles: Roles::default(),
        areas: Areas::default(),
        active: false,
    });
    let held = child::assigned_to(tx.conn(), staff).await?;
    let of_sender = held.into_iter().filter(|held| held.sender == *sender);
    revoke_lost(tx, notary, keys, &access, of_sender, by).await?;
    Ok(())
}

/// Revokes, with a receipt each, the live assignments that `access` does not allow. A corrupt content refuses the whole
/// change: an assignment is never taken away without its sender being told.
pub(super) async fn revoke_what_is_lost(
    tx: &mut Tx,
    notary: &Notary,
    keys: &MasterKeys,
    access: &Access,
    by: &StatedBy,
) -> Result<Revoked, Refusal> {
    let held = child::assigned_to(tx.conn(), &access.staff).await?;
    revoke_lost(tx, notary, keys, access, held.into_iter(), by).await
}

async fn revoke_lost(
    tx: &mut Tx,
    notary: &Notary,
    keys: &MasterKeys,
    access: &Access,
    held: impl Iterator<Item = LiveAssignment>,
    by: &StatedBy,
) -> Result<Revoked, Refusal> {
    let lost: Vec<LiveAssignment> = held.filter(|held| is_lost(&held.child, access)).collect();
    let mut senders = Vec::new();
    for of_sender in lost.chunk_by(|one, other| one.sender == other.sender) {
        let sender = of_sender[0].sender;
        let mut book = Book::open(tx, notary, sender).await?;
        for of_transmission in of_sender.chunk_by(|one, other| one.transmission == other.transmission) {
            let content = read_back(tx, keys, &of_transmission[0].transmission).await?;
            for held in of_transmission {
                revoke(tx, &mut book, held, &content, by).await?;
            }
        }
        book.close(tx, "update_staff").await?;
        senders.push(sender);
    }
    Ok(Revoked {
        assignments: lost.len(),
        senders,
    })
}

/// What could not be given to this person now cannot be held either.
fn is_lost(child: &Child, access: &Access) -> bool {
    child.state.live_assignment().is_some() && access.can_be_given(&child.area).is_none()
}

async fn read_back(tx: &mut Tx, keys: &MasterKeys, id: &TransmissionId) -> Result<ReadBack, Refusal> {
    let found = transmission::content(tx.conn(), &[*id]).await?.remove(id);
    let (sealed, expected) = found.ok_or(Failure::NotFound)?;
    content::open(keys, id, &sealed, &expected)
}

async fn revoke(
    tx: &mut Tx,
    book: &mut Book<'_>,
    held: &LiveAssignment,
    content: &ReadBack,
    by: &StatedBy,
) -> Result<(), Refusal> {
    let at = tx.at();
    let state = held.child.state.clone().apply(Event::Revoke, at)?;
    let moved = Moved {
        transmission: &held.transmission,
        child: &held.child,
        state: &state,
        by: "update_staff",
    };
    child::set_states(tx.conn(), &[moved], at).await?;
    let about = About {
        transmission: &held.transmission,
        sent_id: &held.sent_id,
        report: &held.report,
        digest: &content.digest,
    };
    book.enter(tx, about, Some(held.child.id), by.clone(), Statement::Revoked)?;
    Ok(())
}
