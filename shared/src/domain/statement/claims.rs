//! What stands in a daily statement.

use jiff::{Timestamp, civil::Date};

use super::entry::Tally;
use crate::domain::{
    calendar,
    closed_set::closed_set,
    digest::Digest,
    organisation::OrganisationNumber,
    receipt::{MAX_SEQUENCE, Pair, Software},
};

/// The most ranges of numbers that a statement says are lacking; the lowest come first.
pub const MOST_RANGES: usize = 100;

closed_set! {
    /// Whose statement it is.
    Side in "side of a pair" {
        /// Of the police: what was given a number.
        Sender = "sender",
        /// Of the child welfare service: what is held.
        Receiver = "receiver",
    }
}

/// Everything in one statement. No personal data: ids' digests, numbers and times only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementClaims {
    /// Between whom.
    pub pair: Pair,
    /// The day in Norway that it is about.
    pub day: Date,
    /// When it was made: after the day's end.
    pub time: Timestamp,
    /// The transmissions of the day.
    pub transmissions: Transmissions,
    /// What only this side can say.
    pub view: View,
    /// How far this side has the pair's receipts: everything above holds by these and no later ones.
    pub receipts: Receipts,
    /// What made the statement.
    pub software: Software,
}

/// The transmissions whose submitted time lies in the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transmissions {
    /// At the sender all that were given a number; at the receiver those held and receipted.
    pub tally: Tally,
    /// The highest number of the pair among all whose submitted time is before the day's end; 0 for none.
    pub last: u64,
}

/// What only one of the sides can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum View {
    /// The sender: those of the day's transmissions that a verified stored receipt proves to be held.
    Sender {
        /// Which.
        receipted: Tally,
    },
    /// The receiver: numbers up to its last that it does not hold, in order; at most [`MOST_RANGES`] ranges.
    Receiver {
        /// Which.
        lacks: Vec<Numbers>,
    },
}

/// Numbers from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
}

/// The end of the pair's chain of receipts as a side has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipts {
    /// The number of the last; 0 for none.
    pub last: u64,
    /// Its digest; [`Digest::ZERO`] for none.
    pub head: Digest,
}

/// Claims that no statement can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidStatement {
    /// Not a JSON object with these members, once each and of their types.
    #[error("the claims are not in the form of a statement")]
    Malformed,
    /// Another version of the format.
    #[error("the claims are of another version")]
    Version,
    /// Not UTC in RFC 3339 with six decimals, or before the day's end.
    #[error("the time is not in RFC 3339 with six decimals and Z, or before the day's end")]
    Time,
    /// The day's ends are not those of the day in Europe/Oslo.
    #[error("the day's ends are not midnight in Oslo")]
    Day,
    /// A number is out of range, or there are more entries than numbers.
    #[error("a number or count is out of range")]
    Number,
    /// A digest of nothing for something, or of something for nothing.
    #[error("a digest does not fit its count")]
    Digest,
    /// More is receipted than there is.
    #[error("more is receipted than there is")]
    Receipted,
    /// The ranges overlap, touch, are out of order, reach beyond the last number, or are too many.
    #[error("the ranges of lacking numbers are not in order")]
    Lacks,
    /// A member that the side has is missing, or one that it does not have is there.
    #[error("a member does not belong to the side")]
    Side,
    /// Name or version are not 1 to 64 visible ASCII characters.
    #[error("the software's name or version is not 1 to 64 visible ASCII characters")]
    Software,
}

impl View {
    /// Whose view it is.
    #[must_use]
    pub const fn side(&self) -> Side {
        match self {
            Self::Sender { .. } => Side::Sender,
            Self::Receiver { .. } => Side::Receiver,
        }
    }
}

impl StatementClaims {
    /// Whose statement it is.
    #[must_use]
    pub const fn side(&self) -> Side {
        self.view.side()
    }

    /// Who signs it.
    #[must_use]
    pub const fn signer(&self) -> OrganisationNumber {
        self.side().of(&self.pair)
    }

    /// The rules that signer and verifier both keep.
    pub(super) fn check(&self) -> Result<(), InvalidStatement> {
        let bounds = calendar::bounds(self.day).ok_or(InvalidStatement::Day)?;
        if self.time < bounds.until {
            return Err(InvalidStatement::Time);
        }
        let Transmissions { tally, last } = self.transmissions;
        if last > MAX_SEQUENCE || self.receipts.last > MAX_SEQUENCE || tally.count > last {
            return Err(InvalidStatement::Number);
        }
        if (self.receipts.last == 0) != (self.receipts.head == Digest::ZERO) {
            return Err(InvalidStatement::Digest);
        }
        tally.check()?;
        match &self.view {
            View::Sender { receipted } => {
                receipted.check()?;
                if receipted.count > tally.count || (receipted.count == tally.count && *receipted != tally) {
                    return Err(InvalidStatement::Receipted);
                }
            }
            View::Receiver { lacks } => check_ranges(lacks, last)?,
        }
        if self.software.is_valid() {
            Ok(())
        } else {
            Err(InvalidStatement::Software)
        }
    }
}

impl Side {
    /// The organisation on this side of a pair.
    #[must_use]
    pub const fn of(self, pair: &Pair) -> OrganisationNumber {
        match self {
            Self::Sender => pair.sender,
            Self::Receiver => pair.receiver,
        }
    }
}

impl Tally {
    /// Nothing has the digest of nothing, and nothing else has.
    fn check(&self) -> Result<(), InvalidStatement> {
        if (self.count == 0) == (self.digest == Digest::of(b"")) {
            Ok(())
        } else {
            Err(InvalidStatement::Digest)
        }
    }
}

fn check_ranges(lacks: &[Numbers], last: u64) -> Result<(), InvalidStatement> {
    let mut before = 0;
    for (index, range) in lacks.iter().enumerate() {
        // Two ranges that touch are one. The first number may be lacking.
        let follows = if index == 0 {
            range.first > 0
        } else {
            range.first > before + 1
        };
        if !follows || range.last < range.first || range.last >= last {
            return Err(InvalidStatement::Lacks);
        }
        before = range.last;
    }
    if lacks.len() > MOST_RANGES {
        return Err(InvalidStatement::Lacks);
    }
    Ok(())
}
