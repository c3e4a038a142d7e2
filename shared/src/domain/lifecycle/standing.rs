//! Where a report stands: computed from its children, never stored as a truth of its own.

use jiff::Timestamp;

use super::state::ChildState;
use crate::domain::closed_set::closed_set;

closed_set! {
    /// Where a report stands.
    Standing in "standing" {
        /// At least one child is neither with a caseworker nor ended: somebody must see to it.
        Open = "open",
        /// Every child that has not ended is with a caseworker, and at least one is.
        Delivered = "delivered",
        /// Every child was withdrawn or closed by a named person.
        Closed = "closed",
    }
}

impl Standing {
    /// The standing of a report with these children. A report without children would be open: nothing that is not
    /// proven is green.
    pub fn of<'a>(children: impl IntoIterator<Item = &'a ChildState>) -> Self {
        let (mut delivered, mut ended) = (false, false);
        for child in children {
            if child.stage().is_open() {
                return Self::Open;
            }
            delivered |= child.is_delivered();
            ended |= child.stage().is_ended();
        }
        match (delivered, ended) {
            (true, _) => Self::Delivered,
            (false, true) => Self::Closed,
            (false, false) => Self::Open,
        }
    }
}

/// When a delivered report became so: when the last of its children was given to the caseworker who has it. `None`
/// while it is not delivered.
pub fn delivered_since<'a, I>(children: I) -> Option<Timestamp>
where
    I: IntoIterator<Item = &'a ChildState> + Clone,
{
    if Standing::of(children.clone()) != Standing::Delivered {
        return None;
    }
    children
        .into_iter()
        .filter_map(|child| child.assignment())
        .map(|assignment| assignment.since)
        .max()
}
