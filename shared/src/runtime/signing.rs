//! Signs in the name of this organisation, with the enterprise certificate of now.

use std::{fs, io, path::PathBuf, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use zeroize::Zeroizing;

use super::{
    clock::Clock,
    shutdown::{Hangup, Shutdown, TaskError},
    telemetry::Causes,
};
use crate::domain::{
    digest::Digest,
    jws::{InvalidSigner, JwsSigner, Kind},
    organisation::OrganisationNumber,
};

/// A signer whose certificate and key may change while the service runs. Each text carries the certificate that
/// signed it, so what was signed before a renewal stays valid.
pub struct Signing {
    files: Files,
    organisation: OrganisationNumber,
    current: ArcSwap<Current>,
}

struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

struct Current {
    signer: Arc<JwsSigner>,
    /// Of the certificate's file: the key belongs to it, so it tells whether anything has changed.
    content: Digest,
}

/// A certificate or key that nothing can be signed with.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// A file cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The files do not make a signer.
    #[error("nothing can be signed with {path}")]
    Signer {
        /// The certificate.
        path: PathBuf,
        /// Why.
        #[source]
        source: InvalidSigner,
    },
    /// The certificate belongs to somebody else.
    #[error("the certificate for signing is of organisation {found}, the configuration names {wanted}")]
    Organisation {
        /// As in the certificate.
        found: OrganisationNumber,
        /// As in the configuration.
        wanted: OrganisationNumber,
    },
}

impl Signing {
    /// Reads certificate and key; the certificate must be of `organisation`.
    ///
    /// # Errors
    /// See [`SigningError`].
    pub fn load(certificate: PathBuf, key: PathBuf, organisation: OrganisationNumber) -> Result<Self, SigningError> {
        let files = Files { certificate, key };
        let current = files.read(organisation)?;
        Ok(Self {
            files,
            organisation,
            current: ArcSwap::from_pointee(current),
        })
    }

    /// In whose name it signs.
    #[must_use]
    pub const fn organisation(&self) -> OrganisationNumber {
        self.organisation
    }

    /// The signer of now. Take it anew for every text.
    #[must_use]
    pub fn signer(&self) -> Arc<JwsSigner> {
        Arc::clone(&self.current.load().signer)
    }

    /// Signs this payload, made in this second since 1970. `None` when the library fails, for example for want of
    /// randomness.
    #[must_use]
    pub fn sign(&self, kind: Kind, second: i64, payload: &[u8]) -> Option<String> {
        self.signer().sign(kind, second, payload)
    }

    /// Reads certificate and key again; `true` when they have changed.
    ///
    /// # Errors
    /// The files cannot be used: everything stays as it was.
    pub fn reload(&self) -> Result<bool, SigningError> {
        let read = self.files.read(self.organisation)?;
        let changed = read.content != self.current.load().content;
        if changed {
            self.current.store(Arc::new(read));
        }
        Ok(changed)
    }

    /// Reloads at SIGHUP and every `interval` until a stop is asked for. A reload that fails is logged and changes nothing.
    ///
    /// # Errors
    /// Never; the type fits [`Shutdown::spawn`].
    pub async fn watch(
        self: Arc<Self>,
        clock: Arc<dyn Clock>,
        interval: Duration,
        shutdown: Shutdown,
    ) -> Result<(), TaskError> {
        let mut hangup = Hangup::new();
        loop {
            tokio::select! {
                () = shutdown.soft().cancelled() => return Ok(()),
                () = hangup.received() => {}
                () = clock.sleep(interval) => {}
            }
            match self.reload() {
                Ok(true) => tracing::info!("texts are signed with a new certificate"),
                Ok(false) => {}
                Err(error) => tracing::error!(error = %Causes(&error), "texts are signed as before"),
            }
        }
    }
}

impl Files {
    fn read(&self, organisation: OrganisationNumber) -> Result<Current, SigningError> {
        let read = |path: &PathBuf| {
            fs::read(path).map_err(|source| SigningError::Read {
                path: path.clone(),
                source,
            })
        };
        let (certificate, key) = (read(&self.certificate)?, Zeroizing::new(read(&self.key)?));
        let signer = JwsSigner::from_pem(&certificate, &key).map_err(|source| SigningError::Signer {
            path: self.certificate.clone(),
            source,
        })?;
        if signer.organisation() != organisation {
            return Err(SigningError::Organisation {
                found: signer.organisation(),
                wanted: organisation,
            });
        }
        Ok(Current {
            signer: Arc::new(signer),
            content: Digest::of(&certificate),
        })
    }
}
