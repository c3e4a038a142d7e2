//! Issuing and revoking credentials of the local interface.

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx},
    domain::ids::CredentialId,
};

use crate::store::credential::{self, NewCredential};

/// Makes a credential valid.
pub struct IssueCredential {
    /// Which, and whose.
    pub new: NewCredential,
    /// Who issues it.
    pub by: String,
}

impl Change for IssueCredential {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let at = tx.at();
        credential::insert(tx.conn(), &self.new, at).await?;
        tx.record(LedgerEntry {
            kind: "credential_issued",
            subject: self.new.credential.to_string(),
            actor: self.by.clone(),
            data: format!(
                "{} for role {}, until {}",
                self.new.kind, self.new.role, self.new.expires_at
            ),
        });
        Ok(())
    }
}

/// Ends a credential.
pub struct RevokeCredential {
    /// Which.
    pub credential: CredentialId,
    /// Who revokes it.
    pub by: String,
}

impl Change for RevokeCredential {
    /// Whether there was a valid one.
    type Outcome = bool;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        let at = tx.at();
        let revoked = credential::revoke(tx.conn(), &self.credential, at).await?;
        if revoked {
            tx.record(LedgerEntry {
                kind: "credential_revoked",
                subject: self.credential.to_string(),
                actor: self.by.clone(),
                data: String::new(),
            });
        }
        Ok(revoked)
    }
}
