//! From a confirmation to the signed text, and the only way back.

use jiff::Timestamp;

use super::{
    confirmation::{Announced, Confirmation, ConfirmationError, InvalidConfirmation},
    json,
};
use crate::domain::{
    jws::{JwsSigner, JwsVerifier, Kind},
    receipt::Pair,
};

/// A confirmation that could not be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmationSignError {
    /// The claims break a rule: a fault of the caller.
    #[error("the confirmation cannot be signed")]
    Claims(#[from] InvalidConfirmation),
    /// The claims speak for another organisation than the one of the certificate.
    #[error("the confirmation is of another organisation than the signer")]
    WrongOrganisation,
    /// The library failed, for example for want of randomness.
    #[error("the signature could not be made")]
    Signature,
}

/// Signs a confirmation.
///
/// # Errors
/// See [`ConfirmationSignError`].
pub fn sign(signer: &JwsSigner, confirmation: &Confirmation) -> Result<String, ConfirmationSignError> {
    if confirmation.pair.receiver != signer.organisation() {
        return Err(ConfirmationSignError::WrongOrganisation);
    }
    let payload = json::write(confirmation)?;
    let jws = signer.sign(Kind::Letter, confirmation.time.as_second(), &payload);
    jws.ok_or(ConfirmationSignError::Signature)
}

/// Verifies that the receiver of the pair says that this letter has come, at the time `at`.
///
/// # Errors
/// [`ConfirmationError`]; the letter is as unconfirmed as before then.
pub fn verify(
    verifier: &JwsVerifier,
    jws: &str,
    pair: &Pair,
    letter: &Announced,
    at: Timestamp,
) -> Result<Confirmation, ConfirmationError> {
    let verified = verifier.verify(jws, Kind::Letter, Some(&pair.receiver), at)?;
    let confirmation = json::read(&verified.payload)?;
    if confirmation.time.as_second() != verified.second {
        return Err(ConfirmationError::TimeMismatch);
    }
    if confirmation.pair != *pair {
        return Err(ConfirmationError::WrongPair);
    }
    if confirmation.letter != *letter {
        return Err(ConfirmationError::WrongLetter);
    }
    Ok(confirmation)
}
