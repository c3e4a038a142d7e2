//! Issues and ends credentials.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use framme_shared::{
    db::{Change, LedgerEntry, Tx},
    domain::{digest::Digest, ids::CredentialId, staff_id::StaffId},
    runtime::random::{OsRandom, Random},
    wire::status::Failure,
};
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::{
    error::Refusal,
    store::{
        credential::{self, CredentialKind, NewCredential, Proof},
        staff,
    },
};

/// A token, shown once. Does not print.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The token itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A credential that was made and is not stored yet.
#[derive(Debug)]
pub struct Issued {
    /// The token.
    pub token: Secret,
    /// Stores its digest.
    pub change: IssueCredential,
}

/// Makes a token for a person or a program: 256 bits from the operating system, in base64url.
#[must_use]
pub fn issue(
    random: &dyn Random,
    kind: CredentialKind,
    holder: StaffId,
    expires_at: Timestamp,
    issued_by: String,
) -> Issued {
    let mut bytes = Zeroizing::new([0; 32]);
    // Never from the injected randomness, which tests make guessable.
    OsRandom.fill(bytes.as_mut_slice());
    let token = Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice()));
    let id = CredentialId::from_uuid(random.new_uuid()).expect("a UUID of version 4 is never nil");
    Issued {
        change: IssueCredential(NewCredential {
            id,
            kind,
            holder,
            proof: Proof::Token(Digest::of(token.as_bytes())),
            expires_at,
            created_by: issued_by,
        }),
        token: Secret(token),
    }
}

/// Stores a credential. The holder must be in the staff register when it is a person.
#[derive(Debug)]
pub struct IssueCredential(pub NewCredential);

impl Change for IssueCredential {
    /// A refusal changes nothing, so it is an outcome.
    type Outcome = Result<CredentialId, Refusal>;
    type Error = Refusal;

    async fn apply(&self, tx: &mut Tx) -> Result<Self::Outcome, Refusal> {
        let Self(new) = self;
        if new.kind == CredentialKind::Person && staff::access(&mut *tx.conn(), &new.holder).await?.is_none() {
            let rule = "must be the id of somebody in the staff register";
            return Ok(Err(Failure::invalid_field("holder_id", rule).into()));
        }
        let at = tx.at();
        credential::insert(tx.conn(), new, at).await?;
        tx.record(LedgerEntry {
            kind: "credential_issued",
            subject: new.id.to_string(),
            actor: new.created_by.clone(),
            data: format!("{} {}, until {}", new.kind.as_str(), new.holder, new.expires_at),
        });
        Ok(Ok(new.id))
    }
}

/// Ends a credential at once. Ending it again changes nothing.
#[derive(Debug)]
pub struct RevokeCredential {
    /// Which.
    pub id: CredentialId,
    /// Who ends it.
    pub actor: String,
}

impl Change for RevokeCredential {
    /// A refusal changes nothing, so it is an outcome.
    type Outcome = Result<(), Refusal>;
    type Error = Refusal;

    async fn apply(&self, tx: &mut Tx) -> Result<Self::Outcome, Refusal> {
        let at = tx.at();
        if !credential::revoke(tx.conn(), &self.id, at).await? {
            return Ok(Err(Failure::NotFound.into()));
        }
        tx.record(LedgerEntry {
            kind: "credential_revoked",
            subject: self.id.to_string(),
            actor: self.actor.clone(),
            data: String::new(),
        });
        Ok(Ok(()))
    }
}
