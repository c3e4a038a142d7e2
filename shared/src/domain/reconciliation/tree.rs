//! Digests over ranges of numbers, and over ranges of ranges.

use crate::domain::{
    digest::{Digest, Hasher},
    receipt::MAX_SEQUENCE,
};

/// Numbers in a leaf: leaf 0 has 1 to 8.
pub const LEAF_NUMBERS: u64 = 8;
/// Nodes below a node.
pub const FAN_OUT: usize = 16;
/// The node over all numbers there can be. Its digest is what the sides sign.
pub const ROOT: NodeId = NodeId { level: 13, index: 0 };

const OF_LEAF: &[u8] = &[0];
const OF_NODE: &[u8] = &[1];

/// A range of numbers: on level 0 the leaf with this index, above it the range of sixteen nodes of the level below. The
/// ranges are the same in every tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId {
    /// 0 for a leaf, at most 13.
    pub level: u8,
    /// From 0, in the order of numbers.
    pub index: u64,
}

impl NodeId {
    /// The first of the sixteen below.
    const fn first_child(self) -> u64 {
        self.index * FAN_OUT as u64
    }

    /// Whether there can be such a range.
    #[must_use]
    pub const fn exists(self) -> bool {
        self.level <= ROOT.level && self.index <= leaf_of(MAX_SEQUENCE) >> (4 * self.level as u32)
    }

    /// The sixteen below, in order. There are none below a leaf.
    pub fn children(self) -> impl Iterator<Item = Self> {
        let first = self.first_child();
        (0..FAN_OUT as u64)
            .filter(move |_| self.level > 0)
            .map(move |place| Self {
                level: self.level - 1,
                index: first + place,
            })
    }
}

/// The leaf that a number lies in; numbers begin at 1.
const fn leaf_of(sequence: u64) -> u64 {
    (sequence - 1) / LEAF_NUMBERS
}

/// The first and the last number of a leaf.
#[must_use]
pub const fn numbers_of_leaf(index: u64) -> (u64, u64) {
    (index * LEAF_NUMBERS + 1, (index + 1) * LEAF_NUMBERS)
}

/// Digests over everything that one side holds. Empty ranges have the digest [`Digest::ZERO`] and take no room: about 43
/// bytes for each leaf that is not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// By level, the nodes that are not empty by index. The last level is the first on which one node covers all.
    levels: Vec<Vec<(u64, Digest)>>,
    entries: u64,
    highest: u64,
}

/// Numbers must come in order, each at most once, from 1 to 2^53 - 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("number {0} does not come after the one before it")]
pub struct OutOfOrder(pub u64);

/// Makes a tree of entries that come in the order of their numbers, in one pass.
#[derive(Default)]
pub struct TreeBuilder {
    leaves: Vec<(u64, Digest)>,
    open: Option<(u64, Hasher)>,
    entries: u64,
    highest: u64,
}

impl TreeBuilder {
    /// The next entry, by its number and its digest.
    ///
    /// # Errors
    /// When its number is not above the one before, or there is no such number.
    pub fn add(&mut self, sequence: u64, digest: &Digest) -> Result<(), OutOfOrder> {
        if sequence <= self.highest || sequence > MAX_SEQUENCE {
            return Err(OutOfOrder(sequence));
        }
        let leaf = leaf_of(sequence);
        let mut hasher = match self.open.take() {
            Some((index, hasher)) if index == leaf => hasher,
            before => {
                self.close(before);
                let mut hasher = Hasher::new();
                hasher.update(OF_LEAF);
                hasher
            }
        };
        hasher.update(&sequence.to_be_bytes());
        hasher.update(digest.as_bytes());
        self.open = Some((leaf, hasher));
        self.entries += 1;
        self.highest = sequence;
        Ok(())
    }

    /// The tree over everything that came.
    #[must_use]
    pub fn finish(mut self) -> Tree {
        let last = self.open.take();
        self.close(last);
        let mut levels = vec![self.leaves];
        while levels
            .last()
            .is_some_and(|level| level.last().is_some_and(|(index, _)| *index > 0))
        {
            let above = levels.last().map(|level| level_above(level)).unwrap_or_default();
            levels.push(above);
        }
        Tree {
            levels,
            entries: self.entries,
            highest: self.highest,
        }
    }

    fn close(&mut self, leaf: Option<(u64, Hasher)>) {
        if let Some((index, hasher)) = leaf {
            self.leaves.push((index, hasher.finish()));
        }
    }
}

fn level_above(below: &[(u64, Digest)]) -> Vec<(u64, Digest)> {
    let fan_out = FAN_OUT as u64;
    below
        .chunk_by(|(one, _), (other, _)| one / fan_out == other / fan_out)
        .map(|siblings| {
            let mut children = [Digest::ZERO; FAN_OUT];
            for (index, digest) in siblings {
                children[(index % fan_out) as usize] = *digest;
            }
            (siblings[0].0 / fan_out, digest_of_node(&children))
        })
        .collect()
}

/// The digest of a node by those below it: of nothing, when they are all of nothing.
pub(super) fn digest_of_node(children: &[Digest; FAN_OUT]) -> Digest {
    if children.iter().all(|child| *child == Digest::ZERO) {
        return Digest::ZERO;
    }
    let mut hasher = Hasher::new();
    hasher.update(OF_NODE);
    for child in children {
        hasher.update(child.as_bytes());
    }
    hasher.finish()
}

