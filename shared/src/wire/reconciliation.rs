//! Entries, differences and digests of a reconciliation, to the contract and back.

use crate::domain::{
    digest::{Digest, InvalidDigest},
    reconciliation::{ChildFact, Class, Difference, Entry, FAN_OUT, NodeId, Side},
};

use super::pb::exchange::{HoldingsDigest, Range, ReconciliationChild, ReconciliationDifference, ReconciliationEntry};

/// Ranges of one question.
pub const MOST_RANGES: usize = 128;
/// Leaves of one question.
pub const MOST_LEAVES: usize = 64;
/// Differences of one result.
pub const MOST_DIFFERENCES: usize = 10_000;
/// Leaves that one reconciliation may ask for.
pub const MOST_LEAVES_IN_ALL: usize = 50_000;
/// Duplicates that a receiver names.
pub const MOST_DUPLICATES: usize = 1_000;
/// Ranges of missing numbers that a receiver names.
pub const MOST_MISSING: usize = 1_000;

const DIGEST_BYTES: usize = 32;

/// A message that cannot be what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be of the form that the contract gives it")]
pub struct Malformed;

/// An entry as the contract has it.
#[must_use]
pub fn entry_to_pb(entry: &Entry) -> ReconciliationEntry {
    let child = |child: &ChildFact| ReconciliationChild {
        child_id: child.child.to_string(),
        stage: child.stage.clone(),
        caseworker: child.caseworker.clone(),
        detail: child.detail.clone(),
    };
    ReconciliationEntry {
        sequence: entry.sequence,
        transmission_id: entry.transmission.to_string(),
        report_id: entry.report.to_string(),
        content_sha256: entry.content_sha256.as_bytes().to_vec().into(),
        children: entry.children.iter().map(child).collect(),
    }
}

/// Reads an entry.
///
/// # Errors
/// An id or digest that is none.
pub fn entry_from_pb(entry: ReconciliationEntry) -> Result<Entry, Malformed> {
    let child = |child: ReconciliationChild| {
        Ok(ChildFact {
            child: child.child_id.parse().map_err(|_| Malformed)?,
            stage: child.stage,
            caseworker: child.caseworker,
            detail: child.detail,
        })
    };
    Ok(Entry {
        sequence: entry.sequence,
        transmission: entry.transmission_id.parse().map_err(|_| Malformed)?,
        report: entry.report_id.parse().map_err(|_| Malformed)?,
        content_sha256: Digest::from_slice(&entry.content_sha256).map_err(|_| Malformed)?,
        children: entry.children.into_iter().map(child).collect::<Result<_, _>>()?,
    })
}

/// What one side holds.
#[must_use]
pub fn side_to_pb(side: &Side) -> HoldingsDigest {
    HoldingsDigest {
        entries: side.entries,
        highest_sequence: side.highest,
        root_sha256: side.root.as_bytes().to_vec().into(),
    }
}

/// Reads what the other side holds.
///
/// # Errors
/// A root that is no digest.
pub fn side_from_pb(side: &HoldingsDigest) -> Result<Side, InvalidDigest> {
    Ok(Side {
        entries: side.entries,
        highest: side.highest_sequence,
        root: Digest::from_slice(&side.root_sha256)?,
    })
}

/// A range of the tree.
#[must_use]
pub fn range_to_pb(node: NodeId) -> Range {
    Range {
        level: node.level.into(),
        index: node.index,
    }
}

/// Reads a range that has others below it.
///
/// # Errors
/// There is no such range, or it is a leaf.
pub fn range_from_pb(range: &Range) -> Result<NodeId, Malformed> {
    let level = u8::try_from(range.level).map_err(|_| Malformed)?;
    let node = NodeId {
        level,
        index: range.index,
    };
    if level > 0 && node.exists() {
        Ok(node)
    } else {
        Err(Malformed)
    }
}

