//! How the local listener's own refusals look.

use framme_shared::{
    runtime::{identity::PeerIdentity, serve::Gate},
    wire::status::{Cause, Failure},
};
use tonic::Status;

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
