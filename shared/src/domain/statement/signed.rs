//! From claims to a signed text, and the only way back to something that is believed.

use jiff::{SignedDuration, Timestamp};

use super::{
    claims::{InvalidStatement, Side, StatementClaims},
    error::StatementError,
    json,
};
use crate::domain::{
    jws::{JwsSigner, JwsVerifier, Kind},
    receipt::Pair,
};

/// How far the other side's clock may be ahead before what it says about time is absurd.
const MOST_AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// A statement that could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSigned {
    /// The claims break a rule of statements: a fault of the caller.
    #[error("the claims cannot be signed")]
    Claims(#[from] InvalidStatement),
    /// The claims speak for another organisation than the one of the certificate.
    #[error("the claims are of another organisation than the signer")]
    WrongOrganisation,
    /// The library failed, for example for want of randomness.
    #[error("the signature could not be made")]
    Signature,
}

/// Makes the statement with these claims.
///
/// # Errors
/// When the claims break a rule or are of another organisation, or the library fails.
pub fn sign(signer: &JwsSigner, claims: &StatementClaims) -> Result<String, NotSigned> {
    if claims.signer() != signer.organisation() {
        return Err(NotSigned::WrongOrganisation);
    }
    let payload = json::write(claims)?;
    let text = signer.sign(Kind::Statement, claims.time.as_second(), &payload);
    text.ok_or(NotSigned::Signature)
}

/// Verifies a statement of this side of this pair at the time `at`. That it is of the right day is for the caller to
/// check.
///
/// # Errors
/// [`StatementError`]; nothing of the text may be believed then.
pub fn verify(
    verifier: &JwsVerifier,
    text: &str,
    pair: &Pair,
    side: Side,
    at: Timestamp,
) -> Result<StatementClaims, StatementError> {
    let verified = verifier.verify(text, Kind::Statement, Some(&side.of(pair)), at)?;
    let claims = json::read(&verified.payload)?;
    if claims.time.as_second() != verified.second {
        return Err(StatementError::TimeMismatch);
    }
    if claims.time > at.saturating_add(MOST_AHEAD).unwrap_or(Timestamp::MAX) {
        return Err(StatementError::InFuture);
    }
    if claims.pair != *pair {
        return Err(StatementError::WrongPair);
    }
    if claims.side() != side {
        return Err(StatementError::WrongSide);
    }
    Ok(claims)
}