/// The digests below ranges, one behind the other.
#[must_use]
pub fn pack(answers: &[[Digest; FAN_OUT]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(answers.len() * FAN_OUT * DIGEST_BYTES);
    for digest in answers.iter().flatten() {
        bytes.extend_from_slice(digest.as_bytes());
    }
    bytes
}

/// Takes packed digests apart.
///
/// # Errors
/// Another number of bytes than of whole answers.
pub fn unpack(bytes: &[u8]) -> Result<Vec<[Digest; FAN_OUT]>, Malformed> {
    let answers = bytes.chunks_exact(FAN_OUT * DIGEST_BYTES);
    if !answers.remainder().is_empty() {
        return Err(Malformed);
    }
    let digest = |bytes: &[u8]| Digest::from_slice(bytes).map_err(|_| Malformed);
    answers
        .map(|answer| {
            let mut below = [Digest::ZERO; FAN_OUT];
            for (place, bytes) in below.iter_mut().zip(answer.chunks_exact(DIGEST_BYTES)) {
                *place = digest(bytes)?;
            }
            Ok(below)
        })
        .collect()
}

/// A difference as the contract has it.
#[must_use]
pub fn difference_to_pb(difference: &Difference) -> ReconciliationDifference {
    let bytes = |digest: Option<Digest>| {
        digest
            .map(|digest| digest.as_bytes().to_vec())
            .unwrap_or_default()
            .into()
    };
    ReconciliationDifference {
        sequence: difference.sequence,
        class: difference.class.to_string(),
        sender_sha256: bytes(difference.at_sender),
        receiver_sha256: bytes(difference.at_receiver),
    }
}

/// Reads a difference.
///
/// # Errors
/// A class or a digest that is none.
pub fn difference_from_pb(difference: &ReconciliationDifference) -> Result<Difference, Malformed> {
    let digest = |bytes: &[u8]| match bytes {
        [] => Ok(None),
        bytes => Digest::from_slice(bytes).map(Some).map_err(|_| Malformed),
    };
    Ok(Difference {
        sequence: difference.sequence,
        class: Class::parse(&difference.class).map_err(|_| Malformed)?,
        at_sender: digest(&difference.sender_sha256)?,
        at_receiver: digest(&difference.receiver_sha256)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_and_differences_come_back_as_they_were() {
        let entry = Entry {
            sequence: 17,
            transmission: "0c9e4d0e-6c1f-4a56-8f0e-2f6f3a7f4b10".parse().unwrap(),
            report: "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20".parse().unwrap(),
            content_sha256: Digest::of(b"content"),
            children: vec![ChildFact {
                child: "76b7cf28-8bc9-59f4-9134-0894e0d7d8b7".parse().unwrap(),
                stage: "rejected".to_owned(),
                caseworker: String::new(),
                detail: "duplicate".to_owned(),
            }],
        };
        assert_eq!(entry_from_pb(entry_to_pb(&entry)), Ok(entry.clone()));
        let mut broken = entry_to_pb(&entry);
        broken.content_sha256 = vec![1; 31].into();
        assert_eq!(entry_from_pb(broken), Err(Malformed));
        for class in Class::ALL {
            let difference = Difference {
                sequence: 3,
                class: *class,
                at_sender: Some(entry.digest()),
                at_receiver: None,
            };
            assert_eq!(difference_from_pb(&difference_to_pb(&difference)), Ok(difference));
        }
    }

    #[test]
    fn digests_are_packed_one_behind_the_other() {
        let answers = [[Digest::of(b"a"); FAN_OUT], [Digest::ZERO; FAN_OUT]];
        let bytes = pack(&answers);
        assert_eq!(bytes.len(), 1_024);
        assert_eq!(unpack(&bytes), Ok(answers.to_vec()));
        assert_eq!(unpack(&bytes[..1_000]), Err(Malformed));
    }

    #[test]
    fn a_leaf_and_what_lies_outside_the_tree_are_no_ranges_to_ask_about() {
        let read = |level, index| range_from_pb(&Range { level, index });
        assert!(read(1, 7).is_ok());
        for (level, index) in [(0, 0), (14, 0), (300, 0), (13, 1)] {
            assert_eq!(read(level, index), Err(Malformed), "{level} {index}");
        }
    }
}
