//! The change that asks for a comparison: a worker carries it out.

use framme_shared::db::{Change, LedgerEntry, StoreError, Tx};

use crate::store::reconciliation::{self, NewReconciliation};

/// Asks for a comparison.
pub struct Ask(pub NewReconciliation);

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// A worker will carry it out.
    New,
    /// It was asked for before.
    Before,
}

impl Change for Ask {
    type Outcome = Asked;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Asked, StoreError> {
        let at = tx.at();
        if !reconciliation::insert(tx.conn(), &self.0, at).await? {
            return Ok(Asked::Before);
        }
        tx.record(LedgerEntry {
            kind: "reconciliation_asked",
            subject: self.0.id.to_string(),
            actor: self.0.requested_by.clone(),
            data: format!("{} with {}", self.0.occasion, self.0.receiver),
        });
        Ok(Asked::New)
    }
}
