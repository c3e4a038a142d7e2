//! What a step of an escalation was, with the words that databases use.

use crate::domain::closed_set::closed_set;

closed_set! {
    /// What a step was.
    StepKind in "escalation step" {
        /// Somebody was told that a report came.
        Announced = "announced",
        /// Somebody was told that its time has run out.
        Told = "told",
        /// Somebody acknowledged: the next telling comes later.
        Acknowledged = "acknowledged",
        /// The clock that people were told of runs no more.
        Ended = "ended",
    }
}
