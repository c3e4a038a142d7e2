//! Delivering one transmission: its files first, then its content, and a receipt that is verified before it counts.

use framme_shared::{
    domain::receipt::Statement,
    wire::{
        pb::{exchange::SubmitTransmissionRequest, report::Report},
        time,
    },
};
use prost::Message as _;
use zeroize::Zeroizing;

use super::{attachments, failure::Failure, lease::Lease};
use crate::{
    context::Context,
    peer::Peer,
    store::delivery::{Claimed, Delivery},
    submission::sealed,
};

/// Delivers what was claimed. Returns when the receiver holds the transmission, by its own verified word.
pub(super) async fn deliver(context: &Context, peer: &Peer, lease: &Lease, claimed: &Claimed) -> Result<(), Failure> {
    let key = sealed::open_key(&context.keys, claimed.wrapped_key.clone())
        .map_err(|_| Failure::Ours("content-key-not-at-hand"))?;
    let content = sealed::open_content(&key, &claimed.delivery.transmission, &claimed.content)
        .map(Zeroizing::new)
        .map_err(|_| Failure::Ours("content-damaged"))?;
    let report = Report::decode(content.as_slice()).map_err(|_| Failure::Ours("content-damaged"))?;
    for attachment in &report.attachments {
        attachments::upload(context, peer, lease, &claimed.delivery, attachment, &key).await?;
    }
    submit(context, peer, lease, &claimed.delivery, content.to_vec()).await
}

/// Delivers this content, whose files the receiver has. Returns when the receiver holds the transmission, by its own
/// verified word.
pub(super) async fn submit(
    context: &Context,
    peer: &Peer,
    lease: &Lease,
    delivery: &Delivery,
    content: Vec<u8>,
) -> Result<(), Failure> {
    let request = SubmitTransmissionRequest {
        transmission_id: delivery.transmission.to_string(),
        sequence: delivery.sequence,
        content: content.into(),
        content_sha256: delivery.content_sha256.as_bytes().to_vec().into(),
        submitted_time: Some(time::to_pb(delivery.submitted_at)),
        last_receipt_sequence: peer.held(),
        redirected_from_transmission_id: delivery.redirected_from.map(|id| id.to_string()).unwrap_or_default(),
    };
    let mut client = peer.client();
    let answer = lease.limit(context, client.submit_transmission(request)).await?;
    let receipt = answer.map_err(|status| Failure::from(&status))?.into_inner().receipt;
    believe(context, peer, delivery, &receipt)
}

/// The receipt ends the retrying, and nothing else: children move by the receipts of the stream, in their order.
fn believe(context: &Context, peer: &Peer, delivery: &Delivery, receipt: &str) -> Result<(), Failure> {
    if peer.is_distrusted() {
        return Err(Failure::NotBelieved("receiver-distrusted"));
    }
    let verified = peer
        .trust
        .verify(receipt, &peer.pair, context.clock.now())
        .map_err(|error| Failure::from(&error))?;
    let claims = verified.claims();
    if claims.statement != Statement::Stored {
        return Err(Failure::NotBelieved("receipt_wrong_level"));
    }
    if claims.transmission != delivery.transmission || claims.report != delivery.report {
        return Err(Failure::NotBelieved("receipt_wrong_transmission"));
    }
    if claims.digest != delivery.content_sha256 {
        return Err(Failure::NotBelieved("receipt_digest_differs"));
    }
    Ok(())
}
