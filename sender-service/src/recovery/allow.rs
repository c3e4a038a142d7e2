//! Whether this database may be an older copy of itself.

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx},
    domain::organisation::OrganisationNumber,
};

use crate::store::{receiver, recovered};

/// What these receivers say that they were sent may be taken back from them.
pub struct AllowTakingBack {
    /// Which.
    pub receivers: Vec<OrganisationNumber>,
    /// Who says so: a role-scoped staff id, or the program, which found its high-water mark gone.
    pub by: String,
}

impl Change for AllowTakingBack {
    /// How many of them are known.
    type Outcome = u64;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<u64, StoreError> {
        let (at, mut known) = (tx.at(), 0);
        for organisation in &self.receivers {
            if !recovered::allow(tx.conn(), organisation, at).await? {
                continue;
            }
            known += 1;
            // Its receipts may have stopped at what is unknown here.
            receiver::trust(tx.conn(), organisation, at).await?;
            tx.record(LedgerEntry {
                kind: "taking_back_allowed",
                subject: organisation.to_string(),
                actor: self.by.clone(),
                data: String::new(),
            });
        }
        Ok(known)
    }
}
