//! The only way from a signed text to something that is believed.

use std::sync::Arc;

use aws_lc_rs::signature::ParsedPublicKey;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;

use super::{
    JwsError, Kind, TrustedIssuers,
    algorithm::{self, Algorithm},
    header::Header,
    remembered::Remembered,
};
use crate::domain::{
    certificate::{self, CertificateError},
    digest::Digest,
    organisation::OrganisationNumber,
};

/// An organisation has one certificate in use and a few former ones; this is room for a whole country.
const MOST_SIGNERS: usize = 4096;
/// Headers are alike for all texts of a kind and second.
const MOST_HEADERS: usize = 1024;
/// A receipt comes as an answer and again by the stream, seldom with more than this many of all receivers between.
const MOST_TEXTS: usize = 16 * 1024;

/// Verifies signed texts. Remembers the certificates that it has accepted, so that a text costs one signature check, and
/// the texts that it has verified, so that the second time costs none; make a new verifier when roots or revocation lists
/// change. Shared between threads.
pub struct JwsVerifier {
    trust: TrustedIssuers,
    signers: Remembered<Arc<Signer>>,
    headers: Remembered<Signing>,
    texts: Remembered<Signing>,
}

/// Who signed what, and when, as the header says; the signer's path was checked for that time.
#[derive(Clone)]
struct Signing {
    signer: Arc<Signer>,
    kind: Kind,
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

/// A text whose signature holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Who signed it.
    pub signer: OrganisationNumber,
    /// When, in seconds since 1970, as the signer says.
    pub second: i64,
    /// What was signed.
    pub payload: Vec<u8>,
    /// SHA-256 of the whole text.
    pub sha256: Digest,
}

impl JwsVerifier {
    /// A verifier that trusts these issuers.
    #[must_use]
    pub fn new(trust: TrustedIssuers) -> Self {
        Self {
            trust,
            signers: Remembered::at_most(MOST_SIGNERS),
            headers: Remembered::at_most(MOST_HEADERS),
            texts: Remembered::at_most(MOST_TEXTS),
        }
    }

    /// Verifies a text of this kind at the time `at`. With `expected`, it must be signed by that organisation; without,
    /// it is for the caller to look at [`Verified::signer`].
    ///
    /// The certificates must be valid at the time that the text states, so that it outlives a renewal; they must not be
    /// revoked as far as is known at `at`.
    ///
    /// # Errors
    /// [`JwsError`]; nothing of the text may be believed then.
    pub fn verify(
        &self,
        jws: &str,
        kind: Kind,
        expected: Option<&OrganisationNumber>,
        at: Timestamp,
    ) -> Result<Verified, JwsError> {
        if jws.len() > kind.most_bytes() {
            return Err(JwsError::TooLarge);
        }
        let parts = Parts::of(jws)?;
        let sha256 = Digest::of(jws.as_bytes());
        self.trust.check_fresh(at)?;
        let is_expected = |signing: &Signing| {
            if signing.kind != kind {
                return Err(JwsError::WrongType);
            }
            match expected {
                Some(expected) if signing.signer.organisation != *expected => Err(JwsError::WrongSigner),
                _ => Ok(()),
            }
        };
        let signing = if let Some(known) = self.texts.get(&sha256) {
            is_expected(&known)?;
            known
        } else {
            let signing = self.announced(parts.header, kind)?;
            is_expected(&signing)?;
            let signature = decoded(parts.signature)?;
            let verdict = signing.signer.key.verify_sig(parts.signed.as_bytes(), &signature);
            verdict.map_err(|_| JwsError::BadSignature)?;
            self.texts.insert(sha256, signing.clone());
            signing
        };
        Ok(Verified {
            signer: signing.signer.organisation,
            second: signing.second,
            payload: decoded(parts.payload)?,
            sha256,
        })
    }

    /// The signer that a header announces, by a path to a root that held at the stated time.
    fn announced(&self, encoded: &str, kind: Kind) -> Result<Signing, JwsError> {
        let digest = Digest::of(encoded.as_bytes());
        if let Some(known) = self.headers.get(&digest) {
            return Ok(known);
        }
        let header = Header::read(encoded, kind)?;
        let signing = Signing {
            signer: self.signer(&header)?,
            kind,
            second: header.signed_second,
        };
        if header.algorithm != signing.signer.algorithm.as_str() {
            return Err(JwsError::WrongAlgorithm);
        }
        self.headers.insert(digest, signing.clone());
        Ok(signing)
    }

    fn signer(&self, header: &Header) -> Result<Arc<Signer>, JwsError> {
        let signed_at = Timestamp::from_second(header.signed_second).map_err(|_| JwsError::Malformed)?;
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
    fn of(jws: &'a str) -> Result<Self, JwsError> {
        let (signed, signature) = jws.rsplit_once('.').ok_or(JwsError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(JwsError::Malformed)?;
        Ok(Self {
            signed,
            header,
            payload,
            signature,
        })
    }
}

fn decoded(part: &str) -> Result<Vec<u8>, JwsError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| JwsError::Malformed)
}

impl Signer {
    fn read(header: &Header) -> Result<Self, JwsError> {
        let (mut from, mut until) = (Timestamp::MIN, Timestamp::MAX);
        for der in &header.certificates {
            let certificate = certificate::parse(der)?;
            let limit = |time: i64| Timestamp::from_second(time).map_err(|_| CertificateError::Malformed);
            from = from.max(limit(certificate.validity().not_before.timestamp())?);
            until = until.min(limit(certificate.validity().not_after.timestamp())?);
        }
        let leaf = certificate::parse(&header.certificates[0])?;
        let (algorithm, key) = algorithm::key_of(&leaf).ok_or(JwsError::UnusableKey)?;
        Ok(Self {
            organisation: certificate::organisation_of_parsed(&leaf)?,
            algorithm,
            key,
            from,
            until,
        })
    }
}
