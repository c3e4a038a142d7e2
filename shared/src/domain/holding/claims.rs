//! What a holding states.

use std::collections::HashSet;

use jiff::Timestamp;

use super::MOST_AT_ONCE;
use crate::domain::{
    digest::Digest,
    ids::{AttachmentId, ChildId, TransmissionId},
    lifecycle::Stage,
    receipt::{MAX_SEQUENCE, Pair, Software},
    staff_id::StaffId,
};

/// Everything in one holding. No personal data: ids, codes and digests only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Who asked, and who answers and signs.
    pub pair: Pair,
    /// When storage was read, by the receiver's clock, to the microsecond.
    pub time: Timestamp,
    /// 32 bytes that the sender chose for this question alone: an answer that was made before cannot have them.
    pub nonce: Digest,
    /// What read storage and made the answer.
    pub software: Software,
    /// One for each transmission that was asked about, in any order.
    pub found: Vec<Found>,
}

/// What was found of one transmission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub transmission: TransmissionId,
    /// What.
    pub presence: Presence,
}

/// Whether a transmission is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// It was read, opened and digested just now.
    Held(Held),
    /// There is nothing under this id that this sender sent.
    Missing,
    /// It is there, and does not open, or digests differently, or a file or child of it is gone.
    Damaged,
    /// A word that this version does not know: it is not known to be held.
    Unknown,
}

/// A transmission as it was read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// SHA-256 of the content as read back and opened just now.
    pub digest: Digest,
    /// How many receipts about it the receiver has.
    pub receipts: u64,
    /// The last of them; `None` when there is none.
    pub last: Option<LastReceipt>,
    /// Its children, each with how far it is.
    pub children: Vec<HeldChild>,
    /// Its files, read back and digested; `None` when they were not asked for.
    pub files: Option<Vec<HeldFile>>,
}

/// The last receipt about a transmission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastReceipt {
    /// Its number in the pair.
    pub sequence: u64,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
}

/// A child of a transmission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldChild {
    /// Which.
    pub child: ChildId,
    /// How far it is at the receiver; `None` for a stage that this version does not know.
    pub stage: Option<Stage>,
    /// Who has it as caseworker, by role-scoped id.
    pub staff: Option<StaffId>,
}

/// A file of a transmission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldFile {
    /// Which.
    pub attachment: AttachmentId,
    /// SHA-256 of the file as read back and opened just now.
    pub digest: Digest,
}

/// A holding that breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHolding {
    /// Not a JSON object with the members of a holding.
    #[error("the payload is not that of a holding")]
    Malformed,
    /// Of a version that this one does not read.
    #[error("the version is not 1")]
    Version,
    /// Not UTC with six decimals.
    #[error("the time is not UTC in RFC 3339 with six decimals")]
    Time,
    /// More than can be asked about at once.
    #[error("it states more than {MOST_AT_ONCE} transmissions")]
    TooMany,
    /// A transmission, child or file stands there twice.
    #[error("something is stated twice")]
    Twice,
    /// Count, number and digest of receipts contradict each other.
    #[error("number and last of the receipts contradict each other")]
    Receipts,
    /// A member is missing or stands where it does not belong.
    #[error("a member is missing or out of place")]
    Members,
    /// A name or version that does not fit.
    #[error("the software's name or version is not 1 to 64 visible ASCII characters")]
    Software,
    /// A word that this version does not know cannot be signed by it.
    #[error("an unknown word cannot be stated")]
    Unknown,
}

impl Holding {
    /// The rules that writer and reader both keep.
    pub(super) fn check(&self) -> Result<(), InvalidHolding> {
        if self.found.len() > MOST_AT_ONCE {
            return Err(InvalidHolding::TooMany);
        }
        once(self.found.iter().map(|found| found.transmission))?;
        for found in &self.found {
            if let Presence::Held(held) = &found.presence {
                held.check()?;
            }
        }
        if self.software.is_valid() {
            Ok(())
        } else {
            Err(InvalidHolding::Software)
        }
    }

    /// What was found of this transmission.
    #[must_use]
    pub fn of(&self, transmission: &TransmissionId) -> Option<&Presence> {
        let found = self.found.iter().find(|found| found.transmission == *transmission);
        found.map(|found| &found.presence)
    }
}

impl Held {
    fn check(&self) -> Result<(), InvalidHolding> {
        once(self.children.iter().map(|child| child.child))?;
        once(self.files.iter().flatten().map(|file| file.attachment))?;
        match self.last {
            None if self.receipts == 0 => Ok(()),
            Some(last) if (1..=last.sequence).contains(&self.receipts) && last.sequence <= MAX_SEQUENCE => Ok(()),
            _ => Err(InvalidHolding::Receipts),
        }
    }
}

impl Presence {
    /// The word of it, for records.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Held(_) => "held",
            Self::Missing => "missing",
            Self::Damaged => "damaged",
            Self::Unknown => "unknown",
        }
    }
}

fn once<T: Eq + std::hash::Hash>(all: impl Iterator<Item = T>) -> Result<(), InvalidHolding> {
    let mut seen = HashSet::new();
    for one in all {
        if !seen.insert(one) {
            return Err(InvalidHolding::Twice);
        }
    }
    Ok(())
}
