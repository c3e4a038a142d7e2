//! The only way from the text of a receipt to something that is believed.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, RwLock},
};

use aws_lc_rs::signature::ParsedPublicKey;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};

use super::{
    MAX_RECEIPT_BYTES,
    algorithm::{self, Algorithm},
    claims::{Pair, ReceiptClaims},
    error::ReceiptError,
    header::Header,
    json,
    trust::TrustedIssuers,
};
use crate::domain::{
    certificate::{self, CertificateError},
    digest::Digest,
    organisation::OrganisationNumber,
};

/// How far a receiver's clock may be ahead before what it says about time is absurd.
const MOST_AHEAD: SignedDuration = SignedDuration::from_hours(24);
/// A pair has one certificate in use and a few former ones; this is room for a whole country.
const MOST_REMEMBERED: usize = 4096;

/// Verifies receipts. Remembers the certificates that it has accepted, so that a receipt costs one signature check;
/// make a new verifier when roots or revocation lists change. Shared between threads.
pub struct ReceiptVerifier {
    trust: TrustedIssuers,
    accepted: RwLock<HashMap<Digest, Arc<Accepted>>>,
}

/// What is known about a certificate whose path was checked.
struct Accepted {
    organisation: OrganisationNumber,
    algorithm: Algorithm,
    key: ParsedPublicKey,
    /// All certificates of the header are valid from here
    from: Timestamp,
    /// to here.
    until: Timestamp,
}

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
        Self {
            trust,
            accepted: RwLock::default(),
        }
    }

    /// Verifies a receipt of this pair at the time `at`.
    ///
    /// The certificates must be valid at the time that the receipt states, so that receipts outlive a renewal; they
    /// must not be revoked as far as is known at `at`.
    ///
    /// # Errors
    /// [`ReceiptError`]; nothing of the receipt may be believed then.
    pub fn verify(&self, jws: &str, pair: &Pair, at: Timestamp) -> Result<VerifiedReceipt, ReceiptError> {
        if jws.len() > MAX_RECEIPT_BYTES {
            return Err(ReceiptError::TooLarge);
        }
        let (signed, signature) = jws.rsplit_once('.').ok_or(ReceiptError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(ReceiptError::Malformed)?;
        let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| ReceiptError::Malformed)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| ReceiptError::Malformed)?;

        let header = Header::read(header)?;
        let signer = self.accept(&header, at)?;
        if signer.organisation != pair.receiver {
            return Err(ReceiptError::WrongSigner);
        }
        if header.algorithm != signer.algorithm.as_str() {
            return Err(ReceiptError::WrongAlgorithm);
        }
        signer
            .key
            .verify_sig(signed.as_bytes(), &signature)
            .map_err(|_| ReceiptError::BadSignature)?;

        let claims = json::read(&payload)?;
        if claims.time.as_second() != header.signed_second {
            return Err(ReceiptError::TimeMismatch);
        }
        if claims.time > at.saturating_add(MOST_AHEAD).unwrap_or(Timestamp::MAX) {
            return Err(ReceiptError::InFuture);
        }
        if claims.pair != *pair {
            return Err(ReceiptError::WrongPair);
        }
        Ok(VerifiedReceipt {
            claims,
            sha256: Digest::of(jws.as_bytes()),
        })
    }

    /// The signer behind a header: a path to a root was found, now or before, that holds at the stated time.
    fn accept(&self, header: &Header, at: Timestamp) -> Result<Arc<Accepted>, ReceiptError> {
        self.trust.check_fresh(at)?;
        let signed_at = Timestamp::from_second(header.signed_second).map_err(|_| ReceiptError::Malformed)?;
        if let Some(known) = self.remembered(&header.leaf_digest)
            && (known.from..=known.until).contains(&signed_at)
        {
            return Ok(known);
        }
        self.trust.check_path(&header.certificates, signed_at)?;
        let accepted = Arc::new(Accepted::read(header)?);
        self.remember(header.leaf_digest, Arc::clone(&accepted));
        Ok(accepted)
    }

    fn remembered(&self, leaf: &Digest) -> Option<Arc<Accepted>> {
        let accepted = self.accepted.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        accepted.get(leaf).map(Arc::clone)
    }

    fn remember(&self, leaf: Digest, signer: Arc<Accepted>) {
        let mut accepted = self.accepted.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if accepted.len() >= MOST_REMEMBERED {
            accepted.clear();
        }
        accepted.insert(leaf, signer);
    }
}

impl Accepted {
    fn read(header: &Header) -> Result<Self, ReceiptError> {
        let (mut from, mut until) = (Timestamp::MIN, Timestamp::MAX);
        for der in &header.certificates {
            let certificate = certificate::parse(der)?;
            let limit = |time: i64| Timestamp::from_second(time).map_err(|_| CertificateError::Malformed);
            from = from.max(limit(certificate.validity().not_before.timestamp())?);
            until = until.min(limit(certificate.validity().not_after.timestamp())?);
        }
        let leaf = certificate::parse(&header.certificates[0])?;
        let (algorithm, key) = algorithm::key_of(&leaf).ok_or(ReceiptError::UnusableKey)?;
        Ok(Self {
            organisation: certificate::organisation_of_parsed(&leaf)?,
            algorithm,
            key,
            from,
            until,
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
