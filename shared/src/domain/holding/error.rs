//! Why a holding is not believed.

use super::claims::InvalidHolding;
use crate::domain::jws::JwsError;

/// Why a holding is not believed. Then it is no answer at all. Every variant has a coded reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoldingError {
    /// The text or its signature does not hold.
    #[error("the holding's signature does not hold")]
    Jws(#[from] JwsError),
    /// The claims break a rule.
    #[error("the holding's claims are invalid")]
    Invalid(#[from] InvalidHolding),
    /// The signing time in the header is not the second of the claims' time.
    #[error("header and claims state different times")]
    TimeMismatch,
    /// Its time is more than a day from that of the question.
    #[error("the holding was not made now")]
    NotNow,
    /// It names another sender or receiver.
    #[error("the holding belongs to another pair")]
    WrongPair,
    /// It was made for another question.
    #[error("the holding answers another question")]
    WrongNonce,
    /// It says nothing of a transmission that was asked about, or something of another one.
    #[error("the holding is not about what was asked")]
    WrongTransmissions,
}

impl HoldingError {
    /// The reason as a code that never changes.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Jws(JwsError::WrongSigner) => "holding_wrong_signer",
            Self::Jws(JwsError::RevocationListExpired) => "revocation_list_expired",
            Self::Jws(_) => "holding_bad_signature",
            Self::Invalid(_) => "holding_invalid_claims",
            Self::TimeMismatch => "holding_time_mismatch",
            Self::NotNow => "holding_not_now",
            Self::WrongPair => "holding_wrong_pair",
            Self::WrongNonce => "holding_wrong_nonce",
            Self::WrongTransmissions => "holding_wrong_transmissions",
        }
    }

    /// Whether the fault is on the verifying side and goes away without the receiver's doing.
    #[must_use]
    pub const fn is_ours(&self) -> bool {
        matches!(self, Self::Jws(error) if error.is_ours())
    }
}
