//! How many comparisons are open: one for each sender.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use framme_shared::domain::organisation::OrganisationNumber;

/// Who has a comparison open.
#[derive(Debug, Default, Clone)]
pub struct OpenReconciliations(Arc<Mutex<HashSet<OrganisationNumber>>>);

/// The one comparison of a sender; it may have another when this is dropped.
#[derive(Debug)]
pub(super) struct Opened {
    all: OpenReconciliations,
    sender: OrganisationNumber,
}

impl OpenReconciliations {
    /// `None` while the sender has one open.
    pub(super) fn open(&self, sender: OrganisationNumber) -> Option<Opened> {
        let is_first = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(sender);
        is_first.then(|| Opened {
            all: self.clone(),
            sender,
        })
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        let mut open = self.all.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(&self.sender);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_has_one_open_at_a_time_whatever_others_have() {
        let all = OpenReconciliations::default();
        let sender = |number: &str| OrganisationNumber::parse(number).unwrap();
        let first = all.open(sender("974761076")).unwrap();
        assert!(all.open(sender("974761076")).is_none());
        assert!(all.open(sender("123456785")).is_some());
        drop(first);
        assert!(all.open(sender("974761076")).is_some());
    }
}
