//! The hash-chained ledger: one entry per change of state, and a change of the past is found.

mod append;
mod verify;

use aws_lc_rs::digest::{Context, SHA256};
use jiff::Timestamp;

pub(super) use append::{append, chain};
pub(super) use verify::{Verified, verify};

pub use verify::Fault;

use super::schema::hex;

/// What a change leaves behind for those who check afterwards. Never personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// What kind of change, a word from the program.
    pub kind: &'static str,
    /// Id of what was changed.
    pub subject: String,
    /// Who did it: role-scoped staff id, program or organisation number.
    pub actor: String,
    /// Particulars, readable by a person; may be empty.
    pub data: String,
}

/// Number and hash of the last entry: two ledgers that agree on it agree on everything before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// 0 before the first entry.
    pub(super) seq: i64,
    /// 64 hex digits.
    pub(super) hash: String,
}

impl Head {
    /// Before the first entry.
    pub(super) fn genesis() -> Self {
        Self {
            seq: 0,
            hash: "0".repeat(64),
        }
    }

    /// The head after one more entry.
    ///
    /// Every part is preceded by its length, so that no two entries have the same bytes.
    fn follow(&self, at: i64, kind: &str, subject: &str, actor: &str, data: &str) -> Self {
        let seq = self.seq + 1;
        let mut context = Context::new(&SHA256);
        for part in [self.hash.as_bytes(), &seq.to_be_bytes(), &at.to_be_bytes()] {
            context.update(part);
        }
        for part in [kind, subject, actor, data] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        Self {
            seq,
            hash: hex(context.finish().as_ref()),
        }
    }
}

/// An entry with the time of its change.
#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) at: Timestamp,
    pub(super) entry: LedgerEntry,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_a_letter_between_fields_changes_the_hash() {
        let head = Head::genesis();
        assert_ne!(head.follow(1, "ab", "c", "", ""), head.follow(1, "a", "bc", "", ""));
        assert_ne!(head.follow(1, "a", "", "b", ""), head.follow(1, "a", "b", "", ""));
    }

    #[test]
    fn the_hash_covers_the_time_and_what_came_before() {
        let head = Head::genesis();
        let next = head.follow(1, "a", "b", "c", "d");
        assert_eq!(next.seq, 1);
        assert_ne!(next.hash, head.follow(2, "a", "b", "c", "d").hash);
        assert_ne!(next.hash, next.follow(1, "a", "b", "c", "d").hash);
    }
}
