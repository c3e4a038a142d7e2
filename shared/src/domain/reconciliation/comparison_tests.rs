//! A comparison finds the leaves that differ, all of them and no others, and asks about little else.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{
    collection::{btree_set, vec},
    prelude::*,
};

use super::{
    Class, Comparison, Contradiction, Entry, Tree, TreeBuilder, compare, numbers_of_leaf,
    tree::{FAN_OUT, LEAF_NUMBERS, NodeId},
};
use crate::domain::{
    digest::Digest,
    ids::{ReportId, TransmissionId},
};

/// What one side holds: numbers, each with something that stands for the rest of the entry.
type Side = BTreeMap<u64, u64>;

fn tree(side: &Side) -> Tree {
    let mut builder = TreeBuilder::default();
    for (sequence, content) in side {
        builder.add(*sequence, &Digest::of(&content.to_be_bytes())).unwrap();
    }
    builder.finish()
}

/// Asks the other side until nothing is left to ask; the leaves that differ, and how many ranges were asked about.
fn leaves(own: &Tree, other: &Tree, at_once: usize) -> Result<(Vec<u64>, usize), Contradiction> {
    let mut comparison = Comparison::begin(own, other.root(), other.highest())?;
    let mut asked = 0;
    loop {
        let questions = comparison.questions(at_once);
        if questions.is_empty() {
            return Ok((comparison.into_leaves(), asked));
        }
        assert!(questions.len() <= at_once);
        asked += questions.len();
        let answers: Vec<_> = questions.iter().map(|node| other.children(*node)).collect();
        comparison.answers(&answers)?;
    }
}

fn differing_leaves(one: &Side, other: &Side) -> BTreeSet<u64> {
    let numbers: BTreeSet<u64> = one.keys().chain(other.keys()).copied().collect();
    let differ = numbers
        .into_iter()
        .filter(|number| one.get(number) != other.get(number));
    differ.map(|number| (number - 1) / LEAF_NUMBERS).collect()
}

proptest! {
    #[test]
    fn exactly_the_leaves_that_differ_are_found(
        most in prop_oneof![Just(40_u64), Just(3_000), Just(200_000), Just((1 << 53) - 1)],
        seeds in btree_set(any::<u64>(), 0..400),
        missing in vec(any::<prop::sample::Index>(), 0..6),
        changed in vec(any::<prop::sample::Index>(), 0..6),
        added in btree_set(any::<u64>(), 0..6),
        at_once in 1_usize..40,
    ) {
        let own: Side = seeds.iter().map(|seed| (seed % most + 1, 7)).collect();
        let mut other = own.clone();
        let numbers: Vec<u64> = own.keys().copied().collect();
        if !numbers.is_empty() {
            for place in &changed {
                other.insert(*place.get(&numbers), 8);
            }
            for place in &missing {
                other.remove(place.get(&numbers));
            }
        }
        for seed in added {
            other.entry(seed % most + 1).or_insert(9);
        }
        for (one, two) in [(&own, &other), (&other, &own), (&own, &own), (&own, &Side::new())] {
            let (found, _) = leaves(&tree(one), &tree(two), at_once).unwrap();
            let wanted: Vec<u64> = differing_leaves(one, two).into_iter().collect();
            // Where one side has nothing at all, a leaf that is empty on both sides may be named.
            if found != [0] || !wanted.is_empty() {
                prop_assert_eq!(found, wanted);
            }
        }
    }
}

#[test]
fn equal_sides_ask_nothing_and_few_differences_are_reached_by_few_questions() {
    let own: Side = (1..=100_000).map(|number| (number, 1)).collect();
    let mut other = own.clone();
    assert_eq!(leaves(&tree(&own), &tree(&own), 64), Ok((Vec::new(), 0)));
    for number in (1..=10).map(|place| place * 9_973) {
        other.insert(number, 2);
    }
    let (found, asked) = leaves(&tree(&own), &tree(&other), 64).unwrap();
    assert_eq!(found.len(), 10);
    // Four levels lie above the leaves of 100,000 numbers, and the highest is asked about once.
    assert!(asked <= 1 + 3 * 10, "{asked}");
}

#[test]
fn answers_from_another_tree_than_the_root_are_a_contradiction() {
    let own: Side = (1..=1_000).map(|number| (number, 1)).collect();
    let mut other = own.clone();
    other.insert(500, 2);
    let (own, other) = (tree(&own), tree(&other));
    let ask = |change: fn(&mut [Digest; FAN_OUT])| {
        let mut comparison = Comparison::begin(&own, other.root(), other.highest()).unwrap();
        let node = comparison.questions(1)[0];
        let mut answer = other.children(node);
        change(&mut answer);
        comparison.answers(&[answer])
    };
    assert_eq!(ask(|_| {}), Ok(()));
    assert_eq!(ask(|answer| answer[3] = Digest::of(b"forged")), Err(Contradiction));
    assert_eq!(ask(|answer| answer.swap(0, 1)), Err(Contradiction));
    let mut comparison = Comparison::begin(&own, other.root(), other.highest()).unwrap();
    comparison.questions(1);
    assert_eq!(comparison.answers(&[]), Err(Contradiction));
    assert_eq!(Comparison::begin(&own, Digest::ZERO, 5).map(|_| ()), Err(Contradiction));
    let one = NodeId { level: 3, index: 0 };
    assert_eq!(own.children(one).len(), FAN_OUT);
}

#[test]
fn each_class_is_told_by_the_two_entries() {
    let entry = |sequence: u64, content: &[u8]| Entry {
        sequence,
        transmission: TransmissionId::parse("0c9e4d0e-6c1f-4a56-8f0e-2f6f3a7f4b10").unwrap(),
        report: ReportId::parse("6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20").unwrap(),
        content_sha256: Digest::of(content),
        children: vec![super::ChildFact {
            child: "76b7cf28-8bc9-59f4-9134-0894e0d7d8b7".parse().unwrap(),
            stage: "stored".to_owned(),
            caseworker: String::new(),
            detail: String::new(),
        }],
    };
    let mut moved = entry(4, b"d");
    moved.children[0].stage = "assigned".to_owned();
    let sender = [entry(1, b"a"), entry(2, b"b"), entry(4, b"d"), entry(5, b"e")];
    let receiver = [entry(1, b"a"), entry(3, b"c"), moved, entry(5, b"other")];
    let found = compare(&sender, &receiver);
    let classes: Vec<_> = found.iter().map(|found| (found.sequence, found.class)).collect();
    assert_eq!(
        classes,
        [
            (2, Class::MissingAtReceiver),
            (3, Class::UnknownToSender),
            (4, Class::DifferentStage),
            (5, Class::DifferentContent),
        ]
    );
    assert_eq!(found[0].at_sender, Some(sender[1].digest()));
    assert_eq!(found[0].at_receiver, None);
    assert_eq!(numbers_of_leaf(1), (9, 16));
}
