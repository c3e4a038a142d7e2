//! Who may call at all, and how the listeners' own refusals look.

use framme_shared::{
    runtime::{identity::PeerIdentity, serve::Gate},
    wire::status::{Cause, Failure},
};
use tonic::Status;

use crate::config::PeerConfig;

/// The allow list of senders: never "any certificate of the authority".
pub struct ExchangeGate {
    peers: Vec<PeerConfig>,
}

impl ExchangeGate {
    /// These may send.
    #[must_use]
    pub const fn new(peers: Vec<PeerConfig>) -> Self {
        Self { peers }
    }

    fn allows(&self, peer: &PeerIdentity) -> bool {
        self.peers.iter().any(|allowed| {
            allowed.organisation == peer.organisation
                && (allowed.issuers.is_empty() || allowed.issuers.contains(&peer.issuer))
        })
    }
}

impl Gate for ExchangeGate {
    fn admit(&self, peer: Option<&PeerIdentity>) -> Result<(), Status> {
        match peer {
            Some(peer) if self.allows(peer) => Ok(()),
            Some(peer) => {
                tracing::warn!(
                    peer.organisation = %peer.organisation,
                    peer.issuer = peer.issuer,
                    "an organisation that is not on the list of senders called"
                );
                Err(Failure::PermissionDenied.into())
            }
            None => Err(Failure::PermissionDenied.into()),
        }
    }

    fn overloaded(&self) -> Status {
        Failure::Overloaded.into()
    }

    fn timed_out(&self) -> Status {
        Failure::StorageUnavailable(Cause::saying("a request of a sender took longer than its limit")).into()
    }
}

/// Lets every request through to its handler, where the caller must prove itself.
pub struct LocalGate;

impl Gate for LocalGate {
    fn admit(&self, _peer: Option<&PeerIdentity>) -> Result<(), Status> {
        Ok(())
    }

    fn overloaded(&self) -> Status {
        Failure::Overloaded.into()
    }

    fn timed_out(&self) -> Status {
        Failure::StorageUnavailable(Cause::saying("a local request took longer than its limit")).into()
    }
}

#[cfg(test)]
mod tests {
    use framme_shared::domain::{digest::Digest, organisation::OrganisationNumber};

    use super::*;

    fn peer(organisation: &str, issuer: &str) -> PeerIdentity {
        PeerIdentity {
            organisation: OrganisationNumber::parse(organisation).unwrap(),
            issuer: issuer.to_owned(),
            leaf_sha256: Digest::ZERO,
        }
    }

    #[test]
    fn only_organisations_on_the_list_may_send_and_only_from_their_issuers() {
        let gate = ExchangeGate::new(vec![PeerConfig {
            organisation: OrganisationNumber::parse("974761076").unwrap(),
            issuers: vec!["CN=One".to_owned()],
        }]);
        assert!(gate.admit(Some(&peer("974761076", "CN=One"))).is_ok());
        for refused in [peer("974761076", "CN=Other"), peer("123456785", "CN=One")] {
            assert_eq!(
                gate.admit(Some(&refused)).unwrap_err().code(),
                tonic::Code::PermissionDenied
            );
        }
        assert!(gate.admit(None).is_err());
    }
}
