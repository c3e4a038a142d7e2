//! Authorities, and the certificates of the organisations of a test as files.

use std::{path::PathBuf, sync::Arc};

use framme_demo::pki::{self, Issued, Pki, synthetic_organisation};
use framme_shared::{
    domain::{
        jws::TrustedIssuers,
        receipt::{ReceiptSigner, ReceiptVerifier},
    },
    runtime::{
        clock::Clock,
        connect,
        tls::{TlsFiles, TlsStore, install_provider},
    },
};
use framme_tests::database::Folder;
use tonic::transport::Channel;

/// The authorities of a test and everything that they have issued.
pub(crate) struct Authorities {
    pub(crate) pki: Pki,
    pub(crate) clock: Arc<dyn Clock>,
    folder: Folder,
}

impl Authorities {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        install_provider();
        Arc::new(Self {
            pki: Pki::new(clock.now()).unwrap(),
            clock,
            folder: Folder::new("exchange"),
        })
    }

    pub(crate) fn issue(&self, organisation: u32) -> Issued {
        self.pki.enterprise(synthetic_organisation(organisation)).unwrap()
    }

    /// Certificate and key under this name; trust and revocation lists are shared by all names.
    pub(crate) fn files(&self, name: &str, issued: &Issued) -> TlsFiles {
        pki::install(&self.pki, issued, &self.path(name), &self.path("trust"), &[]).unwrap()
    }

    /// New revocation lists with these certificates on them, in place of the old ones.
    pub(crate) fn revoke(&self, revoked: &[&Issued]) {
        pki::write_trust(&self.pki, &self.path("trust"), revoked).unwrap();
    }

    /// A channel to the exchange of an organisation, as the one of this certificate.
    pub(crate) fn channel(&self, name: &str, issued: &Issued, address: &str, expected: u32) -> Channel {
        let tls = TlsStore::load(self.files(name, issued), Arc::clone(&self.clock)).unwrap();
        let endpoint = format!("https://{address}");
        connect::channel(
            &endpoint,
            tls,
            synthetic_organisation(expected),
            Arc::clone(&self.clock),
        )
        .unwrap()
    }

    pub(crate) fn signer(&self, issued: &Issued) -> ReceiptSigner {
        ReceiptSigner::from_pem(issued.chain_pem.as_bytes(), issued.key_pem.as_bytes()).unwrap()
    }

    pub(crate) fn verifier(&self) -> ReceiptVerifier {
        let (roots, lists) = (self.pki.trust_pem(), self.pki.crls_pem(&[]).unwrap());
        ReceiptVerifier::new(TrustedIssuers::from_pem(roots.as_bytes(), lists.as_bytes()).unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}
