//! Makes receipts with a receiver's enterprise certificate.

use std::fmt;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{
    claims::{InvalidClaims, ReceiptClaims},
    json,
};
use crate::domain::{
    digest::Digest,
    jws::{InvalidSigner, JwsSigner, Kind},
    organisation::OrganisationNumber,
};

/// Signs receipts in the name of the organisation of its certificate.
pub struct ReceiptSigner(JwsSigner);

/// A receipt that could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The claims break a rule of receipts: a fault of the caller.
    #[error("the claims cannot be signed")]
    Claims(#[from] InvalidClaims),
    /// The claims speak for another organisation than the one of the certificate.
    #[error("the claims are of another organisation than the signer")]
    WrongOrganisation,
    /// The library failed, for example for want of randomness.
    #[error("the signature could not be made")]
    Signature,
}

impl ReceiptSigner {
    /// A signer from PEM files: the own certificate with those between it and the root, and its private key.
    ///
    /// # Errors
    /// When one of the two cannot be read or used, or they do not belong together.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, InvalidSigner> {
        JwsSigner::from_pem(certificates, key).map(Self)
    }

    /// As [`ReceiptSigner::from_pem`], from DER.
    ///
    /// # Errors
    /// As [`ReceiptSigner::from_pem`].
    pub fn new(certificates: &[CertificateDer<'_>], key: &PrivateKeyDer<'_>) -> Result<Self, InvalidSigner> {
        JwsSigner::new(certificates, key).map(Self)
    }

    /// What signs the other texts of this organisation.
    #[must_use]
    pub const fn jws(&self) -> &JwsSigner {
        &self.0
    }

    /// The organisation in whose name it signs.
    #[must_use]
    pub const fn organisation(&self) -> OrganisationNumber {
        self.0.organisation()
    }

    /// Makes the receipt for these claims.
    ///
    /// # Errors
    /// When the claims break a rule or are of another organisation, or the library fails.
    pub fn sign(&self, claims: &ReceiptClaims) -> Result<SignedReceipt, SignError> {
        SignedReceipt::sign(&self.0, claims)
    }
}

/// A receipt as it travels and is stored: JWS compact serialisation.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SignedReceipt {
    jws: String,
}

impl SignedReceipt {
    /// As [`ReceiptSigner::sign`], by what signs every text of the organisation.
    ///
    /// # Errors
    /// As [`ReceiptSigner::sign`].
    pub fn sign(signer: &JwsSigner, claims: &ReceiptClaims) -> Result<Self, SignError> {
        if claims.pair.receiver != signer.organisation() {
            return Err(SignError::WrongOrganisation);
        }
        let payload = json::write(claims)?;
        let jws = signer.sign(Kind::Receipt, claims.time.as_second(), &payload);
        Ok(Self {
            jws: jws.ok_or(SignError::Signature)?,
        })
    }

    /// The receipt's text; its ASCII bytes are what is digested.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.jws
    }

    /// SHA-256 of the receipt's bytes: what the next receipt names.
    #[must_use]
    pub fn sha256(&self) -> Digest {
        Digest::of(self.jws.as_bytes())
    }

    /// The text itself.
    #[must_use]
    pub fn into_string(self) -> String {
        self.jws
    }
}

impl fmt::Debug for SignedReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedReceipt({})", self.sha256())
    }
}
