//! The service's own local interface, called with a token.

use framme_shared::{
    runtime::{
        access::{Client, Configured},
        tls::TrustFiles,
    },
    wire::pb::receiver::{
        deadline_service_client::DeadlineServiceClient, letter_service_client::LetterServiceClient,
        staff_service_client::StaffServiceClient, statement_service_client::StatementServiceClient,
        task_service_client::TaskServiceClient, waiting_service_client::WaitingServiceClient,
        work_list_service_client::WorkListServiceClient,
    },
};

use super::{Common, setup::configuration};

/// The largest answer that is read: a page of the work list.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// The work list.
pub(super) fn work_list(common: &Common) -> anyhow::Result<WorkListServiceClient<Client>> {
    Ok(WorkListServiceClient::new(connect(common)?).max_decoding_message_size(MAX_ANSWER_BYTES))
}

/// The staff register.
pub(super) fn staff(common: &Common) -> anyhow::Result<StaffServiceClient<Client>> {
    Ok(StaffServiceClient::new(connect(common)?))
}

/// Daily statements.
pub(super) fn statements(common: &Common) -> anyhow::Result<StatementServiceClient<Client>> {
    Ok(StatementServiceClient::new(connect(common)?).max_decoding_message_size(MAX_ANSWER_BYTES))
}

/// Deadlines.
pub(super) fn deadlines(common: &Common) -> anyhow::Result<DeadlineServiceClient<Client>> {
    Ok(DeadlineServiceClient::new(connect(common)?).max_decoding_message_size(MAX_ANSWER_BYTES))
}

/// Tasks for people.
pub(super) fn tasks(common: &Common) -> anyhow::Result<TaskServiceClient<Client>> {
    Ok(TaskServiceClient::new(connect(common)?).max_decoding_message_size(MAX_ANSWER_BYTES))
}

/// Letters.
pub(super) fn letters(common: &Common) -> anyhow::Result<LetterServiceClient<Client>> {
    Ok(LetterServiceClient::new(connect(common)?))
}

/// How much waits.
pub(super) fn waiting(common: &Common) -> anyhow::Result<WaitingServiceClient<Client>> {
    Ok(WaitingServiceClient::new(connect(common)?).max_decoding_message_size(MAX_ANSWER_BYTES))
}

fn connect(common: &Common) -> anyhow::Result<Client> {
    common.access.client(|| {
        let config = configuration(common)?;
        let tls = config.local_tls();
        Ok(Configured {
            trust: TrustFiles {
                trust: tls.trust.clone(),
                crls: tls.crls.clone(),
            },
            organisation: config.organisation,
            address: config.local.address,
        })
    })
}
