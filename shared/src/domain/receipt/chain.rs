//! The chain of a pair's receipts: numbers without gaps, each receipt naming the one before.

use super::{signer::SignedReceipt, verifier::VerifiedReceipt};
use crate::domain::digest::Digest;

/// The last receipt of a pair that somebody holds: its number and the SHA-256 of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    sequence: u64,
    digest: Digest,
}

/// A receipt that does not continue the chain. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// Receipts are missing before this one.
    #[error("receipt {found} came where {expected} was expected")]
    Gap {
        /// The next number of the chain.
        expected: u64,
        /// The receipt's number.
        found: u64,
    },
    /// The chain has a receipt with this number already.
    #[error("receipt {found} came again, {expected} was expected")]
    Repeated {
        /// The next number of the chain.
        expected: u64,
        /// The receipt's number.
        found: u64,
    },
    /// The receipt names another predecessor: two stories are told.
    #[error("receipt {sequence} does not name the receipt before it")]
    DoesNotLink {
        /// The receipt's number.
        sequence: u64,
    },
}

impl ChainError {
    /// The reason as a code that never changes.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Gap { .. } => "receipt_number_skipped",
            Self::Repeated { .. } => "receipt_number_repeated",
            Self::DoesNotLink { .. } => "receipt_chain_does_not_link",
        }
    }
}

/// A stored position that is none: number 0 goes with the zero digest, and every other number with another digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("number and digest of the last receipt contradict each other")]
pub struct InvalidHead;

impl ChainHead {
    /// Before the first receipt.
    pub const START: Self = Self {
        sequence: 0,
        digest: Digest::ZERO,
    };

    /// A position read back from storage.
    ///
    /// # Errors
    /// When number and digest cannot belong together.
    pub fn stored(sequence: u64, digest: Digest) -> Result<Self, InvalidHead> {
        if (sequence == 0) == (digest == Digest::ZERO) {
            Ok(Self { sequence, digest })
        } else {
            Err(InvalidHead)
        }
    }

    /// The number of the last receipt; 0 for none.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// SHA-256 of the last receipt: what the next one names as the receipt before.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The number that the next receipt has.
    #[must_use]
    pub const fn next_sequence(&self) -> u64 {
        self.sequence + 1
    }

    /// The head after this receipt, which must be the next.
    ///
    /// # Errors
    /// When a number is skipped or repeated, or the receipt names another predecessor.
    pub fn follow(self, receipt: &VerifiedReceipt) -> Result<Self, ChainError> {
        let (expected, found) = (self.next_sequence(), receipt.claims().sequence);
        if found > expected {
            return Err(ChainError::Gap { expected, found });
        }
        if found < expected {
            return Err(ChainError::Repeated { expected, found });
        }
        if receipt.claims().previous != self.digest {
            return Err(ChainError::DoesNotLink { sequence: found });
        }
        Ok(Self {
            sequence: found,
            digest: receipt.sha256(),
        })
    }

    /// The head after the signer appended this receipt, made with [`ChainHead::next_sequence`] and
    /// [`ChainHead::digest`].
    #[must_use]
    pub fn appended(self, receipt: &SignedReceipt) -> Self {
        Self {
            sequence: self.next_sequence(),
            digest: receipt.sha256(),
        }
    }
}
