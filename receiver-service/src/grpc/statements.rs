//! `framme.receiver.v1.StatementService`.

use std::sync::Arc;

use framme_shared::{
    db::statements,
    runtime::serve::MAX_MESSAGE_BYTES,
    wire::{
        pb::receiver::{
            GetStatementRequest, GetStatementResponse, ListStatementsRequest, ListStatementsResponse,
            statement_service_server::{StatementService, StatementServiceServer},
        },
        statement::{PageOfDays, day_of_pair},
        status::Failure,
    },
};
use tonic::{Request, Response, Status};

use super::work_list::admit;
use crate::{authority::Rpc, core::Core, error::Refusal};

/// Shows daily statements.
pub struct Statements {
    core: Arc<Core>,
}

impl Statements {
    /// The service, ready to be added to the local listener's routes.
    pub fn service(core: Arc<Core>) -> StatementServiceServer<Self> {
        StatementServiceServer::new(Self { core }).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    async fn list(&self, request: &ListStatementsRequest) -> Result<ListStatementsResponse, Refusal> {
        let page = PageOfDays::read(request.page_size, &request.page_token, &request.organisation)?;
        let after = page.after.as_ref().map(|(day, peer)| (*day, peer));
        let found = statements::page(self.core.db.reader(), page.of.as_ref(), after, page.size + 1).await?;
        let (days, next_page_token) = page.cut(found);
        Ok(ListStatementsResponse { days, next_page_token })
    }

    async fn get(&self, request: &GetStatementRequest) -> Result<GetStatementResponse, Refusal> {
        let (peer, day) = day_of_pair(&request.organisation, &request.day)?;
        let texts = statements::texts(self.core.db.reader(), &peer, day).await?;
        if texts.own.is_none() && texts.peer.is_none() {
            return Err(Failure::NotFound.into());
        }
        Ok(GetStatementResponse {
            own_statement: texts.own.unwrap_or_default(),
            peer_statement: texts.peer.unwrap_or_default(),
        })
    }
}

#[tonic::async_trait]
impl StatementService for Statements {
    async fn list_statements(
        &self,
        request: Request<ListStatementsRequest>,
    ) -> Result<Response<ListStatementsResponse>, Status> {
        admit(&self.core, &request, Rpc::ListStatements).await?;
        Ok(Response::new(self.list(request.get_ref()).await?))
    }

    async fn get_statement(
        &self,
        request: Request<GetStatementRequest>,
    ) -> Result<Response<GetStatementResponse>, Status> {
        admit(&self.core, &request, Rpc::GetStatement).await?;
        Ok(Response::new(self.get(request.get_ref()).await?))
    }
}
