//! What kind of document a report is, and how soon somebody must act.

use crate::domain::closed_set::closed_set;

closed_set! {
    /// The document; it decides which answers are owed.
    ReportType in "report type" {
        /// Bekymringsmelding, barnevernsloven § 13-2.
        ConcernReport = "concern_report",
        /// Underretning about a concrete criminal case, straffeprosessloven § 232 a and others.
        Notice = "notice",
        /// Overføring, straffeprosessloven § 71 b.
        ProsecutionTransfer = "prosecution_transfer",
    }
}

closed_set! {
    /// How soon somebody must act; the most urgent is the least, so that lists sort by it.
    Urgency in "urgency" {
        /// Immediate danger: the police phone first.
        Acute = "acute",
        /// Must be read today.
        Urgent = "urgent",
        /// Within the service's ordinary promise.
        Normal = "normal",
    }
}

impl Urgency {
    /// 0 for acute, 1 for urgent, 2 for normal: the order of sending and of lists, as a column holds it.
    pub const fn rank(self) -> i64 {
        match self {
            Self::Acute => 0,
            Self::Urgent => 1,
            Self::Normal => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rank_sorts_as_the_urgency() {
        assert!(Urgency::ALL.is_sorted_by_key(|urgency| urgency.rank()) && Urgency::ALL.is_sorted());
    }
}
