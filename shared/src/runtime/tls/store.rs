//! The TLS configuration in use, and its reload.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use rustls::pki_types::CertificateDer;

use super::{
    closer::Closer,
    files::{TlsError, TlsFiles},
    material::{Material, unix_time},
    open::{Accepted, OpenPeers, Registration},
};
use crate::{
    domain::digest::Digest,
    runtime::{
        clock::Clock,
        identity::{IdentityError, PeerIdentity},
        shutdown::{Hangup, Shutdown, TaskError},
        telemetry::Causes,
    },
};

/// Certificates, trust and revocation lists as last read, for listeners and connections alike.
#[derive(Debug)]
pub struct TlsStore {
    files: TlsFiles,
    clock: Arc<dyn Clock>,
    current: ArcSwap<Material>,
    open: Arc<OpenPeers>,
}

/// What a reload did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reload {
    /// Whether the files held something else than before.
    pub changed: bool,
    /// Open connections that were closed, because their certificate is not accepted any more.
    pub closed: usize,
}

impl TlsStore {
    /// Reads the files for the first time.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn load(files: TlsFiles, clock: Arc<dyn Clock>) -> Result<Arc<Self>, TlsError> {
        let material = Material::read(&files, &clock)?;
        Ok(Arc::new(Self {
            files,
            clock,
            current: ArcSwap::from_pointee(material),
            open: Arc::default(),
        }))
    }

    /// The organisation that the own certificate belongs to.
    ///
    /// # Errors
    /// The own certificate is no enterprise certificate; peers would refuse it.
    pub fn own_identity(&self) -> Result<PeerIdentity, IdentityError> {
        self.current.load().own.clone()
    }

    /// Reads the files again. New handshakes meet the new rules when this returns, and open connections that these
    /// refuse are closed: also when nothing has changed, because a certificate or list may have expired meanwhile.
    ///
    /// # Errors
    /// The files cannot be used: everything stays as it was.
    pub fn reload(&self) -> Result<Reload, TlsError> {
        let material = Material::read(&self.files, &self.clock)?;
        let changed = material.digest != self.current.load().digest;
        self.current.store(Arc::new(material));
        let closed = self.close_refused();
        if changed || closed > 0 {
            tracing::info!(closed, "certificates, trust and revocation lists were read again");
        }
        Ok(Reload { changed, closed })
    }

    /// Reloads at SIGHUP and, every `interval`, when the files have changed, until a stop is asked for. Every interval
    /// also closes connections whose certificate has expired. A reload that fails is logged once per content and
    /// changes nothing.
    ///
    /// # Errors
    /// Never; the type fits [`Shutdown::spawn`].
    pub async fn watch(self: Arc<Self>, interval: Duration, shutdown: Shutdown) -> Result<(), TaskError> {
        let mut hangup = Hangup::new();
        let mut failed = None;
        loop {
            tokio::select! {
                () = shutdown.soft().cancelled() => return Ok(()),
                () = hangup.received() => failed = None,
                () = self.clock.sleep(interval) => {}
            }
            self.look(&mut failed);
        }
    }

    /// One look at the files; `failed` is the content that was refused last.
    fn look(&self, failed: &mut Option<Digest>) {
        let found = self.files.digest().ok();
        if found.is_some() && found == *failed {
            return;
        }
        *failed = match self.reload() {
            Ok(_) => None,
            Err(error) => {
                let error = Causes(&error);
                tracing::error!(%error, "certificates, trust and revocation lists stay as they were");
                found
            }
        };
    }

    /// The configurations of now; read it for every connection.
    pub(in crate::runtime) fn current(&self) -> Arc<Material> {
        self.current.load_full()
    }

    /// Adds a connection to those that a reload may close. Its handshake may have begun before a reload that ended
    /// since, so it is judged once more after it was added.
    pub(in crate::runtime) fn register(
        &self,
        chain: Vec<CertificateDer<'static>>,
        accepted: Accepted,
        closer: Arc<Closer>,
    ) -> Result<Registration, rustls::Error> {
        let registration = self.open.register(chain.clone(), accepted, closer);
        self.current()
            .accepts(&chain, accepted, unix_time(self.clock.as_ref()))?;
        Ok(registration)
    }

    fn close_refused(&self) -> usize {
        let (material, now) = (self.current(), unix_time(self.clock.as_ref()));
        self.open
            .close_unless(|peer| material.accepts(&peer.chain, peer.accepted, now).is_ok())
    }
}
