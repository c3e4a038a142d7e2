//! Whose certificates are believed.

use std::time::Duration;

use jiff::Timestamp;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, TrustAnchor, UnixTime, pem::PemObject};
use webpki::{
    ALL_VERIFICATION_ALGS, CertRevocationList, EndEntityCert, ExpirationPolicy, ExtendedKeyUsageValidator,
    KeyPurposeIdIter, OwnedCertRevocationList, RevocationCheckDepth, RevocationOptionsBuilder, UnknownStatusPolicy,
};
use x509_parser::{prelude::FromDer, revocation_list::CertificateRevocationList};

use super::JwsError;

/// The roots that are trusted to issue enterprise certificates, and the revocation lists at hand.
///
/// Without any list nothing is looked up. With lists, every certificate of a path must be covered by one that is not
/// out of date, as for TLS.
pub struct TrustedIssuers {
    roots: Vec<TrustAnchor<'static>>,
    lists: Vec<CertRevocationList<'static>>,
    lists_good_until: Option<Timestamp>,
}

/// Roots or lists that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTrust {
    /// There is no root at all: nothing could ever be verified.
    #[error("no trusted issuer is given")]
    NoRoot,
    /// A root is not a certificate.
    #[error("a trusted issuer's certificate cannot be read")]
    Root,
    /// A revocation list cannot be read, or does not say when the next one comes.
    #[error("a revocation list cannot be read")]
    RevocationList,
}

impl TrustedIssuers {
    /// Trust in these roots, with these revocation lists.
    ///
    /// # Errors
    /// When there is no root, or one of either cannot be read.
    pub fn new(roots: &[CertificateDer<'_>], lists: &[CertificateRevocationListDer<'_>]) -> Result<Self, InvalidTrust> {
        if roots.is_empty() {
            return Err(InvalidTrust::NoRoot);
        }
        let anchor = |root| webpki::anchor_from_trusted_cert(root).map(|anchor| anchor.to_owned());
        let parsed = |list: &CertificateRevocationListDer<'_>| OwnedCertRevocationList::from_der(list);
        Ok(Self {
            roots: roots
                .iter()
                .map(anchor)
                .collect::<Result<_, _>>()
                .map_err(|_| InvalidTrust::Root)?,
            lists_good_until: lists
                .iter()
                .map(next_update)
                .collect::<Result<Vec<_>, _>>()?
                .into_iter()
                .min(),
            lists: lists
                .iter()
                .map(|list| parsed(list).map(CertRevocationList::from))
                .collect::<Result<_, _>>()
                .map_err(|_| InvalidTrust::RevocationList)?,
        })
    }

    /// As [`TrustedIssuers::new`], from PEM files: certificates in one, revocation lists (perhaps none) in the other.
    ///
    /// # Errors
    /// As [`TrustedIssuers::new`].
    pub fn from_pem(roots: &[u8], lists: &[u8]) -> Result<Self, InvalidTrust> {
        let roots = CertificateDer::pem_slice_iter(roots).collect::<Result<Vec<_>, _>>();
        let lists = CertificateRevocationListDer::pem_slice_iter(lists).collect::<Result<Vec<_>, _>>();
        Self::new(
            &roots.map_err(|_| InvalidTrust::Root)?,
            &lists.map_err(|_| InvalidTrust::RevocationList)?,
        )
    }

    /// Refuses to judge with lists that are out of date.
    pub(super) fn check_fresh(&self, at: Timestamp) -> Result<(), JwsError> {
        match self.lists_good_until {
            Some(until) if at > until => Err(JwsError::RevocationListExpired),
            _ => Ok(()),
        }
    }

    /// Checks the path of certificates from the first to a root, all of them valid at `time` and none revoked.
    pub(super) fn check_path(&self, certificates: &[CertificateDer<'_>], time: Timestamp) -> Result<(), JwsError> {
        let (leaf, between) = certificates.split_first().ok_or(JwsError::Malformed)?;
        let leaf = EndEntityCert::try_from(leaf).map_err(JwsError::Untrusted)?;
        let lists: Vec<_> = self.lists.iter().collect();
        let revocation = RevocationOptionsBuilder::new(&lists).ok().map(|options| {
            options
                .with_depth(RevocationCheckDepth::Chain)
                .with_status_policy(UnknownStatusPolicy::Deny)
                // Compared with the time of verification in `check_fresh`, not with that of the receipt.
                .with_expiration_policy(ExpirationPolicy::Ignore)
                .build()
        });
        // A time before 1970 becomes 1970: before any certificate, and refused as that.
        let time = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(time.as_second()).unwrap_or(0)));
        match leaf.verify_for_usage(
            ALL_VERIFICATION_ALGS,
            &self.roots,
            between,
            time,
            AnyUsage,
            revocation,
            None,
        ) {
            Ok(_) => Ok(()),
            Err(webpki::Error::CertRevoked) => Err(JwsError::Revoked),
            Err(error) => Err(JwsError::Untrusted(error)),
        }
    }
}

fn next_update(list: &CertificateRevocationListDer<'_>) -> Result<Timestamp, InvalidTrust> {
    let (_, list) = CertificateRevocationList::from_der(list).map_err(|_| InvalidTrust::RevocationList)?;
    let next = list.next_update().ok_or(InvalidTrust::RevocationList)?;
    Timestamp::from_second(next.timestamp()).map_err(|_| InvalidTrust::RevocationList)
}

/// Enterprise certificates come for authentication, for sealing or for both, with as many extended key usages: that a
/// root of the list issued it, and that its key may sign, is what counts here.
struct AnyUsage;

impl ExtendedKeyUsageValidator for AnyUsage {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        for purpose in purposes {
            purpose?;
        }
        Ok(())
    }
}
