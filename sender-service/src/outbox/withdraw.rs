//! Taking one transmission back at its receiver. Its children move when the receipts of the stream say so.

use framme_shared::wire::{
    pb::{exchange::WithdrawTransmissionRequest, report::ErrorReason},
    status::reason_of,
};

use super::{failure::Failure, lease::Lease};
use crate::{context::Context, peer::Peer, store::withdrawal::ClaimedWithdrawal};

/// Returns when the receiver has withdrawn it, or says that every child of it had ended before.
pub(super) async fn withdraw(
    context: &Context,
    peer: &Peer,
    lease: &Lease,
    claimed: &ClaimedWithdrawal,
) -> Result<(), Failure> {
    let request = WithdrawTransmissionRequest {
        transmission_id: claimed.transmission.to_string(),
        request_id: claimed.request.to_string(),
        withdrawn_by: claimed.withdrawn_by.clone(),
    };
    let mut client = peer.client();
    match lease.limit(context, client.withdraw_transmission(request)).await? {
        Ok(_) => Ok(()),
        Err(status) if reason_of(&status) == Some(ErrorReason::InvalidTransition) => Ok(()),
        Err(status) => Err(Failure::from(&status)),
    }
}
