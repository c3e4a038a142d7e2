//! Whose signed texts are believed: the verifier of receipts and of all others, made anew when the files with authorities or
//! revocation lists change.

use std::{
    fs, io,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use jiff::Timestamp;

use super::{
    clock::Clock,
    shutdown::{Hangup, Shutdown, TaskError},
    tls::TlsFiles,
};
use crate::domain::{
    digest::{Digest, Hasher},
    jws::{InvalidTrust, TrustedIssuers},
    receipt::{Pair, ReceiptError, ReceiptVerifier, VerifiedReceipt},
};

/// Verifies receipts and other signed texts by files that may change while the service runs.
pub struct ReceiptTrust {
    roots: PathBuf,
    lists: Vec<PathBuf>,
    current: RwLock<(Digest, Arc<ReceiptVerifier>)>,
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

impl ReceiptTrust {
    /// Reads the authorities and revocation lists that TLS uses too.
    ///
    /// # Errors
    /// See [`TrustError`].
    pub fn load(files: &TlsFiles) -> Result<Arc<Self>, TrustError> {
        let current = read(&files.trust, &files.crls)?;
        Ok(Arc::new(Self {
            roots: files.trust.clone(),
            lists: files.crls.clone(),
            current: RwLock::new(current),
        }))
    }

    /// Verifies a receipt of this pair.
    ///
    /// # Errors
    /// See [`ReceiptError`].
    pub fn verify(&self, jws: &str, pair: &Pair, at: Timestamp) -> Result<VerifiedReceipt, ReceiptError> {
        self.verifier().verify(jws, pair, at)
    }

    /// The verifier by the files as last read.
    pub fn verifier(&self) -> Arc<ReceiptVerifier> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).1)
    }

    /// Reads the files again at SIGHUP and every `interval` until a stop is asked for. Files that cannot be used change nothing.
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
                Ok(found) => self.replace(found),
                Err(error) => tracing::error!(%error, "The authorities for receipts stay as they were"),
            }
        }
    }

    fn replace(&self, found: (Digest, Arc<ReceiptVerifier>)) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.0 != found.0 {
            *current = found;
        }
    }
}

fn read(roots: &PathBuf, lists: &[PathBuf]) -> Result<(Digest, Arc<ReceiptVerifier>), TrustError> {
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
    Ok((hasher.finish(), Arc::new(ReceiptVerifier::new(issuers))))
}

fn read_file(path: &PathBuf) -> Result<Vec<u8>, TrustError> {
    fs::read(path).map_err(|source| TrustError::Read {
        path: path.clone(),
        source,
    })
}