impl Tree {
    /// How many entries it is over.
    #[must_use]
    pub const fn entries(&self) -> u64 {
        self.entries
    }

    /// The highest number among them; 0 for none.
    #[must_use]
    pub const fn highest(&self) -> u64 {
        self.highest
    }

    /// The digest of the whole.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.digest(ROOT)
    }

    /// The digest of a range.
    #[must_use]
    pub fn digest(&self, node: NodeId) -> Digest {
        let top = self.levels.len() - 1;
        let level = usize::from(node.level);
        if level <= top {
            let nodes = &self.levels[level];
            let found = nodes.binary_search_by_key(&node.index, |(index, _)| *index);
            return found.map_or(Digest::ZERO, |place| nodes[place].1);
        }
        // Above the top there is one node on each level, and nothing beside the one below it.
        if node.index == 0 {
            digest_of_node(&self.children(node))
        } else {
            Digest::ZERO
        }
    }

    /// The leaves that are not empty, from this one on and before that one.
    pub(super) fn leaves_between(&self, from: u64, before: u64) -> impl Iterator<Item = u64> {
        let leaves = &self.levels[0];
        let place = |of: u64| leaves.partition_point(|(index, _)| *index < of);
        leaves[place(from)..place(before)].iter().map(|(index, _)| *index)
    }

    /// The digests of the sixteen ranges below a node.
    #[must_use]
    pub fn children(&self, node: NodeId) -> [Digest; FAN_OUT] {
        let mut digests = [Digest::ZERO; FAN_OUT];
        for (digest, child) in digests.iter_mut().zip(node.children()) {
            *digest = self.digest(child);
        }
        digests
    }
}

/// The lowest node that covers all numbers up to this one.
pub(super) fn node_over(highest: u64) -> NodeId {
    let (mut level, mut index) = (0, leaf_of(highest.max(1)));
    while index > 0 {
        index /= FAN_OUT as u64;
        level += 1;
    }
    NodeId { level, index: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(numbers: impl IntoIterator<Item = u64>) -> Tree {
        let mut builder = TreeBuilder::default();
        for number in numbers {
            builder.add(number, &Digest::of(&number.to_be_bytes())).unwrap();
        }
        builder.finish()
    }

    #[test]
    fn nothing_has_the_digest_of_nothing() {
        let empty = tree([]);
        assert_eq!((empty.entries(), empty.highest(), empty.root()), (0, 0, Digest::ZERO));
    }

    #[test]
    fn a_leaf_is_over_its_entries_and_a_node_over_those_below() {
        let tree = tree([1, 8, 9]);
        let mut first = vec![0];
        for number in [1_u64, 8] {
            first.extend(number.to_be_bytes());
            first.extend(Digest::of(&number.to_be_bytes()).as_bytes());
        }
        let leaf = |index| tree.digest(NodeId { level: 0, index });
        assert_eq!(leaf(0), Digest::of(&first));
        let mut node = vec![1];
        node.extend(leaf(0).as_bytes());
        node.extend(leaf(1).as_bytes());
        node.extend([0; 14 * 32]);
        assert_eq!(tree.digest(NodeId { level: 1, index: 0 }), Digest::of(&node));
    }

    #[test]
    fn what_is_missing_shifts_nothing_else() {
        let (whole, holed) = (tree(1..=5_000), tree((1..=5_000).filter(|number| *number != 77)));
        let differs = |level, index| whole.digest(NodeId { level, index }) != holed.digest(NodeId { level, index });
        for (level, of) in [(0, 9), (1, 0), (2, 0), (3, 0), (13, 0)] {
            for index in 0..40 {
                assert_eq!(differs(level, index), index == of, "{level} {index}");
            }
        }
    }

    #[test]
    fn numbers_far_apart_take_no_room_between() {
        let tree = tree([1, MAX_SEQUENCE]);
        assert!(tree.levels.iter().all(|level| level.len() <= 2));
        assert_eq!(tree.levels.len(), usize::from(ROOT.level) + 1);
        assert_eq!(node_over(MAX_SEQUENCE), ROOT);
    }

    #[test]
    fn numbers_out_of_order_are_refused() {
        let mut builder = TreeBuilder::default();
        assert_eq!(builder.add(0, &Digest::ZERO), Err(OutOfOrder(0)));
        builder.add(3, &Digest::ZERO).unwrap();
        assert_eq!(builder.add(3, &Digest::ZERO), Err(OutOfOrder(3)));
        assert_eq!(builder.add(1 << 53, &Digest::ZERO), Err(OutOfOrder(1 << 53)));
    }

    #[test]
    fn the_lowest_node_over_a_number_covers_it_and_no_lower_one_does() {
        for (highest, level) in [(0, 0), (8, 0), (9, 1), (128, 1), (129, 2), (100_000, 4)] {
            assert_eq!(node_over(highest), NodeId { level, index: 0 }, "{highest}");
        }
    }

    #[test]
    fn ranges_beyond_the_highest_number_do_not_exist() {
        assert!(ROOT.exists());
        assert!(!NodeId { level: 13, index: 1 }.exists());
        assert!(!NodeId { level: 14, index: 0 }.exists());
        assert!(
            NodeId {
                level: 0,
                index: (1 << 50) - 1
            }
            .exists()
        );
        assert!(
            !NodeId {
                level: 0,
                index: 1 << 50
            }
            .exists()
        );
    }
}
