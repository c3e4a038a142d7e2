//! What is wrong with an entry.

use std::collections::BTreeMap;

use super::entry::Entry;
use crate::domain::{closed_set::closed_set, digest::Digest};

closed_set! {
    /// What a comparison says of a transmission that is not a match.
    Class in "class of difference" {
        /// The sender has proof that the receiver stored it, and the receiver does not have it.
        MissingAtReceiver = "missing_at_receiver",
        /// The receiver has it, and the sender never sent it.
        UnknownToSender = "unknown_to_sender",
        /// One number, two things: another transmission, report, content or other children.
        DifferentContent = "different_content",
        /// The same thing, and the sides have a child of it at different stages or with different people.
        DifferentStage = "different_stage",
        /// The receiver has the same event from another sender too.
        Duplicate = "duplicate",
        /// It was recorded as lost, and is there.
        RecordedAsLostButFound = "recorded_as_lost_but_found",
    }
}

impl Class {
    /// Whether the two sides hold different things. The others are facts that both should know.
    #[must_use]
    pub const fn is_disagreement(self) -> bool {
        !matches!(self, Self::Duplicate | Self::RecordedAsLostButFound)
    }
}

/// A transmission that is not simply a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// Its number in the pair.
    pub sequence: u64,
    /// What is wrong.
    pub class: Class,
    /// The digest of the sender's entry; `None` when it has none.
    pub at_sender: Option<Digest>,
    /// The digest of the receiver's entry; `None` when it has none.
    pub at_receiver: Option<Digest>,
}

/// How many of each class.
pub type Counts = BTreeMap<Class, u64>;

/// Compares the entries of the same numbers, each in order, and names every difference.
#[must_use]
pub fn compare(sender: &[Entry], receiver: &[Entry]) -> Vec<Difference> {
    let mut pairs: BTreeMap<u64, (Option<&Entry>, Option<&Entry>)> = BTreeMap::new();
    for entry in sender {
        pairs.entry(entry.sequence).or_default().0 = Some(entry);
    }
    for entry in receiver {
        pairs.entry(entry.sequence).or_default().1 = Some(entry);
    }
    pairs
        .into_iter()
        .filter_map(|(sequence, (ours, theirs))| {
            let class = match (ours, theirs) {
                (Some(_), None) => Class::MissingAtReceiver,
                (None, Some(_)) => Class::UnknownToSender,
                (Some(ours), Some(theirs)) if !ours.has_content_of(theirs) => Class::DifferentContent,
                (Some(ours), Some(theirs)) if ours != theirs => Class::DifferentStage,
                _ => return None,
            };
            Some(Difference {
                sequence,
                class,
                at_sender: ours.map(Entry::digest),
                at_receiver: theirs.map(Entry::digest),
            })
        })
        .collect()
}
