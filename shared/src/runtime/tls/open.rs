//! The connections that are open now, and the certificates they were accepted with.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use rustls::pki_types::CertificateDer;

use super::closer::Closer;

/// By which rule a certificate was accepted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::runtime) enum Accepted {
    /// As an enterprise certificate.
    AsOrganisation,
    /// As any certificate of a trusted authority.
    AsAnybody,
}

/// One open connection.
#[derive(Debug)]
pub(in crate::runtime) struct OpenPeer {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) accepted: Accepted,
    closer: Arc<Closer>,
}

/// All open connections that prove themselves by certificate.
#[derive(Debug, Default)]
pub(in crate::runtime) struct OpenPeers {
    next: AtomicU64,
    peers: Mutex<HashMap<u64, OpenPeer>>,
}

impl OpenPeers {
    /// Adds a connection; it is taken out when the registration is dropped.
    pub(in crate::runtime) fn register(
        self: &Arc<Self>,
        chain: Vec<CertificateDer<'static>>,
        accepted: Accepted,
        closer: Arc<Closer>,
    ) -> Registration {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        self.peers().insert(
            id,
            OpenPeer {
                chain,
                accepted,
                closer,
            },
        );
        Registration {
            id,
            open: Arc::clone(self),
        }
    }

    /// Closes every connection that `keep` refuses, and says how many.
    pub(super) fn close_unless(&self, keep: impl Fn(&OpenPeer) -> bool) -> usize {
        let peers = self.peers();
        let refused = peers.values().filter(|peer| !keep(peer));
        refused.map(|peer| peer.closer.close()).count()
    }

    fn peers(&self) -> MutexGuard<'_, HashMap<u64, OpenPeer>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps a connection among the open ones.
#[derive(Debug)]
pub(in crate::runtime) struct Registration {
    id: u64,
    open: Arc<OpenPeers>,
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.open.peers().remove(&self.id);
    }
}
