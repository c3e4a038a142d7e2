//! What is kept of a day.

use jiff::{Timestamp, civil::Date};

use crate::domain::organisation::OrganisationNumber;

/// A day that has a statement of either side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedDay {
    /// The other side.
    pub peer: OrganisationNumber,
    /// The day.
    pub day: Date,
    /// When the own statement was made.
    pub own_made_at: Option<Timestamp>,
    /// When the peer's was made, as it says.
    pub peer_made_at: Option<Timestamp>,
    /// What the comparison came to, a word.
    pub verdict: Option<String>,
}
