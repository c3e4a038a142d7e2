//! Daily statements.

use framme_shared::{
    db::statements,
    wire::{
        pb::sender::{
            GetStatementRequest, GetStatementResponse, ListStatementsRequest, ListStatementsResponse,
            statement_service_server::StatementService,
        },
        statement::{PageOfDays, day_of_pair},
        status::Failure,
    },
};
use tonic::{Request, Response, Status};

use super::{Api, failure::storage};

#[tonic::async_trait]
impl StatementService for Api {
    async fn list_statements(
        &self,
        request: Request<ListStatementsRequest>,
    ) -> Result<Response<ListStatementsResponse>, Status> {
        self.admit(&request, "ListStatements").await?;
        Ok(Response::new(self.statements(request.get_ref()).await?))
    }

    async fn get_statement(
        &self,
        request: Request<GetStatementRequest>,
    ) -> Result<Response<GetStatementResponse>, Status> {
        self.admit(&request, "GetStatement").await?;
        Ok(Response::new(self.statement(request.get_ref()).await?))
    }
}

impl Api {
    async fn statements(&self, request: &ListStatementsRequest) -> Result<ListStatementsResponse, Failure> {
        let page = PageOfDays::read(request.page_size, &request.page_token, &request.organisation)?;
        let after = page.after.as_ref().map(|(day, peer)| (*day, peer));
        let reader = self.context.database.reader();
        let found = statements::page(reader, page.of.as_ref(), after, page.size + 1).await;
        let (days, next_page_token) = page.cut(found.map_err(storage)?);
        Ok(ListStatementsResponse { days, next_page_token })
    }

    async fn statement(&self, request: &GetStatementRequest) -> Result<GetStatementResponse, Failure> {
        let (peer, day) = day_of_pair(&request.organisation, &request.day)?;
        let reader = self.context.database.reader();
        let texts = statements::texts(reader, &peer, day).await.map_err(storage)?;
        if texts.own.is_none() && texts.peer.is_none() {
            return Err(Failure::NotFound);
        }
        Ok(GetStatementResponse {
            own_statement: texts.own.unwrap_or_default(),
            peer_statement: texts.peer.unwrap_or_default(),
        })
    }
}
