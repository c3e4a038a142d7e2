//! Who was seen a moment ago. Kept in memory and written by the readiness worker about once a minute: a case system's
//! thousands of calls cost nothing, and what a dying process forgets makes the service look less ready, never more.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use framme_shared::domain::staff_id::StaffId;
use jiff::Timestamp;

/// When somebody was seen, and worked the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Noted {
    /// Used a credential.
    pub seen_at: Timestamp,
    /// Worked the list.
    pub worked_at: Option<Timestamp>,
}

/// People seen since the last writing.
#[derive(Default)]
pub struct Activity(Mutex<HashMap<StaffId, Noted>>);

impl Activity {
    /// Somebody used a credential, and perhaps worked the list.
    pub fn note(&self, staff: &StaffId, worked: bool, now: Timestamp) {
        let new = Noted {
            seen_at: now,
            worked_at: worked.then_some(now),
        };
        self.join(staff.clone(), new);
    }

    /// Everybody seen since this was asked last.
    pub(super) fn take(&self) -> Vec<(StaffId, Noted)> {
        let mut people = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        people.drain().collect()
    }

    /// What could not be written is kept for the next time.
    pub(super) fn put_back(&self, people: Vec<(StaffId, Noted)>) {
        for (staff, noted) in people {
            self.join(staff, noted);
        }
    }

    fn join(&self, staff: StaffId, new: Noted) {
        let mut people = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = people.entry(staff).or_insert(new);
        noted.seen_at = noted.seen_at.max(new.seen_at);
        noted.worked_at = noted.worked_at.max(new.worked_at);
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

    #[test]
    fn the_last_time_of_each_is_kept_and_what_was_put_back_hides_nothing_newer() {
        let (activity, leader) = (Activity::default(), StaffId::parse("il-1").unwrap());
        activity.note(&leader, true, NOW);
        let taken = activity.take();
        let later = NOW + SignedDuration::from_secs(60);
        activity.note(&leader, false, later);
        activity.put_back(taken);
        let noted = Noted {
            seen_at: later,
            worked_at: Some(NOW),
        };
        assert_eq!(activity.take(), [(leader, noted)]);
        assert!(activity.take().is_empty());
    }
}
