//! From what was presented to a caller.

use framme_shared::{runtime::caller::Presented, wire::status::Failure};

use crate::{
    authority::{Caller, Holder},
    core::Core,
    error::Refusal,
    store::credential::{self, Credential, CredentialKind, Proof},
};

/// The caller that a credential proves. What an administrator ends is ended at once in this process, and within a second
/// in its replicas.
///
/// # Errors
/// `UNAUTHENTICATED` for a credential that is unknown, revoked or expired, and for a person who is not active; the
/// answer does not say which.
pub async fn authenticate(core: &Core, presented: Presented) -> Result<Caller, Refusal> {
    let proof = match presented {
        Presented::Token(digest) => Proof::Token(digest),
        Presented::Certificate(digest) => Proof::Certificate(digest),
        Presented::None => return Err(Failure::Unauthenticated.into()),
    };
    let now = core.clock.now();
    let generation = match core.callers.recall(&proof, now) {
        Ok(caller) => return Ok(caller),
        Err(generation) => generation,
    };
    let found = credential::by_proof(core.db.reader(), &proof).await?;
    let valid = found.filter(|credential| credential.revoked_at.is_none() && now < credential.expires_at);
    let expires_at = valid.as_ref().map(|credential| credential.expires_at);
    match (valid.and_then(caller_of), expires_at) {
        (Some(caller), Some(expires_at)) => {
            core.callers.remember(generation, &proof, &caller, expires_at, now);
            Ok(caller)
        }
        _ => Err(Failure::Unauthenticated.into()),
    }
}

fn caller_of(credential: Credential) -> Option<Caller> {
    let holder = match credential.kind {
        CredentialKind::CaseSystem => Holder::CaseSystem(credential.holder),
        CredentialKind::Person => Holder::Person(credential.access.filter(|access| access.active)?),
    };
    Some(Caller {
        credential: credential.id,
        holder,
    })
}
