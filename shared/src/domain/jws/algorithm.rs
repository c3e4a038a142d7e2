//! The two signature algorithms, and the keys that stand for them.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey, RSA_PSS_2048_8192_SHA256, VerificationAlgorithm};
use x509_parser::{certificate::X509Certificate, public_key::PublicKey};

use crate::domain::closed_set::closed_set;

closed_set! {
    /// A signature algorithm by its name in RFC 7518. It always follows from the key: what a header says is compared
    /// with it and never decides.
    Algorithm in "signature algorithm" {
        /// ECDSA with P-256 and SHA-256; the signature is 64 bytes, r and s.
        Es256 = "ES256",
        /// RSASSA-PSS with SHA-256 and MGF1 with SHA-256; keys from 2,048 bits.
        Ps256 = "PS256",
    }
}

/// rsaEncryption (RFC 8017), the only RSA key type that goes with any padding.
const RSA_ENCRYPTION: &str = "1.2.840.113549.1.1.1";
const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
const PRIME256V1: &str = "1.2.840.10045.3.1.7";
const SMALLEST_RSA_BITS: usize = 2048;

/// The key of a certificate, ready to verify, with the one algorithm that it is for. `None` for every other kind, and
/// for a certificate whose key usage (RFC 5280, section 4.2.1.3) allows neither digital signatures nor commitment.
pub(super) fn key_of(certificate: &X509Certificate<'_>) -> Option<(Algorithm, ParsedPublicKey)> {
    if let Some(usage) = certificate.key_usage().ok()?
        && !usage.value.digital_signature()
        && !usage.value.non_repudiation()
    {
        return None;
    }
    let algorithm = algorithm_of(certificate)?;
    let key = &certificate.public_key().subject_public_key.data;
    Some((algorithm, ParsedPublicKey::new(verification(algorithm), key).ok()?))
}

fn algorithm_of(certificate: &X509Certificate<'_>) -> Option<Algorithm> {
    let info = certificate.public_key();
    match (info.algorithm.algorithm.to_id_string().as_str(), info.parsed().ok()?) {
        (EC_PUBLIC_KEY, PublicKey::EC(_)) => {
            let curve = info.algorithm.parameters.as_ref()?.as_oid().ok()?;
            (curve.to_id_string() == PRIME256V1).then_some(Algorithm::Es256)
        }
        (RSA_ENCRYPTION, PublicKey::RSA(key)) => (key.key_size() >= SMALLEST_RSA_BITS).then_some(Algorithm::Ps256),
        _ => None,
    }
}

fn verification(algorithm: Algorithm) -> &'static dyn VerificationAlgorithm {
    match algorithm {
        Algorithm::Es256 => &ECDSA_P256_SHA256_FIXED,
        Algorithm::Ps256 => &RSA_PSS_2048_8192_SHA256,
    }
}
