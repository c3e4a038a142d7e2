//! What a receiver says of a letter that has come.

use jiff::Timestamp;

use crate::domain::{
    digest::Digest,
    ids::{LetterId, TransmissionId},
    jws::JwsError,
    receipt::{Pair, Software},
    staff_role::{StaffReference, StaffRole},
};

/// A letter as its sender announces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announced {
    /// Which letter.
    pub letter: LetterId,
    /// Which transmission it holds.
    pub transmission: TransmissionId,
    /// What its code is known by.
    pub code_sha256: Digest,
}

/// Everything in one confirmation. No personal data: ids, codes and digests only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// Who sent the letter, and who says that it has come and signs.
    pub pair: Pair,
    /// Which letter.
    pub letter: Announced,
    /// When its code was typed in, by the receiver's clock, to the microsecond.
    pub confirmed_at: Timestamp,
    /// Who typed it in.
    pub confirmed_by: StaffReference,
    /// Whether the receiver held the transmission electronically too when this was signed.
    pub held: bool,
    /// When this was signed.
    pub time: Timestamp,
    /// What made it.
    pub software: Software,
}

/// A confirmation that breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidConfirmation {
    /// Not a JSON object with the members of a confirmation.
    #[error("the payload is not that of a letter's confirmation")]
    Malformed,
    /// Of a version that this one does not read.
    #[error("the version is not 1")]
    Version,
    /// Not UTC with six decimals, or signed before it was confirmed.
    #[error("the times are not UTC in RFC 3339 with six decimals, in their order")]
    Time,
    /// A role that confirms no letter.
    #[error("the role is not that of an intake leader or the duty service")]
    Role,
    /// A name or version that does not fit.
    #[error("the software's name or version is not 1 to 64 visible ASCII characters")]
    Software,
}

/// Why a confirmation is not believed. Nothing follows from it then. Every variant has a coded reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmationError {
    /// The text or its signature does not hold.
    #[error("the confirmation's signature does not hold")]
    Jws(#[from] JwsError),
    /// The claims break a rule.
    #[error("the confirmation's claims are invalid")]
    Invalid(#[from] InvalidConfirmation),
    /// The signing time in the header is not the second of the claims' time.
    #[error("header and claims state different times")]
    TimeMismatch,
    /// It names another sender or receiver.
    #[error("the confirmation belongs to another pair")]
    WrongPair,
    /// It is about another letter, transmission or code.
    #[error("the confirmation is about another letter")]
    WrongLetter,
}

impl Confirmation {
    /// The rules that writer and reader both keep.
    pub(super) fn check(&self) -> Result<(), InvalidConfirmation> {
        if self.confirmed_at > self.time {
            return Err(InvalidConfirmation::Time);
        }
        if !matches!(self.confirmed_by.role, StaffRole::IntakeLeader | StaffRole::Duty) {
            return Err(InvalidConfirmation::Role);
        }
        if self.software.is_valid() {
            Ok(())
        } else {
            Err(InvalidConfirmation::Software)
        }
    }
}

impl ConfirmationError {
    /// The reason as a code that never changes.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Jws(JwsError::WrongSigner) => "letter_wrong_signer",
            Self::Jws(JwsError::RevocationListExpired) => "revocation_list_expired",
            Self::Jws(_) => "letter_bad_signature",
            Self::Invalid(_) => "letter_invalid_claims",
            Self::TimeMismatch => "letter_time_mismatch",
            Self::WrongPair => "letter_wrong_pair",
            Self::WrongLetter => "letter_wrong_letter",
        }
    }

    /// Whether the fault is on the verifying side and goes away without the receiver's doing.
    #[must_use]
    pub const fn is_ours(&self) -> bool {
        matches!(self, Self::Jws(error) if error.is_ours())
    }
}
