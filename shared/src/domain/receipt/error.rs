//! Why a receipt is not believed.

use super::claims::InvalidClaims;
use crate::domain::certificate::CertificateError;

/// Why a receipt is not believed. Every variant has a coded reason for records and interfaces.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Longer than [`super::MAX_RECEIPT_BYTES`].
    #[error("the receipt is too large")]
    TooLarge,
    /// Not three parts in base64url without padding, or a header that is not a JSON object of the right form.
    #[error("the receipt is not a JWS in compact serialisation")]
    Malformed,
    /// A JWS that was made for something else, however well it is signed.
    #[error("the JWS is not of the type of a receipt")]
    WrongType,
    /// The header has an extension that must be understood, and is not.
    #[error("the header has a critical extension that is not understood")]
    UnknownCritical,
    /// The header names another algorithm than the one that the key stands for.
    #[error("the algorithm is not that of the certificate's key")]
    WrongAlgorithm,
    /// The thumbprint in the header is not that of the certificate in the header.
    #[error("the certificate is not the one that the header's thumbprint names")]
    CertificateMismatch,
    /// The certificate names no organisation, or several.
    #[error("the certificate cannot be used")]
    Certificate(#[from] CertificateError),
    /// The certificate's key is neither P-256 nor RSA of at least 2,048 bits, or may not sign.
    #[error("the certificate's key cannot sign receipts")]
    UnusableKey,
    /// No path from the certificate to an issuer that is trusted, at the time of the receipt.
    #[error("the certificate does not lead to a trusted issuer")]
    Untrusted(#[source] webpki::Error),
    /// The certificate or one above it is revoked.
    #[error("the certificate is revoked")]
    Revoked,
    /// A revocation list of ours is out of date. Says nothing about the receipt: fetch the list and verify again.
    #[error("a revocation list is out of date")]
    RevocationListExpired,
    /// Signed by somebody else than the receiver of the pair.
    #[error("the receipt is signed by another organisation")]
    WrongSigner,
    /// The signature is not that of this key over these bytes.
    #[error("the signature is wrong")]
    BadSignature,
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
            Self::TooLarge => "receipt_too_large",
            Self::Malformed => "receipt_malformed",
            Self::WrongType => "receipt_wrong_type",
            Self::UnknownCritical => "receipt_unknown_critical_header",
            Self::WrongAlgorithm => "receipt_wrong_algorithm",
            Self::CertificateMismatch => "receipt_certificate_mismatch",
            Self::Certificate(_) => "receipt_certificate_without_organisation",
            Self::UnusableKey => "receipt_unusable_key",
            Self::Untrusted(_) => "receipt_untrusted_certificate",
            Self::Revoked => "receipt_revoked_certificate",
            Self::RevocationListExpired => "revocation_list_expired",
            Self::WrongSigner => "receipt_wrong_signer",
            Self::BadSignature => "receipt_bad_signature",
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
        matches!(self, Self::RevocationListExpired)
    }
}
