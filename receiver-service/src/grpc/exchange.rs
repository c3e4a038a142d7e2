//! `framme.exchange.v1`: what senders call. Who calls is the organisation of the certificate; everything is keyed by it.

mod attachments;
mod receipts;
mod recovery;
mod statements;
mod submit;

use std::{pin::Pin, sync::Arc};

use framme_shared::{
    domain::organisation::OrganisationNumber,
    runtime::{identity::PeerIdentity, serve::MAX_MESSAGE_BYTES, shutdown::Shutdown},
    wire::{
        pb::exchange::{
            ConfirmReceiptsRequest, ConfirmReceiptsResponse, GetAttachmentUploadRequest, GetAttachmentUploadResponse,
            StreamReceiptsRequest, StreamReceiptsResponse, SubmitTransmissionRequest, SubmitTransmissionResponse,
            UploadAttachmentRequest, UploadAttachmentResponse, WithdrawTransmissionRequest,
            WithdrawTransmissionResponse,
            exchange_service_server::{ExchangeService, ExchangeServiceServer},
        },
        status::Failure,
    },
};
use futures::Stream;
use tonic::{Request, Response, Status, Streaming};

pub use self::{recovery::Recovery, statements::ExchangedStatements};
use crate::{core::Core, error::Refusal};

/// Serves senders.
pub struct Exchange {
    core: Arc<Core>,
    shutdown: Shutdown,
}

impl Exchange {
    /// The service, ready to be added to the exchange listener's routes.
    pub fn service(core: Arc<Core>, shutdown: Shutdown) -> ExchangeServiceServer<Self> {
        ExchangeServiceServer::new(Self { core, shutdown }).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }
}

/// The organisation that calls.
pub(super) fn sender_of<T>(request: &Request<T>) -> Result<OrganisationNumber, Refusal> {
    let peer = request.extensions().get::<PeerIdentity>();
    peer.map(|peer| peer.organisation)
        .ok_or_else(|| Failure::Unauthenticated.into())
}

type ReceiptStream = Pin<Box<dyn Stream<Item = Result<StreamReceiptsResponse, Status>> + Send>>;

#[tonic::async_trait]
impl ExchangeService for Exchange {
    async fn get_attachment_upload(
        &self,
        request: Request<GetAttachmentUploadRequest>,
    ) -> Result<Response<GetAttachmentUploadResponse>, Status> {
        let sender = sender_of(&request)?;
        Ok(Response::new(
            attachments::state_of(&self.core, sender, request.get_ref()).await?,
        ))
    }

    async fn upload_attachment(
        &self,
        request: Request<Streaming<UploadAttachmentRequest>>,
    ) -> Result<Response<UploadAttachmentResponse>, Status> {
        let sender = sender_of(&request)?;
        Ok(Response::new(
            attachments::take(&self.core, sender, request.into_inner()).await?,
        ))
    }

    async fn submit_transmission(
        &self,
        request: Request<SubmitTransmissionRequest>,
    ) -> Result<Response<SubmitTransmissionResponse>, Status> {
        let sender = sender_of(&request)?;
        Ok(Response::new(
            submit::submit(&self.core, sender, request.get_ref()).await?,
        ))
    }

    async fn withdraw_transmission(
        &self,
        request: Request<WithdrawTransmissionRequest>,
    ) -> Result<Response<WithdrawTransmissionResponse>, Status> {
        let sender = sender_of(&request)?;
        Ok(Response::new(
            submit::withdraw(&self.core, sender, request.get_ref()).await?,
        ))
    }

    type StreamReceiptsStream = ReceiptStream;

    async fn stream_receipts(
        &self,
        request: Request<StreamReceiptsRequest>,
    ) -> Result<Response<ReceiptStream>, Status> {
        let sender = sender_of(&request)?;
        let stop = self.shutdown.soft().clone();
        let position = request.get_ref().after_sequence;
        let stream = receipts::stream(Arc::clone(&self.core), sender, position, stop).await?;
        Ok(Response::new(Box::pin(stream)))
    }

    async fn confirm_receipts(
        &self,
        request: Request<ConfirmReceiptsRequest>,
    ) -> Result<Response<ConfirmReceiptsResponse>, Status> {
        let sender = sender_of(&request)?;
        Ok(Response::new(
            receipts::confirm(&self.core, sender, request.get_ref()).await?,
        ))
    }
}
