//! Whose signatures are believed: the verifier, made anew when the files with authorities or revocation lists change.

use std::{fs, io, path::PathBuf, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use framme_shared::{
    domain::{
        digest::{Digest, Hasher},
        jws::{InvalidTrust, JwsVerifier, TrustedIssuers},
    },
    runtime::{
        clock::Clock,
        shutdown::{Hangup, Shutdown, TaskError},
        telemetry::Causes,
        tls::TlsFiles,
    },
};

/// Verifies what others sign, by the authorities and revocation lists that TLS uses too.
pub struct SignatureTrust {
    roots: PathBuf,
    lists: Vec<PathBuf>,
    current: ArcSwap<Current>,
}

struct Current {
    content: Digest,
    verifier: Arc<JwsVerifier>,
}

/// Files that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// A file cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The authorities or lists are not usable.
    #[error("authorities or revocation lists cannot be used")]
    Invalid(#[from] InvalidTrust),
}

impl SignatureTrust {
    /// Reads the files.
    ///
    /// # Errors
    /// See [`TrustError`].
    pub fn load(files: &TlsFiles) -> Result<Arc<Self>, TrustError> {
        let current = read(&files.trust, &files.crls)?;
        Ok(Arc::new(Self {
            roots: files.trust.clone(),
            lists: files.crls.clone(),
            current: ArcSwap::from_pointee(current),
        }))
    }

    /// The verifier by the files as last read.
    #[must_use]
    pub fn verifier(&self) -> Arc<JwsVerifier> {
        Arc::clone(&self.current.load().verifier)
    }

    /// Reads the files again at SIGHUP and every `interval` until a stop is asked for. Files that cannot be used change
    /// nothing.
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
            match read(&self.roots, &self.lists) {
                Ok(found) if found.content != self.current.load().content => self.current.store(Arc::new(found)),
                Ok(_) => {}
                Err(error) => tracing::error!(error = %Causes(&error), "signatures are verified as before"),
            }
        }
    }
}

fn read(roots: &PathBuf, lists: &[PathBuf]) -> Result<Current, TrustError> {
    let mut hasher = Hasher::new();
    let roots = read_file(roots)?;
    hasher.update(&roots);
    let mut all_lists = Vec::new();
    for path in lists {
        all_lists.extend(read_file(path)?);
        all_lists.push(b'\n');
    }
    hasher.update(&all_lists);
    let issuers = TrustedIssuers::from_pem(&roots, &all_lists)?;
    Ok(Current {
        content: hasher.finish(),
        verifier: Arc::new(JwsVerifier::new(issuers)),
    })
}

fn read_file(path: &PathBuf) -> Result<Vec<u8>, TrustError> {
    fs::read(path).map_err(|source| TrustError::Read {
        path: path.clone(),
        source,
    })
}
