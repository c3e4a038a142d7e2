//! Why a receipt is not believed.

use super::claims::InvalidClaims;
use crate::domain::jws::JwsError;

/// Why a receipt is not believed. Every variant has a coded reason for records and interfaces.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// The text or its signature does not hold.
    #[error("the receipt's signature does not hold")]
    Jws(#[from] JwsError),
    /// The claims break a rule.
    #[error("the receipt's claims are invalid")]
    InvalidClaims(#[from] InvalidClaims),
    /// The signing time in the header is not the second of the claims' time.
    #[error("header and claims state different times")]
    TimeMismatch,
    /// The receipt is dated more than a day ahead.
    #[error("the receipt's time lies in the future")]
    InFuture,
    /// The claims name another sender or receiver than the pair.
    #[error("the receipt belongs to another pair")]
    WrongPair,
}

impl ReceiptError {
    /// The reason as a code that never changes.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Jws(error) => match error {
                JwsError::TooLarge => "receipt_too_large",
                JwsError::Malformed => "receipt_malformed",
                JwsError::WrongType => "receipt_wrong_type",
                JwsError::UnknownCritical => "receipt_unknown_critical_header",
                JwsError::WrongAlgorithm => "receipt_wrong_algorithm",
                JwsError::CertificateMismatch => "receipt_certificate_mismatch",
                JwsError::Certificate(_) => "receipt_certificate_without_organisation",
                JwsError::UnusableKey => "receipt_unusable_key",
                JwsError::Untrusted(_) => "receipt_untrusted_certificate",
                JwsError::Revoked => "receipt_revoked_certificate",
                JwsError::RevocationListExpired => "revocation_list_expired",
                JwsError::WrongSigner => "receipt_wrong_signer",
                JwsError::BadSignature => "receipt_bad_signature",
            },
            Self::InvalidClaims(_) => "receipt_invalid_claims",
            Self::TimeMismatch => "receipt_time_mismatch",
            Self::InFuture => "receipt_in_future",
            Self::WrongPair => "receipt_wrong_pair",
        }
    }

    /// Whether the fault is on the verifying side and goes away without the receiver's doing: then the receipt is
    /// neither believed nor held against the receiver.
    #[must_use]
    pub const fn is_ours(&self) -> bool {
        matches!(self, Self::Jws(error) if error.is_ours())
    }
}
