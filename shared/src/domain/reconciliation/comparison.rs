//! Which ranges to ask about, and which entries then: a state machine that asks, takes answers, and waits for nobody.

use super::tree::{FAN_OUT, NodeId, ROOT, Tree, digest_of_node, node_over};
use crate::domain::digest::Digest;

/// A comparison of an own tree with one that is elsewhere and that answers questions.
///
/// Goes down in depth, so that it remembers at most sixteen ranges per level and the leaves that differ.
pub struct Comparison<'t> {
    own: &'t Tree,
    /// Ranges that differ, with what the answer about each must fit. The next to ask about is last.
    to_ask: Vec<(NodeId, Known)>,
    /// Asked and not answered.
    asked: Vec<(NodeId, Known)>,
    /// Leaves whose digests differ.
    leaves: Vec<u64>,
}

/// What the other side has said of a range.
#[derive(Clone, Copy)]
enum Known {
    /// The digest of the range.
    Digest(Digest),
    /// The digest of the whole, and that nothing lies outside the range.
    Root(Digest),
}

impl Known {
    fn fits(self, node: NodeId, digest: Digest) -> bool {
        match self {
            Self::Digest(known) => digest == known,
            Self::Root(root) => lifted(node, digest) == root,
        }
    }
}

/// The other side gave digests that do not fit those it gave before: it does not answer from one tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer about a range does not fit the digest of the range")]
pub struct Contradiction;

impl<'t> Comparison<'t> {
    /// Begins with what the other side says of the whole.
    ///
    /// # Errors
    /// A root that cannot be that of entries up to the highest number.
    pub fn begin(own: &'t Tree, their_root: Digest, their_highest: u64) -> Result<Self, Contradiction> {
        let mut comparison = Self {
            own,
            to_ask: Vec::new(),
            asked: Vec::new(),
            leaves: Vec::new(),
        };
        if (their_highest == 0) != (their_root == Digest::ZERO) {
            return Err(Contradiction);
        }
        if own.root() == their_root {
            return Ok(comparison);
        }
        // There is nothing above either's highest number, so the first question is not about all the numbers there can be.
        let start = node_over(own.highest().max(their_highest));
        if their_root == Digest::ZERO || start.level == 0 {
            comparison.all_leaves_of(start);
            if comparison.leaves.is_empty() {
                comparison.leaves.push(0);
            }
        } else {
            comparison.to_ask.push((start, Known::Root(their_root)));
        }
        Ok(comparison)
    }

    /// Ranges to ask about next, at most so many; none when everything was asked or answers are awaited.
    pub fn questions(&mut self, most: usize) -> Vec<NodeId> {
        if !self.asked.is_empty() {
            return Vec::new();
        }
        let from = self.to_ask.len().saturating_sub(most);
        self.asked = self.to_ask.split_off(from);
        self.asked.iter().map(|(node, _)| *node).collect()
    }

    /// Takes the answers to the last questions, in their order: the digests below each range.
    ///
    /// # Errors
    /// [`Contradiction`]; the comparison is over then.
    pub fn answers(&mut self, answers: &[[Digest; FAN_OUT]]) -> Result<(), Contradiction> {
        if answers.len() != self.asked.len() {
            return Err(Contradiction);
        }
        for ((node, known), below) in std::mem::take(&mut self.asked).into_iter().zip(answers) {
            if !known.fits(node, digest_of_node(below)) {
                return Err(Contradiction);
            }
            for (child, theirs) in node.children().zip(below) {
                if self.own.digest(child) == *theirs {
                    continue;
                }
                if child.level == 0 {
                    self.leaves.push(child.index);
                } else if *theirs == Digest::ZERO {
                    self.all_leaves_of(child);
                } else {
                    self.to_ask.push((child, Known::Digest(*theirs)));
                }
            }
        }
        Ok(())
    }

    /// How many leaves are known to differ.
    #[must_use]
    pub const fn differing(&self) -> usize {
        self.leaves.len()
    }

    /// The leaves that differ, in order.
    #[must_use]
    pub fn into_leaves(mut self) -> Vec<u64> {
        self.leaves.sort_unstable();
        self.leaves
    }

    /// Every leaf of ours in a range of which the other side has nothing.
    fn all_leaves_of(&mut self, node: NodeId) {
        let width = u32::from(node.level) * FAN_OUT.ilog2();
        let first = node.index << width;
        self.leaves.extend(self.own.leaves_between(first, first + (1 << width)));
    }
}

/// The digest of the whole, when nothing lies outside this range, the first of its level.
fn lifted(node: NodeId, mut digest: Digest) -> Digest {
    for _ in node.level..ROOT.level {
        let mut children = [Digest::ZERO; FAN_OUT];
        children[0] = digest;
        digest = digest_of_node(&children);
    }
    digest
}
