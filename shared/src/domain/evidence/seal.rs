//! The seal: what the exporter signs.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    fault::{Fault, FaultCode, Section, Value},
    package::{Package, Scope, canonical, micros},
};
use crate::domain::{
    digest::Digest,
    jws::{JwsError, JwsVerifier, Kind},
    organisation::OrganisationNumber,
};

const VERSION: u32 = 1;
/// How far an exporter's clock may be ahead.
const MOST_AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// The payload of a seal. Members that a reader does not know are passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealClaims {
    ver: u32,
    /// Who exported: the organisation of the certificate.
    pub exporter: OrganisationNumber,
    /// When, by the exporter's clock.
    #[serde(with = "micros")]
    pub time: Timestamp,
    /// SHA-256 of the scope.
    pub scope: Digest,
    /// SHA-256 of each transmission, in order.
    pub transmissions: Vec<Digest>,
    /// SHA-256 of each receipt, in order.
    pub receipts: Vec<Digest>,
    /// SHA-256 of each other signed text, in order.
    pub signed: Vec<Digest>,
}

/// Who sealed a package, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    /// The exporter.
    pub exporter: OrganisationNumber,
    /// When, by the exporter's clock.
    pub time: Timestamp,
}

impl SealClaims {
    /// Of a package that has this scope and no entries yet. Exporter and time are filled in at the end.
    pub(super) fn begin(scope: &Scope) -> Self {
        Self {
            ver: VERSION,
            exporter: scope.sender(),
            time: Timestamp::UNIX_EPOCH,
            scope: Digest::of(canonical(scope).as_bytes()),
            transmissions: Vec::new(),
            receipts: Vec::new(),
            signed: Vec::new(),
        }
    }

    /// What a seal of exactly these contents says.
    fn of(package: &Package) -> Self {
        let digest = |text: String| Digest::of(text.as_bytes());
        Self {
            transmissions: package
                .transmissions
                .iter()
                .map(|entry| digest(canonical(entry)))
                .collect(),
            receipts: package.receipts.iter().map(|jws| Digest::of(jws.as_bytes())).collect(),
            signed: package.signed.iter().map(|entry| digest(canonical(entry))).collect(),
            ..Self::begin(&package.scope)
        }
    }
}

/// Checks the seal of a package: its signature, its signer, and every entry against it.
pub(super) fn check(
    package: &Package,
    verifier: &JwsVerifier,
    at: Timestamp,
    faults: &mut Vec<Fault>,
) -> Result<Option<Sealed>, JwsError> {
    let verified = match verifier.verify(&package.seal, Kind::Evidence, None, at) {
        Ok(verified) => verified,
        Err(error) if error.is_ours() => return Err(error),
        Err(error) => {
            faults.push(Fault::new(FaultCode::SealInvalid).with("reason", Value::word("reason", error.reason())));
            return Ok(None);
        }
    };
    let claims = serde_json::from_slice::<SealClaims>(&verified.payload);
    let Some(claims) = claims.ok().filter(|claims| claims.ver == VERSION) else {
        faults.push(Fault::new(FaultCode::SealUnreadable));
        return Ok(None);
    };
    if claims.exporter != verified.signer || claims.time.as_second() != verified.second {
        faults.push(Fault::new(FaultCode::SealUnreadable));
        return Ok(None);
    }
    if claims.time > at.saturating_add(MOST_AHEAD).unwrap_or(Timestamp::MAX) {
        faults.push(Fault::new(FaultCode::SealInFuture).with("time", Value::Time(claims.time)));
    }
    let scope = &package.scope;
    if claims.exporter != scope.sender() && !scope.receivers().contains(&claims.exporter) {
        faults.push(Fault::new(FaultCode::SealByStranger).with("organisation", claims.exporter));
    }
    let found = SealClaims::of(package);
    if claims.scope != found.scope {
        faults.push(Fault::new(FaultCode::ScopeChanged));
    }
    for (section, sealed, found) in [
        (Section::Transmissions, &claims.transmissions, &found.transmissions),
        (Section::Receipts, &claims.receipts, &found.receipts),
        (Section::Signed, &claims.signed, &found.signed),
    ] {
        faults.extend(super::compare::compare(section, sealed, found));
    }
    Ok(Some(Sealed {
        exporter: claims.exporter,
        time: claims.time,
    }))
}
