//! `framme.exchange.v1.StatementService`.

use std::sync::Arc;

use framme_shared::{
    runtime::serve::MAX_MESSAGE_BYTES,
    wire::pb::exchange::{
        ExchangeStatementRequest, ExchangeStatementResponse,
        statement_service_server::{StatementService, StatementServiceServer},
    },
};
use tonic::{Request, Response, Status};

use super::sender_of;
use crate::{core::Core, statements};

/// Takes senders' daily statements.
pub struct ExchangedStatements {
    core: Arc<Core>,
}

impl ExchangedStatements {
    /// The service, ready to be added to the exchange listener's routes.
    pub fn service(core: Arc<Core>) -> StatementServiceServer<Self> {
        StatementServiceServer::new(Self { core }).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }
}

#[tonic::async_trait]
impl StatementService for ExchangedStatements {
    async fn exchange_statement(
        &self,
        request: Request<ExchangeStatementRequest>,
    ) -> Result<Response<ExchangeStatementResponse>, Status> {
        let sender = sender_of(&request)?;
        let statement = statements::take(&self.core, sender, &request.get_ref().statement).await?;
        Ok(Response::new(ExchangeStatementResponse { statement }))
    }
}
