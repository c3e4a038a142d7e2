//! Children whose case the child welfare service did not know by another route.

use serde::{Deserialize, Serialize};

use crate::domain::{closed_set::closed_set, organisation::OrganisationNumber};

closed_set! {
    /// Whether the service knew a child's case already, by another route than the report.
    KnownToService in "known to the service" {
        /// It did.
        Known = "known",
        /// It did not: the report was all that told of the child.
        NotKnown = "not_known",
    }
}

/// What the receivers of a district said. Counts only, and only of receivers that chose to answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownChildren {
    /// Children of whom a receiver has said whether their case was known.
    pub answered: u64,
    /// Those of them whose case was not known.
    pub not_known: u64,
    /// The receivers that answered, sorted.
    pub answered_by: Vec<OrganisationNumber>,
    /// Receivers that were sent reports of the period and did not answer, sorted: of their children nothing is known,
    /// which is not the same as none.
    pub not_answered_by: Vec<OrganisationNumber>,
}
