//! One transmission as a statement counts it.

use jiff::Timestamp;

use crate::domain::{
    digest::{Digest, Hasher},
    ids::{ReportId, TransmissionId},
};

/// A transmission as both sides know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its number in the pair.
    pub number: u64,
    /// Its id, as the sender gave it.
    pub transmission: TransmissionId,
    /// The report that it is part of.
    pub report: ReportId,
    /// SHA-256 of its content.
    pub content: Digest,
    /// When the sender answered for the report: the time that decides on its day.
    pub submitted_at: Timestamp,
}

impl Entry {
    /// How an entry enters a digest: the number in 8 bytes, most significant first; the two ids in 16 bytes each; the
    /// content's digest.
    #[must_use]
    pub fn bytes(&self) -> [u8; 72] {
        let mut bytes = [0; 72];
        bytes[..8].copy_from_slice(&self.number.to_be_bytes());
        bytes[8..24].copy_from_slice(self.transmission.as_uuid().as_bytes());
        bytes[24..40].copy_from_slice(self.report.as_uuid().as_bytes());
        bytes[40..].copy_from_slice(self.content.as_bytes());
        bytes
    }
}

/// How many entries, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// SHA-256 over their bytes in the order of their numbers; of none, the digest of nothing.
    pub digest: Digest,
}

/// Counts and digests entries that come in the order of their numbers, in the memory of one.
#[derive(Clone, Default)]
pub struct TallyOfDay {
    count: u64,
    hasher: Hasher,
}

impl TallyOfDay {
    /// The next entry.
    pub fn add(&mut self, entry: &Entry) {
        self.count += 1;
        self.hasher.update(&entry.bytes());
    }

    /// All that were added.
    #[must_use]
    pub fn finish(self) -> Tally {
        Tally {
            count: self.count,
            digest: self.hasher.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_digested_as_the_protocol_says() {
        let entry = Entry {
            number: 258,
            transmission: "0c9e4d0e-6c1f-4a56-8f0e-2f6f3a7f4b10".parse().unwrap(),
            report: "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20".parse().unwrap(),
            content: Digest::of(b"content"),
            submitted_at: Timestamp::UNIX_EPOCH,
        };
        let bytes = entry.bytes();
        assert_eq!(bytes[..8], [0, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!(bytes[8..10], [0x0c, 0x9e]);
        assert_eq!(bytes[24..26], [0x6f, 0x1d]);
        assert_eq!(bytes[40..], *Digest::of(b"content").as_bytes());
        let mut tally = TallyOfDay::default();
        tally.add(&entry);
        let one = tally.clone().finish();
        assert_eq!((one.count, one.digest), (1, Digest::of(&bytes)));
        tally.add(&Entry { number: 259, ..entry });
        assert_ne!(tally.finish().digest, one.digest);
    }

    #[test]
    fn nothing_has_the_digest_of_nothing() {
        let nothing = TallyOfDay::default().finish();
        assert_eq!((nothing.count, nothing.digest), (0, Digest::of(b"")));
    }
}
