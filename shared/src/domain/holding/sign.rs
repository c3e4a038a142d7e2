//! From a holding to the signed text, and the only way back.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

use super::{
    claims::{Holding, InvalidHolding},
    error::HoldingError,
    json,
};
use crate::domain::{
    digest::Digest,
    ids::TransmissionId,
    jws::{JwsSigner, JwsVerifier, Kind},
    receipt::Pair,
};

/// How far the two clocks may be apart. That the answer is fresh, its nonce proves; the time is only for the record.
const MOST_APART: SignedDuration = SignedDuration::from_hours(24);

/// A holding that could not be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HoldingSignError {
    /// The claims break a rule: a fault of the caller.
    #[error("the holding cannot be signed")]
    Claims(#[from] InvalidHolding),
    /// The claims speak for another organisation than the one of the certificate.
    #[error("the holding is of another organisation than the signer")]
    WrongOrganisation,
    /// The library failed, for example for want of randomness.
    #[error("the signature could not be made")]
    Signature,
}

/// A holding that was verified: signed by the receiver of the pair, just now, for this question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedHolding {
    /// What is stated.
    pub holding: Holding,
    /// SHA-256 of the text.
    pub sha256: Digest,
}

/// Signs a holding.
///
/// # Errors
/// See [`HoldingSignError`].
pub fn sign(signer: &JwsSigner, holding: &Holding) -> Result<String, HoldingSignError> {
    if holding.pair.receiver != signer.organisation() {
        return Err(HoldingSignError::WrongOrganisation);
    }
    let payload = json::write(holding)?;
    let jws = signer.sign(Kind::Holding, holding.time.as_second(), &payload);
    jws.ok_or(HoldingSignError::Signature)
}

/// Verifies the answer to a question: about these transmissions, with this nonce, at the time `at`.
///
/// # Errors
/// [`HoldingError`]; nothing of it may be believed then, and the question is as good as unanswered.
pub fn verify(
    verifier: &JwsVerifier,
    jws: &str,
    pair: &Pair,
    nonce: &Digest,
    asked: &[TransmissionId],
    at: Timestamp,
) -> Result<VerifiedHolding, HoldingError> {
    let verified = verifier.verify(jws, Kind::Holding, Some(&pair.receiver), at)?;
    let holding = json::read(&verified.payload)?;
    if holding.time.as_second() != verified.second {
        return Err(HoldingError::TimeMismatch);
    }
    if holding.time.duration_since(at).abs() > MOST_APART {
        return Err(HoldingError::NotNow);
    }
    if holding.pair != *pair {
        return Err(HoldingError::WrongPair);
    }
    if holding.nonce != *nonce {
        return Err(HoldingError::WrongNonce);
    }
    let stated: HashSet<_> = holding.found.iter().map(|found| found.transmission).collect();
    if stated != asked.iter().copied().collect() {
        return Err(HoldingError::WrongTransmissions);
    }
    Ok(VerifiedHolding {
        holding,
        sha256: verified.sha256,
    })
}
