//! Reconciliation: finding, of very many transmissions, the few that the two sides know differently, without telling each
//! other of all.
//!
//! Each side makes an [`Entry`] of what it holds of each transmission of the pair, and a [`Tree`] of digests over ranges of
//! numbers. The ranges are fixed, so that the trees fit on each other whatever one of the sides lacks. A [`Comparison`]
//! goes down where digests differ; only there are entries told, and [`compare`] says what is wrong with each. What both
//! sides sign at the end is a [`Findings`]. The format is written down for other implementers in `docs/protocol.md`.

mod claims;
mod comparison;
#[cfg(test)]
mod comparison_tests;
mod difference;
mod entry;
mod period;
mod tree;

pub use claims::{Findings, InvalidFindings, Listed, MOST_LISTED, Side};
pub use comparison::{Comparison, Contradiction};
pub use difference::{Class, Counts, Difference, compare};
pub use entry::{ChildFact, Entry};
pub use period::{InvalidPeriod, Period};
pub use tree::{FAN_OUT, LEAF_NUMBERS, NodeId, OutOfOrder, ROOT, Tree, TreeBuilder, numbers_of_leaf};
