//! Calling the service's local interface.

use framme_shared::{
    runtime::access::{self, Configured},
    runtime::tls::TrustFiles,
    wire::pb::sender::{
        confirmation_service_client::ConfirmationServiceClient, deadline_service_client::DeadlineServiceClient,
        evidence_service_client::EvidenceServiceClient, figures_service_client::FiguresServiceClient,
        letter_service_client::LetterServiceClient, readiness_service_client::ReadinessServiceClient,
        sender_service_client::SenderServiceClient, statement_service_client::StatementServiceClient,
        task_service_client::TaskServiceClient,
    },
};

use super::{Session, outcome::CommandError};

/// The largest answer that is read: a report's content, or a page of states.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// A client that sends the token along.
pub(super) type Client = SenderServiceClient<access::Client>;

impl Session {
    /// A client of the service that is configured, or that the arguments name.
    pub(super) fn client(&self) -> Result<Client, CommandError> {
        let client = self.access.client(|| self.configured())?;
        Ok(SenderServiceClient::new(client).max_decoding_message_size(MAX_ANSWER_BYTES))
    }

    /// The same for daily statements.
    pub(super) fn statements(&self) -> Result<StatementServiceClient<access::Client>, CommandError> {
        let client = self.access.client(|| self.configured())?;
        Ok(StatementServiceClient::new(client).max_decoding_message_size(MAX_ANSWER_BYTES))
    }

    /// The same for tasks.
    pub(super) fn tasks(&self) -> Result<TaskServiceClient<access::Client>, CommandError> {
        let client = self.access.client(|| self.configured())?;
        Ok(TaskServiceClient::new(client).max_decoding_message_size(MAX_ANSWER_BYTES))
    }

    /// The same for deadlines.
    pub(super) fn deadlines(&self) -> Result<DeadlineServiceClient<access::Client>, CommandError> {
        let client = self.access.client(|| self.configured())?;
        Ok(DeadlineServiceClient::new(client).max_decoding_message_size(MAX_ANSWER_BYTES))
    }

    /// The same for letters.
    pub(super) fn letters(&self) -> Result<LetterServiceClient<access::Client>, CommandError> {
        let client = self.access.client(|| self.configured())?;
        Ok(LetterServiceClient::new(client).max_decoding_message_size(MAX_ANSWER_BYTES))
    }

    /// The same for signed figures.
    pub(super) fn signed_figures(&self) -> Result<FiguresServiceClient<access::Client>, CommandError> {
        let client = self.access.client(|| self.configured())?;
        Ok(FiguresServiceClient::new(client).max_decoding_message_size(MAX_ANSWER_BYTES))
    }

    /// The same for questions to receivers.
    pub(super) fn confirmations(&self) -> Result<ConfirmationServiceClient<access::Client>, CommandError> {
        let client = self.access.client(|| self.configured())?;
        Ok(ConfirmationServiceClient::new(client).max_decoding_message_size(MAX_ANSWER_BYTES))
    }

    /// The same for drills.
    pub(super) fn readiness(&self) -> Result<ReadinessServiceClient<access::Client>, CommandError> {
        Ok(ReadinessServiceClient::new(self.access.client(|| self.configured())?))
    }

    /// The same for evidence.
    pub(super) fn evidence(&self) -> Result<EvidenceServiceClient<access::Client>, CommandError> {
        Ok(EvidenceServiceClient::new(self.access.client(|| self.configured())?))
    }

    fn configured(&self) -> Result<Configured, CommandError> {
        let config = self.config()?;
        let tls = config.local_tls();
        Ok(Configured {
            trust: TrustFiles {
                trust: tls.trust.clone(),
                crls: tls.crls.clone(),
            },
            organisation: config.organisation,
            address: config.local.address,
        })
    }
}
