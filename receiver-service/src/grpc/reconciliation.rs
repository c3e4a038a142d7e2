//! `framme.exchange.v1.ReconciliationService`: whether both sides hold the same.

use std::{pin::Pin, sync::Arc};

use framme_shared::{
    domain::receipt::{ChainHead, MAX_SEQUENCE},
    runtime::{serve::MAX_MESSAGE_BYTES, shutdown::Shutdown},
    wire::{
        pb::exchange::{
            CompareNumbersRequest, CompareNumbersResponse, NumberRange, ReconcileRequest, ReconcileResponse,
            reconciliation_service_server::{ReconciliationService, ReconciliationServiceServer},
        },
        reconciliation::MOST_MISSING,
    },
};
use futures::{Stream, StreamExt as _};
use tonic::{Request, Response, Status, Streaming};

use super::{exchange::sender_of, read};
use crate::{
    core::Core,
    error::Refusal,
    reconciliation::{dialogue, numbers},
};

/// Serves senders.
pub struct Reconciliation {
    core: Arc<Core>,
    shutdown: Shutdown,
}

impl Reconciliation {
    /// The service, ready to be added to the exchange listener's routes.
    pub fn service(core: Arc<Core>, shutdown: Shutdown) -> ReconciliationServiceServer<Self> {
        ReconciliationServiceServer::new(Self { core, shutdown }).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }
}

type Answers = Pin<Box<dyn Stream<Item = Result<ReconcileResponse, Status>> + Send>>;

#[tonic::async_trait]
impl ReconciliationService for Reconciliation {
    type ReconcileStream = Answers;

    async fn reconcile(&self, request: Request<Streaming<ReconcileRequest>>) -> Result<Response<Answers>, Status> {
        let sender = sender_of(&request)?;
        let stop = self.shutdown.soft().clone();
        let answers = dialogue(Arc::clone(&self.core), sender, request.into_inner(), stop)?;
        let answers = answers.map(|answer| answer.map_err(Status::from));
        Ok(Response::new(Box::pin(answers)))
    }

    async fn compare_numbers(
        &self,
        request: Request<CompareNumbersRequest>,
    ) -> Result<Response<CompareNumbersResponse>, Status> {
        let sender = sender_of(&request)?;
        let (highest, receipts) = positions(request.get_ref())?;
        let numbers = numbers(&self.core, &sender, highest, receipts, MOST_MISSING).await?;
        let range = |(first, last)| NumberRange { first, last };
        Ok(Response::new(CompareNumbersResponse {
            last_transmission_sequence: numbers.last_transmission,
            missing: numbers.missing.into_iter().map(range).collect(),
            more_missing: numbers.more_missing,
            last_receipt_sequence: numbers.last_receipt,
            last_receipt_sha256: numbers.last_receipt_sha256.as_bytes().to_vec().into(),
            receipt_known: numbers.receipt_known,
        }))
    }
}

fn positions(request: &CompareNumbersRequest) -> Result<(u64, ChainHead), Refusal> {
    read::message(|scope| {
        let sha256 = read::sha256(scope, "last_receipt_sha256", &request.last_receipt_sha256);
        for (field, number) in [
            ("last_transmission_sequence", request.last_transmission_sequence),
            ("last_receipt_sequence", request.last_receipt_sequence),
        ] {
            if number > MAX_SEQUENCE {
                scope.refuse(field, "must be below 2^53");
            }
        }
        let head = ChainHead::stored(request.last_receipt_sequence, sha256?);
        let head = head.map_err(|rule| scope.refuse("last_receipt_sha256", rule)).ok()?;
        Some((request.last_transmission_sequence, head))
    })
}
