//! The only way from the text of a receipt to something that is believed.

use std::{fmt, sync::Arc};

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
    remembered::Remembered,
    trust::TrustedIssuers,
};
use crate::domain::{
    certificate::{self, CertificateError},
    digest::Digest,
    organisation::OrganisationNumber,
};

/// How far a receiver's clock may be ahead before what it says about time is absurd.
const MOST_AHEAD: SignedDuration = SignedDuration::from_hours(24);
/// A receiver has one certificate in use and a few former ones; this is room for a whole country.
const MOST_SIGNERS: usize = 4096;
/// Headers are alike for all receipts of a second.
const MOST_HEADERS: usize = 1024;
/// A receipt comes as an answer and again by the stream, seldom with more than this many of all receivers between.
const MOST_RECEIPTS: usize = 16 * 1024;

/// Verifies receipts. Remembers the certificates that it has accepted, so that a receipt costs one signature check, and
/// the receipts that it has verified, so that the second time costs none; make a new verifier when roots or revocation
/// lists change. Shared between threads.
pub struct ReceiptVerifier {
    trust: TrustedIssuers,
    signers: Remembered<Arc<Signer>>,
    headers: Remembered<Signing>,
    receipts: Remembered<Signing>,
}

/// Who signed, and when, as the header says; the signer's path was checked for that time.
#[derive(Clone)]
struct Signing {
    signer: Arc<Signer>,
    second: i64,
}

/// What is known about a certificate whose path was checked.
struct Signer {
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
            signers: Remembered::at_most(MOST_SIGNERS),
            headers: Remembered::at_most(MOST_HEADERS),
            receipts: Remembered::at_most(MOST_RECEIPTS),
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
        let parts = Parts::of(jws)?;
        let sha256 = Digest::of(jws.as_bytes());
        self.trust.check_fresh(at)?;
        let signing = self.signing(&parts, sha256, pair)?;

        let claims = json::read(&decoded(parts.payload)?)?;
        if claims.time.as_second() != signing.second {
            return Err(ReceiptError::TimeMismatch);
        }
        if claims.time > at.saturating_add(MOST_AHEAD).unwrap_or(Timestamp::MAX) {
            return Err(ReceiptError::InFuture);
        }
        if claims.pair != *pair {
            return Err(ReceiptError::WrongPair);
        }
        Ok(VerifiedReceipt { claims, sha256 })
    }

    /// Who signed exactly these bytes: the receiver of the pair, by a signature that was checked, now or before.
    fn signing(&self, parts: &Parts<'_>, sha256: Digest, pair: &Pair) -> Result<Signing, ReceiptError> {
        let of_the_pair = |signing: &Signing| {
            if signing.signer.organisation == pair.receiver {
                Ok(())
            } else {
                Err(ReceiptError::WrongSigner)
            }
        };
        if let Some(known) = self.receipts.get(&sha256) {
            of_the_pair(&known)?;
            return Ok(known);
        }
        let signing = self.announced(parts.header)?;
        of_the_pair(&signing)?;
        let signature = decoded(parts.signature)?;
        let verdict = signing.signer.key.verify_sig(parts.signed.as_bytes(), &signature);
        verdict.map_err(|_| ReceiptError::BadSignature)?;
        self.receipts.insert(sha256, signing.clone());
        Ok(signing)
    }

    /// The signer that a header announces, by a path to a root that held at the stated time.
    fn announced(&self, encoded: &str) -> Result<Signing, ReceiptError> {
        let digest = Digest::of(encoded.as_bytes());
        if let Some(known) = self.headers.get(&digest) {
            return Ok(known);
        }
        let header = Header::read(encoded)?;
        let signing = Signing {
            signer: self.signer(&header)?,
            second: header.signed_second,
        };
        if header.algorithm != signing.signer.algorithm.as_str() {
            return Err(ReceiptError::WrongAlgorithm);
        }
        self.headers.insert(digest, signing.clone());
        Ok(signing)
    }

    fn signer(&self, header: &Header) -> Result<Arc<Signer>, ReceiptError> {
        let signed_at = Timestamp::from_second(header.signed_second).map_err(|_| ReceiptError::Malformed)?;
        if let Some(known) = self.signers.get(&header.leaf_digest)
            && (known.from..=known.until).contains(&signed_at)
        {
            return Ok(known);
        }
        self.trust.check_path(&header.certificates, signed_at)?;
        let signer = Arc::new(Signer::read(header)?);
        self.signers.insert(header.leaf_digest, Arc::clone(&signer));
        Ok(signer)
    }
}

/// A compact serialisation taken apart, nothing decoded.
struct Parts<'a> {
    /// Header and payload with the point between: what the signature is over.
    signed: &'a str,
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
}

impl<'a> Parts<'a> {
    fn of(jws: &'a str) -> Result<Self, ReceiptError> {
        let (signed, signature) = jws.rsplit_once('.').ok_or(ReceiptError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(ReceiptError::Malformed)?;
        Ok(Self {
            signed,
            header,
            payload,
            signature,
        })
    }
}

fn decoded(part: &str) -> Result<Vec<u8>, ReceiptError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| ReceiptError::Malformed)
}

impl Signer {
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
