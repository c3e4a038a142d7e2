//! The clocks, with the words that databases use.

use crate::domain::closed_set::closed_set;

closed_set! {
    /// Something that is due at a time.
    Clock in "clock" {
        /// A named person at the receiver opens it; from submission. This product's promise.
        Opened = "opened",
        /// Every child has a caseworker; from submission, whoever it was redirected to. This product's promise.
        Assigned = "assigned",
        /// Every child is assessed; from receipt, a week at the latest (barnevernsloven § 2-1).
        Review = "review",
        /// The reporter has a confirmation; from receipt, three weeks (barnevernsloven § 13-4).
        Confirmation = "confirmation",
        /// The reporter knows that the investigation has ended; from its end, three weeks (barnevernsloven § 13-4).
        Outcome = "outcome",
        /// The prosecutor knows what the service decided, also when that is nothing (straffeprosessloven § 71 b); from
        /// receipt. The law names no time: the length is this product's.
        ProsecutionAnswer = "prosecution_answer",
    }
}

impl Clock {
    /// Whether it is about somebody at the receiver having the report: what escalation is for. The others are answers and
    /// assessments that are owed.
    #[must_use]
    pub const fn is_first(self) -> bool {
        matches!(self, Self::Opened | Self::Assigned)
    }
}
