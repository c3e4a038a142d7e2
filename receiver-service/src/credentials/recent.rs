//! Callers who proved themselves a moment ago: a case system makes thousands of calls a second with one credential.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use framme_shared::domain::digest::Digest;
use jiff::{SignedDuration, Timestamp};

use crate::{authority::Caller, store::credential::Proof};

/// What another replica ends is refused here at the latest after this; what this process ends, at once.
const REMEMBERED: SignedDuration = SignedDuration::from_secs(1);
/// More credentials than that within the time are looked up anew.
const MOST_REMEMBERED: usize = 1024;

/// Recent callers. Every move of a child asks the register again inside its own transaction, so a caller who is
/// remembered a moment too long changes nothing.
#[derive(Default)]
pub struct RecentCallers {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Counts how often everything was forgotten.
    generation: u64,
    callers: HashMap<(bool, Digest), Remembered>,
}

struct Remembered {
    caller: Caller,
    found_at: Timestamp,
    expires_at: Timestamp,
}

impl RecentCallers {
    /// The caller with this proof, if it is remembered; else what [`RecentCallers::remember`] wants to be told.
    pub(super) fn recall(&self, proof: &Proof, now: Timestamp) -> Result<Caller, u64> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = |found: &&Remembered| {
            let age = now.duration_since(found.found_at);
            now < found.expires_at && !age.is_negative() && age < REMEMBERED
        };
        match state.callers.get(&key(proof)).filter(is_fresh) {
            Some(found) => Ok(found.caller.clone()),
            None => Err(state.generation),
        }
    }

    /// Remembers a caller that was looked up after `generation` was told, unless everything was forgotten since.
    pub(super) fn remember(
        &self,
        generation: u64,
        proof: &Proof,
        caller: &Caller,
        expires_at: Timestamp,
        now: Timestamp,
    ) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.generation != generation {
            return;
        }
        if state.callers.len() >= MOST_REMEMBERED {
            state.callers.clear();
        }
        let remembered = Remembered {
            caller: caller.clone(),
            found_at: now,
            expires_at,
        };
        state.callers.insert(key(proof), remembered);
    }

    /// Forgets everybody: somebody's entry or credential has changed.
    pub fn forget(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.generation += 1;
        state.callers.clear();
    }
}

const fn key(proof: &Proof) -> (bool, Digest) {
    match proof {
        Proof::Token(digest) => (true, *digest),
        Proof::Certificate(digest) => (false, *digest),
    }
}

#[cfg(test)]
mod tests {
    use framme_shared::domain::ids::CredentialId;

    use super::*;
    use crate::authority::Holder;

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

    fn caller() -> Caller {
        Caller {
            credential: CredentialId::parse("6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20").unwrap(),
            holder: Holder::CaseSystem("case-system".parse().unwrap()),
        }
    }

    #[test]
    fn a_caller_is_remembered_for_a_second_and_never_past_its_expiry() {
        let (recent, proof) = (RecentCallers::default(), Proof::Token(Digest::of(b"token")));
        let generation = recent.recall(&proof, NOW).unwrap_err();
        let expires_at = NOW + SignedDuration::from_millis(800);
        recent.remember(generation, &proof, &caller(), expires_at, NOW);
        let after = |millis| recent.recall(&proof, NOW + SignedDuration::from_millis(millis)).is_ok();
        assert!(after(0) && after(799));
        assert!(!after(800) && !after(1_000) && !after(-1));
        assert!(recent.recall(&Proof::Certificate(Digest::of(b"token")), NOW).is_err());
    }

    #[test]
    fn a_caller_looked_up_before_a_change_is_not_remembered_after_it() {
        let (recent, proof) = (RecentCallers::default(), Proof::Token(Digest::of(b"token")));
        let generation = recent.recall(&proof, NOW).unwrap_err();
        recent.forget();
        let later = NOW + SignedDuration::from_hours(1);
        recent.remember(generation, &proof, &caller(), later, NOW);
        assert!(recent.recall(&proof, NOW).is_err());
    }
}
