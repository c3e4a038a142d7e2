//! Signs receipts with the enterprise certificate of now.

use std::{fs, io, path::PathBuf, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use framme_shared::{
    domain::{
        digest::Digest,
        holding::{self, Holding, HoldingSignError},
        jws::InvalidSigner,
        organisation::OrganisationNumber,
        receipt::{ReceiptClaims, ReceiptSigner, SignError, SignedReceipt, Software},
        staff_id::StaffId,
    },
    runtime::{
        clock::Clock,
        shutdown::{Hangup, Shutdown, TaskError},
        telemetry::Causes,
    },
};

/// Makes receipts in the name of this organisation.
pub struct Notary {
    files: Files,
    current: ArcSwap<Current>,
    organisation: OrganisationNumber,
    /// What every receipt says about the program that made it.
    pub software: Software,
    /// The program as the one who states what no person does.
    pub program: StaffId,
}

struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

struct Current {
    signer: ReceiptSigner,
    content: Digest,
}

/// A certificate or key that receipts cannot be signed with.
#[derive(Debug, thiserror::Error)]
pub enum NotaryError {
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
    #[error("receipts cannot be signed with {path}")]
    Signer {
        /// The certificate.
        path: PathBuf,
        /// Why.
        #[source]
        source: InvalidSigner,
    },
    /// The certificate belongs to somebody else.
    #[error("the certificate for receipts is of organisation {found}, the configuration names {wanted}")]
    Organisation {
        /// As in the certificate.
        found: OrganisationNumber,
        /// As in the configuration.
        wanted: OrganisationNumber,
    },
}

impl Notary {
    /// Reads certificate and key; the certificate must be of `organisation`.
    ///
    /// # Errors
    /// See [`NotaryError`].
    pub fn load(certificate: PathBuf, key: PathBuf, organisation: OrganisationNumber) -> Result<Self, NotaryError> {
        let files = Files { certificate, key };
        let current = files.read(&organisation)?;
        Ok(Self {
            files,
            current: ArcSwap::from_pointee(current),
            organisation,
            software: Software {
                name: "framme-receiver".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            program: StaffId::parse("framme-receiver").expect("it is of the form of a staff id"),
        })
    }

    /// In whose name receipts are made.
    #[must_use]
    pub const fn organisation(&self) -> OrganisationNumber {
        self.organisation
    }

    /// Signs.
    ///
    /// # Errors
    /// When the claims break a rule of receipts, or the library fails.
    pub fn sign(&self, claims: &ReceiptClaims) -> Result<SignedReceipt, SignError> {
        self.current.load().signer.sign(claims)
    }

    /// Signs what was found of transmissions.
    ///
    /// # Errors
    /// When it breaks a rule of holdings, or the library fails.
    pub fn sign_holding(&self, holding: &Holding) -> Result<String, HoldingSignError> {
        holding::sign(self.current.load().signer.jws(), holding)
    }

    /// Reads certificate and key again; `true` when they have changed. The chain goes on: each receipt carries the
    /// certificate that signed it.
    ///
    /// # Errors
    /// The files cannot be used: everything stays as it was.
    pub fn reload(&self) -> Result<bool, NotaryError> {
        let read = self.files.read(&self.organisation)?;
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
                Ok(true) => tracing::info!("receipts are signed with a new certificate"),
                Ok(false) => {}
                Err(error) => tracing::error!(error = %Causes(&error), "receipts are signed as before"),
            }
        }
    }
}

impl Files {
    fn read(&self, organisation: &OrganisationNumber) -> Result<Current, NotaryError> {
        let read = |path: &PathBuf| {
            fs::read(path).map_err(|source| NotaryError::Read {
                path: path.clone(),
                source,
            })
        };
        let (certificate, key) = (read(&self.certificate)?, zeroize::Zeroizing::new(read(&self.key)?));
        let signer = ReceiptSigner::from_pem(&certificate, &key).map_err(|source| NotaryError::Signer {
            path: self.certificate.clone(),
            source,
        })?;
        if signer.organisation() != *organisation {
            return Err(NotaryError::Organisation {
                found: signer.organisation(),
                wanted: *organisation,
            });
        }
        Ok(Current {
            signer,
            content: Digest::of(&certificate),
        })
    }
}
