//! Why a signed text is not believed.

use crate::domain::certificate::CertificateError;

/// Why a signed text is not believed. Every variant has a coded reason for records and interfaces.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// Longer than [`super::Kind::most_bytes`] allows.
    #[error("the text is too large")]
    TooLarge,
    /// Not three parts in base64url without padding, or a header that is not a JSON object of the right form.
    #[error("the text is not a JWS in compact serialisation")]
    Malformed,
    /// A JWS that was made for something else, however well it is signed.
    #[error("the JWS is of another type")]
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
    #[error("the certificate's key cannot sign")]
    UnusableKey,
    /// No path from the certificate to an issuer that is trusted, at the time of signing.
    #[error("the certificate does not lead to a trusted issuer")]
    Untrusted(#[source] webpki::Error),
    /// The certificate or one above it is revoked.
    #[error("the certificate is revoked")]
    Revoked,
    /// A revocation list of ours is out of date. Says nothing about the text: fetch the list and verify again.
    #[error("a revocation list is out of date")]
    RevocationListExpired,
    /// Signed by somebody else than was expected.
    #[error("it is signed by another organisation")]
    WrongSigner,
    /// The signature is not that of this key over these bytes.
    #[error("the signature is wrong")]
    BadSignature,
}

impl JwsError {
    /// The reason as a code that never changes, without the kind of the text before it.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::WrongType => "wrong_type",
            Self::UnknownCritical => "unknown_critical_header",
            Self::WrongAlgorithm => "wrong_algorithm",
            Self::CertificateMismatch => "certificate_mismatch",
            Self::Certificate(_) => "certificate_without_organisation",
            Self::UnusableKey => "unusable_key",
            Self::Untrusted(_) => "untrusted_certificate",
            Self::Revoked => "revoked_certificate",
            Self::RevocationListExpired => "revocation_list_expired",
            Self::WrongSigner => "wrong_signer",
            Self::BadSignature => "bad_signature",
        }
    }

    /// Whether the fault is on the verifying side and goes away without the signer's doing: then the text is neither
    /// believed nor held against the signer.
    #[must_use]
    pub const fn is_ours(&self) -> bool {
        matches!(self, Self::RevocationListExpired)
    }
}
