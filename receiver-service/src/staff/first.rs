//! The first administrator of an empty register.

use std::sync::Arc;

use framme_shared::{
    db::{Change, LedgerEntry, Tx, sealing::MasterKeys},
    domain::{staff_id::StaffId, staff_role::StaffRole},
};

use super::{access::Access, access::Areas, name::seal_name};
use crate::{
    error::Refusal,
    store::staff::{self, Member},
};

/// Adds this person as administrator if nobody is in the register yet. Otherwise nothing happens.
pub struct EnsureAdministrator {
    /// Who.
    pub staff: StaffId,
    /// Seals the name, which is the staff id until somebody enters another.
    pub keys: Arc<MasterKeys>,
}

impl Change for EnsureAdministrator {
    type Outcome = ();
    type Error = Refusal;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Refusal> {
        if !staff::page(&mut *tx.conn(), "", 1).await?.is_empty() {
            return Ok(());
        }
        let member = Member {
            access: Access {
                staff: self.staff.clone(),
                roles: [StaffRole::Administrator].into_iter().collect(),
                areas: Areas::default(),
                active: true,
            },
            name: seal_name(&self.keys, &self.staff, self.staff.as_str()),
        };
        let at = tx.at();
        staff::insert(tx.conn(), &member, at).await?;
        tx.record(LedgerEntry {
            kind: "staff_created",
            subject: self.staff.to_string(),
            actor: "command line".to_owned(),
            data: "the first administrator".to_owned(),
        });
        Ok(())
    }
}
