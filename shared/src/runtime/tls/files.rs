//! The files that TLS is made from.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use rustls::{
    RootCertStore,
    pki_types::{
        CertificateDer, CertificateRevocationListDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::domain::digest::{Digest, Hasher};

/// What a service proves itself with and whom it believes. All files are PEM.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// The enterprise certificate, followed by the intermediates that lead to the root.
    pub certificate: PathBuf,
    /// Its private key: PKCS#8, SEC1 or PKCS#1, without a passphrase. Nobody but the service should be able to read it.
    pub key: PathBuf,
    /// The authorities whose enterprise certificates are believed.
    pub trust: PathBuf,
    /// Revocation lists: one for every authority in the chains. When there are any, a certificate whose status they
    /// do not settle is refused, and so is every certificate once a list is past its next update. Without any,
    /// nothing is checked for revocation.
    #[serde(default)]
    pub crls: Vec<PathBuf>,
}

/// Whom a client believes that proves itself by other means, as a command with a token does.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustFiles {
    /// As in [`TlsFiles::trust`].
    pub trust: PathBuf,
    /// As in [`TlsFiles::crls`].
    #[serde(default)]
    pub crls: Vec<PathBuf>,
}

/// TLS that cannot be set up. Never shows a key.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is not PEM of the expected kind.
    #[error("{path} does not hold {expected} in PEM")]
    Pem {
        /// Which.
        path: PathBuf,
        /// What was looked for.
        expected: &'static str,
        /// Why, where the parser says more than that nothing was found.
        #[source]
        source: Option<pem::Error>,
    },
    /// A certificate in the trust file is no usable authority.
    #[error("{path} holds a certificate that is no authority")]
    Authority {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: rustls::Error,
    },
    /// The revocation lists or authorities cannot be used for verification.
    #[error("trust and revocation lists cannot be used")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
    /// Certificate and key do not belong together, or are of a kind that TLS 1.3 does not know.
    #[error("certificate and key cannot be used")]
    Identity(#[source] rustls::Error),
}

/// The content of the files, parsed.
pub(super) struct Content {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
    pub(super) trust: TrustContent,
    /// Over everything read: tells whether anything has changed.
    pub(super) digest: Digest,
}

/// The authorities and revocation lists.
pub(super) struct TrustContent {
    pub(super) roots: RootCertStore,
    pub(super) crls: Vec<CertificateRevocationListDer<'static>>,
}

impl TlsFiles {
    pub(super) fn read(&self) -> Result<Content, TlsError> {
        let mut hasher = Hasher::new();
        let certificate = read(&self.certificate, &mut hasher)?;
        let key = read(&self.key, &mut hasher)?;
        warn_if_others_can_read(&self.key);
        Ok(Content {
            chain: all(&self.certificate, &certificate, "a certificate")?,
            key: PrivateKeyDer::from_pem_slice(&key).map_err(|source| TlsError::Pem {
                path: self.key.clone(),
                expected: "a private key",
                source: Some(source),
            })?,
            trust: read_trust(&self.trust, &self.crls, &mut hasher)?,
            digest: hasher.finish(),
        })
    }

    /// The digest of what the files hold now, for finding out whether they have changed.
    pub(super) fn digest(&self) -> Result<Digest, TlsError> {
        let mut hasher = Hasher::new();
        for path in [&self.certificate, &self.key, &self.trust]
            .into_iter()
            .chain(&self.crls)
        {
            read(path, &mut hasher)?;
        }
        Ok(hasher.finish())
    }
}

impl TrustFiles {
    pub(super) fn read(&self) -> Result<TrustContent, TlsError> {
        read_trust(&self.trust, &self.crls, &mut Hasher::new())
    }
}

fn read_trust(trust: &Path, crls: &[PathBuf], hasher: &mut Hasher) -> Result<TrustContent, TlsError> {
    let mut roots = RootCertStore::empty();
    let text = read(trust, hasher)?;
    for authority in all::<CertificateDer<'static>>(trust, &text, "a certificate")? {
        roots.add(authority).map_err(|source| TlsError::Authority {
            path: trust.to_owned(),
            source,
        })?;
    }
    let mut lists = Vec::new();
    for path in crls {
        let text = read(path, hasher)?;
        lists.extend(all::<CertificateRevocationListDer<'static>>(
            path,
            &text,
            "a revocation list",
        )?);
    }
    Ok(TrustContent { roots, crls: lists })
}

fn read(path: &Path, hasher: &mut Hasher) -> Result<Zeroizing<Vec<u8>>, TlsError> {
    let bytes = fs::read(path).map(Zeroizing::new).map_err(|source| TlsError::Read {
        path: path.to_owned(),
        source,
    })?;
    hasher.update(&(bytes.len() as u64).to_be_bytes());
    hasher.update(&bytes);
    Ok(bytes)
}

fn all<T: PemObject>(path: &Path, text: &[u8], expected: &'static str) -> Result<Vec<T>, TlsError> {
    let failure = |source| TlsError::Pem {
        path: path.to_owned(),
        expected,
        source,
    };
    let found = T::pem_slice_iter(text)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|source| failure(Some(source)))?;
    if found.is_empty() {
        Err(failure(None))
    } else {
        Ok(found)
    }
}

fn warn_if_others_can_read(key: &Path) {
    let open_to_others = fs::metadata(key).is_ok_and(|metadata| metadata.permissions().mode() & 0o007 != 0);
    if open_to_others {
        tracing::warn!(key = %key.display(), "every user of this machine can reach the private key");
    }
}
