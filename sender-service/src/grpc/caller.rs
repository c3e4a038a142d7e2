//! Who calls: the credential presented, found in the table, and what its role allows.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use framme_shared::{
    domain::{digest::Digest, staff_id::StaffId},
    runtime::caller::Presented,
    wire::status::Failure,
};
use jiff::Timestamp;
use tonic::Request;

use super::{
    Api,
    authorisation::{Role, allows},
    failure::storage,
};
use crate::store::credential;

/// A revoked credential is refused at the latest after this.
const REMEMBERED: Duration = Duration::from_secs(1);
/// More credentials than that in one second are looked up anew.
const MOST_REMEMBERED: usize = 1024;

/// Who calls.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// In which role.
    pub(super) role: Role,
    /// The person or program, as the ledger names it.
    pub(super) holder: StaffId,
}

impl Caller {
    /// The person who calls; `None` for a program.
    pub(super) fn person(&self) -> Option<&StaffId> {
        self.role.is_for_people().then_some(&self.holder)
    }
}

/// Credentials found a moment ago: a busy system sends thousands of calls a second with the same one.
#[derive(Default)]
pub(super) struct Callers {
    recent: Mutex<HashMap<Digest, Remembered>>,
}

struct Remembered {
    caller: Caller,
    found_at: Timestamp,
    expires_at: Timestamp,
}

impl Callers {
    fn recall(&self, secret: &Digest, now: Timestamp) -> Option<Caller> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let found = recent.get(secret)?;
        let age = Duration::try_from(now.duration_since(found.found_at)).ok()?;
        (age < REMEMBERED && now < found.expires_at).then(|| found.caller.clone())
    }

    fn remember(&self, secret: Digest, caller: &Caller, expires_at: Timestamp, now: Timestamp) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() >= MOST_REMEMBERED {
            recent.clear();
        }
        let remembered = Remembered {
            caller: caller.clone(),
            found_at: now,
            expires_at,
        };
        recent.insert(secret, remembered);
    }
}

impl Api {
    /// The caller of a request, if it may make this call.
    pub(super) async fn admit<T>(&self, request: &Request<T>, call: &str) -> Result<Caller, Failure> {
        let presented = Presented::of_request(request);
        let caller = self.caller(presented).await?;
        if allows(caller.role, call) {
            Ok(caller)
        } else {
            Err(Failure::PermissionDenied)
        }
    }

    async fn caller(&self, presented: Presented) -> Result<Caller, Failure> {
        let (kind, secret) = match presented {
            Presented::Token(secret) => ("token", secret),
            Presented::Certificate(secret) => ("certificate", secret),
            Presented::None => return Err(Failure::Unauthenticated),
        };
        let now = self.context.clock.now();
        if let Some(caller) = self.callers.recall(&secret, now) {
            return Ok(caller);
        }
        let found = credential::valid(self.context.database.reader(), &secret, now)
            .await
            .map_err(storage)?;
        let credential = found
            .filter(|found| found.kind == kind)
            .ok_or(Failure::Unauthenticated)?;
        let caller = Caller {
            role: credential.role,
            holder: credential.holder,
        };
        self.callers.remember(secret, &caller, credential.expires_at, now);
        Ok(caller)
    }
}
