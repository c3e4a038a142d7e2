//! The only way from the text of a receipt to something that is believed.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::{
    claims::{Pair, ReceiptClaims},
    error::ReceiptError,
    json,
};
use crate::domain::{
    digest::Digest,
    jws::{JwsVerifier, Kind, TrustedIssuers},
    organisation::OrganisationNumber,
};

/// How far a receiver's clock may be ahead before what it says about time is absurd.
const MOST_AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// Verifies receipts. Remembers what [`JwsVerifier`] does. Shared between threads.
pub struct ReceiptVerifier(JwsVerifier);

/// A receipt that was verified: signed by the receiver of the pair, unaltered, and within the rules.
///
/// Whether it is the next of its chain ([`super::ChainHead::follow`]), of the digest that was sent, and possible for the
/// child ([`crate::domain::lifecycle::ChildState::learn`]) is for the caller to check.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifiedReceipt {
    claims: ReceiptClaims,
    sha256: Digest,
}

impl ReceiptVerifier {
    /// A verifier that trusts these issuers.
    #[must_use]
    pub fn new(trust: TrustedIssuers) -> Self {
        Self(JwsVerifier::new(trust))
    }

    /// What verifies the other signed texts by the same trust.
    #[must_use]
    pub const fn jws(&self) -> &JwsVerifier {
        &self.0
    }

    /// Verifies a receipt of this pair at the time `at`.
    ///
    /// The certificates must be valid at the time that the receipt states, so that receipts outlive a renewal; they
    /// must not be revoked as far as is known at `at`.
    ///
    /// # Errors
    /// [`ReceiptError`]; nothing of the receipt may be believed then.
    pub fn verify(&self, jws: &str, pair: &Pair, at: Timestamp) -> Result<VerifiedReceipt, ReceiptError> {
        let receipt = self.read(jws, Some(&pair.receiver), at)?;
        if receipt.claims.pair != *pair {
            return Err(ReceiptError::WrongPair);
        }
        Ok(receipt)
    }

    /// As [`ReceiptVerifier::verify`], for a receipt of whichever pair it names.
    ///
    /// # Errors
    /// [`ReceiptError`]; nothing of the receipt may be believed then.
    pub fn verify_any(&self, jws: &str, at: Timestamp) -> Result<VerifiedReceipt, ReceiptError> {
        self.read(jws, None, at)
    }

    fn read(
        &self,
        jws: &str,
        signer: Option<&OrganisationNumber>,
        at: Timestamp,
    ) -> Result<VerifiedReceipt, ReceiptError> {
        let verified = self.0.verify(jws, Kind::Receipt, signer, at)?;
        let claims = json::read(&verified.payload)?;
        if claims.time.as_second() != verified.second {
            return Err(ReceiptError::TimeMismatch);
        }
        if claims.time > at.saturating_add(MOST_AHEAD).unwrap_or(Timestamp::MAX) {
            return Err(ReceiptError::InFuture);
        }
        if claims.pair.receiver != verified.signer {
            return Err(ReceiptError::WrongPair);
        }
        Ok(VerifiedReceipt {
            claims,
            sha256: verified.sha256,
        })
    }
}

impl VerifiedReceipt {
    /// What is stated.
    #[must_use]
    pub const fn claims(&self) -> &ReceiptClaims {
        &self.claims
    }

    /// What is stated, to keep.
    #[must_use]
    pub fn into_claims(self) -> ReceiptClaims {
        self.claims
    }

    /// SHA-256 of the receipt's bytes.
    #[must_use]
    pub const fn sha256(&self) -> Digest {
        self.sha256
    }
}

impl fmt::Debug for VerifiedReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifiedReceipt({}, {})", self.claims.sequence, self.sha256)
    }
}
