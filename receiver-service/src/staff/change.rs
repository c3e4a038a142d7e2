//! Changes of the register.

use std::sync::Arc;

use framme_shared::{
    db::{Change, LedgerEntry, Tx, sealing::MasterKeys},
    domain::{organisation::OrganisationNumber, receipt::StatedBy},
    wire::{
        pb::receiver::{CreateStaffResponse, StaffMember, UpdateStaffResponse},
        status::Failure,
    },
};

use super::{access::Access, name::seal_name, revoke::revoke_what_is_lost};
use crate::{
    error::Refusal,
    receipts::Notary,
    requests::Request,
    store::staff::{self, Member},
};

/// In whose name the register is changed.
#[derive(Debug, Clone)]
pub struct Stated {
    /// For the ledger.
    pub actor: String,
    /// For the receipts of what is revoked.
    pub by: StatedBy,
}

/// What both changes of the register need.
pub struct StaffChange {
    /// The entry's access as it shall be.
    pub access: Access,
    /// The entry as the contract has it: what is answered.
    pub member: StaffMember,
    /// In whose name.
    pub stated: Stated,
    /// The request, which may be repeated; sealed, for it holds the name.
    pub request: Request,
    /// Seals the name and the first answer.
    pub keys: Arc<MasterKeys>,
}

impl StaffChange {
    fn sealed(&self) -> Member {
        Member {
            access: self.access.clone(),
            name: seal_name(&self.keys, &self.access.staff, &self.member.name),
        }
    }

    fn entry(&self, kind: &'static str, revoked: usize) -> LedgerEntry {
        let Access {
            staff,
            roles,
            areas,
            active,
        } = &self.access;
        LedgerEntry {
            kind,
            subject: staff.to_string(),
            actor: self.stated.actor.clone(),
            data: format!(
                "roles {}, areas {}, active {active}, {revoked} assignments revoked",
                roles.stored(),
                areas.stored()
            ),
        }
    }
}

/// Adds a person.
pub struct CreateStaff(pub StaffChange);

impl Change for CreateStaff {
    /// A refusal changes nothing, so it is an outcome.
    type Outcome = Result<CreateStaffResponse, Refusal>;
    type Error = Refusal;

    async fn apply(&self, tx: &mut Tx) -> Result<Self::Outcome, Refusal> {
        let Self(change) = self;
        match change.request.replay(tx, &change.keys).await {
            Ok(Some(first)) => return Ok(Ok(first)),
            Ok(None) => {}
            Err(refusal) => return refusal.settled(),
        }
        let at = tx.at();
        if !staff::insert(tx.conn(), &change.sealed(), at).await? {
            return Ok(Err(Failure::ContentDiffers.into()));
        }
        let answer = CreateStaffResponse {
            staff: Some(change.member.clone()),
        };
        change.request.keep(tx, &change.keys, &answer).await?;
        tx.record(change.entry("staff_created", 0));
        Ok(Ok(answer))
    }
}

/// Changes a person's entry. What the person can no longer hold is revoked in the same transaction.
pub struct UpdateStaff {
    /// The entry as it shall be.
    pub change: StaffChange,
    /// Signs the receipts of what is revoked.
    pub notary: Arc<Notary>,
}

impl Change for UpdateStaff {
    /// A refusal changes nothing, so it is an outcome. The senders are whom to wake.
    type Outcome = Result<(UpdateStaffResponse, Vec<OrganisationNumber>), Refusal>;
    type Error = Refusal;

    async fn apply(&self, tx: &mut Tx) -> Result<Self::Outcome, Refusal> {
        let change = &self.change;
        match change.request.replay(tx, &change.keys).await {
            Ok(Some(first)) => return Ok(Ok((first, Vec::new()))),
            Ok(None) => {}
            Err(refusal) => return refusal.settled(),
        }
        let at = tx.at();
        if !staff::update(tx.conn(), &change.sealed(), at).await? {
            return Ok(Err(Failure::NotFound.into()));
        }
        let revoked = revoke_what_is_lost(tx, &self.notary, &change.keys, &change.access, &change.stated.by).await?;
        let answer = UpdateStaffResponse {
            staff: Some(change.member.clone()),
            revoked_assignments: u32::try_from(revoked.assignments).unwrap_or(u32::MAX),
        };
        change.request.keep(tx, &change.keys, &answer).await?;
        tx.record(change.entry("staff_updated", revoked.assignments));
        Ok(Ok((answer, revoked.senders)))
    }
}
