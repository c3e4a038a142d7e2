//! Signs texts with an enterprise certificate.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PSS_SHA256, RsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

use super::{
    Kind,
    algorithm::{self, Algorithm},
    header::{HeaderTemplate, MOST_CERTIFICATES},
};
use crate::domain::{
    certificate::{self, CertificateError},
    organisation::OrganisationNumber,
};

/// Signs in the name of the organisation of its certificate. Costs about as much as the signature: some tens of
/// microseconds with P-256, half a millisecond with RSA.
pub struct JwsSigner {
    organisation: OrganisationNumber,
    headers: Vec<(Kind, HeaderTemplate)>,
    key: SigningKey,
}

enum SigningKey {
    P256(EcdsaKeyPair),
    Rsa(Box<RsaKeyPair>),
}

/// A certificate and key that cannot sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSigner {
    /// The certificate file has no certificate, more than six, or something unreadable.
    #[error("the certificate file must hold the own certificate first and at most five above it, in PEM")]
    Certificates,
    /// The certificate names no organisation.
    #[error("the certificate cannot be used")]
    Certificate(#[from] CertificateError),
    /// The certificate's key is neither P-256 nor RSA of at least 2,048 bits, or may not sign.
    #[error("the certificate's key must be P-256 or RSA of at least 2,048 bits, and may sign")]
    UnusableKey,
    /// The key file has no private key in PEM (PKCS #8, SEC 1 or PKCS #1), or one of another kind.
    #[error("the key file must hold the certificate's private key in PEM")]
    Key,
    /// The private key is not that of the certificate.
    #[error("the private key does not belong to the certificate")]
    KeyMismatch,
}

impl JwsSigner {
    /// A signer from PEM files: the own certificate with those between it and the root, and its private key.
    ///
    /// # Errors
    /// When one of the two cannot be read or used, or they do not belong together.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, InvalidSigner> {
        let certificates = CertificateDer::pem_slice_iter(certificates).collect::<Result<Vec<_>, _>>();
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| InvalidSigner::Key)?;
        Self::new(&certificates.map_err(|_| InvalidSigner::Certificates)?, &key)
    }

    /// As [`JwsSigner::from_pem`], from DER.
    ///
    /// # Errors
    /// As [`JwsSigner::from_pem`].
    pub fn new(certificates: &[CertificateDer<'_>], key: &PrivateKeyDer<'_>) -> Result<Self, InvalidSigner> {
        if certificates.is_empty() || certificates.len() > MOST_CERTIFICATES {
            return Err(InvalidSigner::Certificates);
        }
        let leaf = certificate::parse(&certificates[0])?;
        let (algorithm, _) = algorithm::key_of(&leaf).ok_or(InvalidSigner::UnusableKey)?;
        let key = SigningKey::read(algorithm, key).ok_or(InvalidSigner::Key)?;
        if key.public() != &*leaf.public_key().subject_public_key.data {
            return Err(InvalidSigner::KeyMismatch);
        }
        let template = |kind: &Kind| (*kind, HeaderTemplate::new(*kind, algorithm, certificates));
        Ok(Self {
            organisation: certificate::organisation_of_parsed(&leaf)?,
            headers: Kind::ALL.iter().map(template).collect(),
            key,
        })
    }

    /// The organisation in whose name it signs.
    #[must_use]
    pub const fn organisation(&self) -> OrganisationNumber {
        self.organisation
    }

    /// Signs this payload, made in this second since 1970. `None` when the library fails, for example for want of
    /// randomness.
    #[must_use]
    pub fn sign(&self, kind: Kind, second: i64, payload: &[u8]) -> Option<String> {
        let (_, header) = self.headers.iter().find(|(of, _)| *of == kind)?;
        let mut jws = header.encoded(second);
        jws.push('.');
        URL_SAFE_NO_PAD.encode_string(payload, &mut jws);
        let signature = self.key.sign(jws.as_bytes())?;
        jws.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut jws);
        Some(jws)
    }
}

impl SigningKey {
    fn read(algorithm: Algorithm, key: &PrivateKeyDer<'_>) -> Option<Self> {
        match algorithm {
            Algorithm::Es256 => EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, key.secret_der())
                .ok()
                .map(Self::P256),
            Algorithm::Ps256 => match key {
                PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
                _ => RsaKeyPair::from_der(key.secret_der()),
            }
            .ok()
            .map(|key| Self::Rsa(Box::new(key))),
        }
    }

    /// The public half as it stands in a certificate: the point, or RSAPublicKey in DER.
    fn public(&self) -> &[u8] {
        match self {
            Self::P256(key) => key.public_key().as_ref(),
            Self::Rsa(key) => key.public_key().as_ref(),
        }
    }

    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match self {
            Self::P256(key) => key
                .sign(&random, message)
                .ok()
                .map(|signature| signature.as_ref().to_vec()),
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PSS_SHA256, &random, message, &mut signature).ok()?;
                Some(signature)
            }
        }
    }
}
