//! `StreamReceipts` and `ConfirmReceipts`.

use std::sync::Arc;

use framme_shared::{
    domain::{organisation::OrganisationNumber, receipt::MAX_SEQUENCE},
    wire::{
        pb::exchange::{
            ConfirmReceiptsRequest, ConfirmReceiptsResponse, ReceiptProgress, StreamReceiptsResponse,
            stream_receipts_response::Event as WireEvent,
        },
        time::to_pb,
    },
};
use futures::{Stream, StreamExt as _};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::{
    core::Core,
    error::Refusal,
    grpc::read,
    receipts::{self, ConfirmReceipts, Event},
};

pub(super) async fn stream(
    core: Arc<Core>,
    sender: OrganisationNumber,
    position: u64,
    stop: CancellationToken,
) -> Result<impl Stream<Item = Result<StreamReceiptsResponse, Status>> + Send + 'static, Refusal> {
    let events = receipts::stream(core, sender, position, stop).await?;
    Ok(events.map(|event| match event {
        Ok(event) => Ok(StreamReceiptsResponse {
            event: Some(wire(event)),
        }),
        Err(refusal) => Err(refusal.into()),
    }))
}

fn wire(event: Event) -> WireEvent {
    match event {
        Event::Receipt(jws) => WireEvent::Receipt(jws),
        Event::Progress { last_sequence, time } => WireEvent::Progress(ReceiptProgress {
            last_sequence,
            time: Some(to_pb(time)),
        }),
    }
}

pub(super) async fn confirm(
    core: &Core,
    sender: OrganisationNumber,
    request: &ConfirmReceiptsRequest,
) -> Result<ConfirmReceiptsResponse, Refusal> {
    let sha256 = read::message(|scope| {
        let sha256 = read::sha256(scope, "receipt_sha256", &request.receipt_sha256);
        if !(1..=MAX_SEQUENCE).contains(&request.sequence) {
            scope.refuse("sequence", "must be at least 1 and below 2^53");
        }
        sha256
    })?;
    let sequence = request.sequence;
    let confirming = ConfirmReceipts {
        sender,
        sequence,
        sha256,
    };
    core.db.change(confirming).await??;
    Ok(ConfirmReceiptsResponse { sequence })
}
