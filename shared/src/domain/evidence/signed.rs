//! The signed texts of a package that are no receipts: statements, holdings, reconciliations.

use jiff::Timestamp;
use serde::Deserialize;

use super::{
    fault::{Fault, FaultCode, Section, Value},
    package::{Scope, SignedText, micros},
};
use crate::domain::{
    digest::Digest,
    ids::TransmissionId,
    jws::{JwsError, JwsVerifier, Kind, present},
    organisation::OrganisationNumber,
    receipt::Pair,
};

/// A signed text that verifies and belongs to a pair of the package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedShown {
    /// What kind of text.
    pub kind: Kind,
    /// Who signed it.
    pub signer: OrganisationNumber,
    /// When, by the signer's clock.
    pub time: Timestamp,
}

/// The claims that every signed text about a pair has. What else stands in it is for its kind to say.
#[derive(Deserialize)]
struct Claims {
    sender: OrganisationNumber,
    receiver: OrganisationNumber,
    #[serde(with = "micros")]
    time: Timestamp,
}

/// What a receiver found in its storage when it was asked, as far as a package is checked against it.
pub(super) struct ShownHolding {
    /// Its place among the signed texts, from 0.
    pub(super) place: usize,
    pub(super) receiver: OrganisationNumber,
    pub(super) time: Timestamp,
    pub(super) found: Vec<Found>,
}

/// What it found of one transmission.
#[derive(Deserialize)]
pub(super) struct Found {
    pub(super) transmission: TransmissionId,
    is: String,
    #[serde(default, deserialize_with = "present")]
    digest: Option<Digest>,
    #[serde(default, deserialize_with = "present")]
    receipts: Option<u64>,
    #[serde(default, deserialize_with = "present")]
    pub(super) last: Option<LastReceipt>,
}

/// The last receipt that a receiver has about a transmission.
#[derive(Deserialize)]
pub(super) struct LastReceipt {
    pub(super) seq: u64,
    pub(super) sha256: Digest,
}

#[derive(Deserialize)]
struct HoldingClaims {
    found: Vec<Found>,
}

impl Found {
    /// How many receipts about it there are, when it is held with this content.
    pub(super) fn receipts_when_held(&self, content: &Digest) -> Option<u64> {
        let is_held = self.is == "held" && self.digest.as_ref() == Some(content);
        self.receipts.filter(|_| is_held)
    }
}

/// Verifies every signed text; those that do not hold are named.
pub(super) fn check(
    scope: &Scope,
    texts: &[SignedText],
    verifier: &JwsVerifier,
    at: Timestamp,
    faults: &mut Vec<Fault>,
) -> Result<(Vec<SignedShown>, Vec<ShownHolding>), JwsError> {
    let (mut shown, mut holdings) = (Vec::new(), Vec::new());
    for (place, text) in texts.iter().enumerate() {
        let fault = |code| Fault::at(code, Section::Signed, place);
        let invalid = |reason| fault(FaultCode::SignedInvalid).with("reason", Value::word("reason", reason));
        let kind = Kind::parse(&text.kind).ok();
        let about_a_pair = |kind: &Kind| matches!(kind, Kind::Statement | Kind::Holding | Kind::Reconciliation);
        let Some(kind) = kind.filter(about_a_pair) else {
            faults.push(fault(FaultCode::SignedKindUnknown));
            continue;
        };
        let verified = match verifier.verify(&text.jws, kind, None, at) {
            Ok(verified) => verified,
            Err(error) if error.is_ours() => return Err(error),
            Err(error) => {
                faults.push(invalid(error.reason()));
                continue;
            }
        };
        let claims = serde_json::from_slice::<Claims>(&verified.payload).ok();
        let Some(claims) = claims.filter(|claims| claims.time.as_second() == verified.second) else {
            faults.push(invalid("invalid_claims"));
            continue;
        };
        let pair = Pair {
            sender: claims.sender,
            receiver: claims.receiver,
        };
        if !scope.has(&pair) || ![pair.sender, pair.receiver].contains(&verified.signer) {
            faults.push(fault(FaultCode::SignedOfOtherPair).with("organisation", verified.signer));
            continue;
        }
        if kind == Kind::Holding {
            let holding = serde_json::from_slice::<HoldingClaims>(&verified.payload).ok();
            let Some(holding) = holding.filter(|_| verified.signer == pair.receiver) else {
                faults.push(invalid("invalid_claims"));
                continue;
            };
            holdings.push(ShownHolding {
                place,
                receiver: pair.receiver,
                time: claims.time,
                found: holding.found,
            });
        }
        shown.push(SignedShown {
            kind,
            signer: verified.signer,
            time: claims.time,
        });
    }
    Ok((shown, holdings))
}
