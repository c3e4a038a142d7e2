//! By which rules one side looks at its deadlines.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::domain::clocks::ClockPolicy;
use crate::domain::escalation::{Ladder, Ladders, Rung};
use crate::domain::notice::ContactName;
use crate::domain::report::{ReportType, Urgency};

/// What configuration says of clocks, and of whom to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// How long the clocks run.
    pub policy: ClockPolicy,
    /// Who is told when one has run out.
    pub ladders: Ladders,
    /// Whether the lowest rung hears of a report when it comes, before anything is late.
    pub announce: bool,
    /// Whom the configuration knows; `None` where everybody counts as known. A rung none of whose contacts is known is
    /// empty.
    pub contacts: Option<BTreeSet<ContactName>>,
}

impl Rules {
    /// Whether somebody on this rung of a ladder can be told at all.
    pub(super) fn reaches(&self, ladder: &Ladder, rung: Rung) -> bool {
        let is_known = |contact: &ContactName| self.contacts.as_ref().is_none_or(|known| known.contains(contact));
        ladder.contacts(rung).iter().any(is_known)
    }

    /// When a report that comes now is looked at first: when the first of its clocks runs out, or at once where somebody
    /// hears of it.
    #[must_use]
    pub fn first_look(
        &self,
        report_type: ReportType,
        urgency: Urgency,
        submitted_at: Timestamp,
        now: Timestamp,
    ) -> Timestamp {
        if self.announce {
            return now;
        }
        let first = self.policy.first(report_type, urgency);
        let assigned = first.assigned.after(submitted_at);
        first
            .opened
            .map_or(assigned, |opened| opened.after(submitted_at).min(assigned))
    }
}
