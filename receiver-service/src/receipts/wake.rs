//! Wakes the streams of a sender when there is a new receipt for it. A hint: streams also look by themselves.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use framme_shared::domain::organisation::OrganisationNumber;
use tokio::sync::watch;

/// One bell per sender. Senders are on an allow list, so there are few.
#[derive(Debug, Default)]
pub struct Wakeups {
    bells: Mutex<HashMap<OrganisationNumber, watch::Sender<u64>>>,
}

impl Wakeups {
    /// Rings for a sender, after the receipt is committed.
    pub fn ring(&self, sender: &OrganisationNumber) {
        let bells = self.bells.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bell) = bells.get(sender) {
            bell.send_modify(|rung| *rung = rung.wrapping_add(1));
        }
    }

    /// Listens for a sender. Subscribe before looking into the database.
    pub fn listen(&self, sender: &OrganisationNumber) -> watch::Receiver<u64> {
        let mut bells = self.bells.lock().unwrap_or_else(PoisonError::into_inner);
        bells
            .entry(*sender)
            .or_insert_with(|| watch::Sender::new(0))
            .subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bell_rings_for_its_sender_only() {
        let wakeups = Wakeups::default();
        let one = OrganisationNumber::parse("974761076").unwrap();
        let other = OrganisationNumber::parse("123456785").unwrap();
        let (mut at_one, mut at_other) = (wakeups.listen(&one), wakeups.listen(&other));
        wakeups.ring(&one);
        assert!(at_one.has_changed().unwrap());
        assert!(!at_other.has_changed().unwrap());
        at_one.mark_unchanged();
        at_other.mark_unchanged();
    }
}
