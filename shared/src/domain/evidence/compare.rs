//! What was sealed against what is there.

use std::collections::{HashMap, HashSet};

use super::fault::{Fault, FaultCode, Section};
use crate::domain::digest::Digest;

/// Names what makes the entries that are there others than those that were sealed; nothing exactly when they are the
/// same in the same order.
pub(super) fn compare(section: Section, sealed: &[Digest], found: &[Digest]) -> Vec<Fault> {
    if sealed == found {
        return Vec::new();
    }
    let extra = surplus(found, sealed);
    let gone = surplus(sealed, found);
    let known: HashSet<&Digest> = sealed.iter().collect();
    let mut faults = Vec::new();
    for (index, _) in extra.iter().enumerate().filter(|(_, is_extra)| **is_extra) {
        let code = if gone.get(index) == Some(&true) {
            FaultCode::EntryChanged
        } else if known.contains(&found[index]) {
            FaultCode::EntryRepeated
        } else {
            FaultCode::EntryInvented
        };
        faults.push(named(code, section, index, &found[index]));
    }
    for (index, _) in gone.iter().enumerate().filter(|(_, is_gone)| **is_gone) {
        if extra.get(index) != Some(&true) {
            faults.push(named(FaultCode::EntryRemoved, section, index, &sealed[index]));
        }
    }
    let kept = |digests: &[Digest], out: &[bool]| -> Vec<(usize, Digest)> {
        let all = digests.iter().copied().enumerate();
        all.filter(|(index, _)| !out[*index]).collect()
    };
    let (before, now) = (kept(sealed, &gone), kept(found, &extra));
    let moved = before.iter().zip(&now).find(|((_, before), (_, now))| before != now);
    if let Some((_, (index, digest))) = moved {
        faults.push(named(FaultCode::EntriesReordered, section, *index, digest));
    }
    faults
}

/// Which of these stand here more often than there.
fn surplus(here: &[Digest], there: &[Digest]) -> Vec<bool> {
    let mut left: HashMap<&Digest, usize> = HashMap::new();
    for digest in there {
        *left.entry(digest).or_default() += 1;
    }
    here.iter()
        .map(|digest| match left.get_mut(digest) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        })
        .collect()
}

fn named(code: FaultCode, section: Section, index: usize, digest: &Digest) -> Fault {
    Fault::at(code, section, index).with("digest", digest.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digests(text: &str) -> Vec<Digest> {
        text.bytes().map(|byte| Digest::of(&[byte])).collect()
    }

    fn compared(sealed: &str, found: &str) -> Vec<String> {
        let faults = compare(Section::Receipts, &digests(sealed), &digests(found));
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_the_same_has_no_fault() {
        assert!(compared("", "").is_empty());
        assert!(compared("abca", "abca").is_empty());
    }

    #[test]
    fn each_kind_of_change_is_named_where_it_is() {
        assert_eq!(compared("abc", "axc"), ["entry_changed at receipts 2"]);
        assert_eq!(compared("abc", "ac"), ["entry_removed at receipts 2"]);
        assert_eq!(compared("abc", "ab"), ["entry_removed at receipts 3"]);
        assert_eq!(
            compared("abc", ""),
            [
                "entry_removed at receipts 1",
                "entry_removed at receipts 2",
                "entry_removed at receipts 3"
            ]
        );
        assert_eq!(compared("abc", "abxc"), ["entry_invented at receipts 3"]);
        assert_eq!(compared("abc", "abbc"), ["entry_repeated at receipts 3"]);
        assert_eq!(compared("abc", "acb"), ["entries_reordered at receipts 2"]);
        assert_eq!(compared("aab", "aba"), ["entries_reordered at receipts 2"]);
    }

    #[test]
    fn several_changes_are_all_named() {
        assert_eq!(
            compared("abcd", "dxa"),
            [
                "entry_changed at receipts 2",
                "entry_removed at receipts 3",
                "entries_reordered at receipts 1"
            ]
        );
    }
}
