//! A caller of a local service: an address, whom to trust there, and the token that proves who calls.

use std::sync::Arc;

use framme_shared::{
    domain::organisation::OrganisationNumber,
    runtime::{
        clock::SystemClock,
        connect::{self, LocalChannelError},
        serve::LocalAddress,
        tls::TrustFiles,
    },
    wire::pb::{
        receiver::{
            letter_service_client::LetterServiceClient, staff_service_client::StaffServiceClient,
            waiting_service_client::WaitingServiceClient, work_list_service_client::WorkListServiceClient,
        },
        sender::{
            evidence_service_client::EvidenceServiceClient, figures_service_client::FiguresServiceClient,
            sender_service_client::SenderServiceClient,
        },
    },
};
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::Channel,
};

/// A channel that sends a token along.
pub type Client = InterceptedService<Channel, Bearer>;

/// The work list of a receiver.
pub type WorkList = WorkListServiceClient<Client>;

/// Adds `authorization: Bearer …`.
#[derive(Clone, Debug)]
pub struct Bearer(MetadataValue<Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// Where a local service listens and whom it must prove to be.
#[derive(Clone, Debug)]
pub struct LocalClient {
    /// Where.
    pub address: LocalAddress,
    /// Whom to trust.
    pub trust: TrustFiles,
    /// The organisation that must answer.
    pub organisation: OrganisationNumber,
}

impl LocalClient {
    /// A channel that connects at its first call, and again after the service was away.
    pub fn channel(&self) -> Result<Channel, LocalChannelError> {
        connect::local_channel(
            &self.address,
            Some(&self.trust),
            Some(self.organisation),
            Arc::new(SystemClock),
        )
    }

    fn with_token(&self, token: &str) -> anyhow::Result<Client> {
        let mut value: MetadataValue<Ascii> = format!("Bearer {token}").parse()?;
        value.set_sensitive(true);
        Ok(InterceptedService::new(self.channel()?, Bearer(value)))
    }

    /// The sender's local service.
    pub fn sender(&self, token: &str) -> anyhow::Result<SenderServiceClient<Client>> {
        Ok(SenderServiceClient::new(self.with_token(token)?))
    }

    /// The sender's signed figures.
    pub fn figures(&self, token: &str) -> anyhow::Result<FiguresServiceClient<Client>> {
        Ok(FiguresServiceClient::new(self.with_token(token)?))
    }

    /// Evidence, as the sender exports it.
    pub fn evidence(&self, token: &str) -> anyhow::Result<EvidenceServiceClient<Client>> {
        Ok(EvidenceServiceClient::new(self.with_token(token)?))
    }

    /// The receiver's work list.
    pub fn work_list(&self, token: &str) -> anyhow::Result<WorkListServiceClient<Client>> {
        Ok(WorkListServiceClient::new(self.with_token(token)?))
    }

    /// Letters that came to the receiver by post.
    pub fn letters(&self, token: &str) -> anyhow::Result<LetterServiceClient<Client>> {
        Ok(LetterServiceClient::new(self.with_token(token)?))
    }

    /// How much waits at the receiver.
    pub fn waiting(&self, token: &str) -> anyhow::Result<WaitingServiceClient<Client>> {
        Ok(WaitingServiceClient::new(self.with_token(token)?))
    }

    /// The receiver's staff register.
    pub fn staff(&self, token: &str) -> anyhow::Result<StaffServiceClient<Client>> {
        Ok(StaffServiceClient::new(self.with_token(token)?))
    }
}
