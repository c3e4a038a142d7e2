//! The stages of one child, with the words that databases and receipts use.

use crate::domain::closed_set::closed_set;

closed_set! {
    /// How far a child has come. Only [`Stage::Assigned`] and [`Stage::Assessed`] mean delivered.
    Stage in "stage" {
        /// L0. The sender holds it durably.
        Queued = "queued",
        /// L1. The receiver holds it durably, and digested what it read back from storage.
        Stored = "stored",
        /// L2. A named person with access opened it.
        Opened = "opened",
        /// L3. It has a case number in the case system.
        Registered = "registered",
        /// L4. The child has a caseworker who is active and can open it.
        Assigned = "assigned",
        /// L5. Assessed (barnevernsloven § 2-1).
        Assessed = "assessed",
        /// The receiver does not take it; a person at the sender must act.
        Rejected = "rejected",
        /// It belongs to another service; the clock goes on.
        Redirected = "redirected",
        /// The sender took it back. An ending.
        Withdrawn = "withdrawn",
        /// A named person at the sender closed it with a reason. An ending.
        Closed = "closed",
    }
}

impl Stage {
    /// Whether a child at this stage has a caseworker, by the receiver's own statement.
    #[must_use]
    pub const fn is_delivered(self) -> bool {
        matches!(self, Self::Assigned | Self::Assessed)
    }

    /// Whether nothing can move the child any more.
    #[must_use]
    pub const fn is_ended(self) -> bool {
        matches!(self, Self::Withdrawn | Self::Closed)
    }

    /// Whether somebody must still see to the child: neither with a caseworker nor ended.
    #[must_use]
    pub const fn is_open(self) -> bool {
        !self.is_delivered() && !self.is_ended()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_is_found_again_by_its_word() {
        for stage in Stage::ALL {
            assert_eq!(Stage::parse(stage.as_str()), Ok(*stage));
        }
    }

    #[test]
    fn rejection_and_redirection_leave_a_child_open() {
        assert!(Stage::Rejected.is_open());
        assert!(Stage::Redirected.is_open());
    }

    #[test]
    fn every_stage_is_exactly_one_of_open_delivered_and_ended() {
        for stage in Stage::ALL {
            let classes = [stage.is_open(), stage.is_delivered(), stage.is_ended()];
            assert_eq!(classes.iter().filter(|holds| **holds).count(), 1, "{stage}");
        }
    }
}
