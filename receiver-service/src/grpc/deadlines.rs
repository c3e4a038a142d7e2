//! `framme.receiver.v1.DeadlineService`.

use std::sync::Arc;

use framme_shared::{
    db::{
        StoreError,
        deadlines::{self, Acknowledge, Acknowledged},
    },
    runtime::serve::MAX_MESSAGE_BYTES,
    wire::{
        deadline::{self, PageOfDeadlines},
        pb::receiver::{
            AcknowledgeDeadlineRequest, AcknowledgeDeadlineResponse, GetDeadlineRequest, GetDeadlineResponse,
            ListDeadlinesRequest, ListDeadlinesResponse,
            deadline_service_server::{DeadlineService, DeadlineServiceServer},
        },
        status::Failure,
        time,
    },
};
use tonic::{Request, Response, Status};

use super::work_list::admit;
use crate::{authority::Rpc, clocks::ReceivedMatters, core::Core, error::Refusal, store::matter};

/// Serves deadlines, and who has been told of those that passed.
pub struct Deadlines {
    core: Arc<Core>,
}

impl Deadlines {
    /// The service, ready to be added to the local listener's routes.
    pub fn service(core: Arc<Core>) -> DeadlineServiceServer<Self> {
        DeadlineServiceServer::new(Self { core }).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    async fn list(&self, request: &ListDeadlinesRequest) -> Result<ListDeadlinesResponse, Refusal> {
        let page = PageOfDeadlines::read(request.page_size, &request.page_token)?;
        let reader = self.core.db.reader();
        let (found, next_page_token) = if request.late_only {
            let found = deadlines::late(reader, page.after, page.size + 1).await?;
            page.cut(found, |deadline| deadline.late.map(|(_, due)| due))
        } else {
            let found = deadlines::open(reader, page.after, page.size + 1).await?;
            page.cut(found, |deadline| deadline.look_at)
        };
        let ids: Vec<_> = found.iter().map(|deadline| deadline.transmission).collect();
        let mut connection = reader.acquire().await.map_err(StoreError::from)?;
        let facts = matter::facts(&mut connection, &ids).await?;
        let policy = &self.core.deadlines.policy;
        let known = found
            .iter()
            .filter_map(|deadline| Some((deadline, facts.get(&deadline.transmission)?)));
        Ok(ListDeadlinesResponse {
            deadlines: known
                .map(|(deadline, facts)| deadline::to_message(deadline, facts, policy))
                .collect(),
            next_page_token,
        })
    }

    async fn get(&self, request: &GetDeadlineRequest) -> Result<GetDeadlineResponse, Refusal> {
        let id = deadline::transmission(&request.transmission_id)?;
        let reader = self.core.db.reader();
        let found = deadlines::find(reader, &id).await?.ok_or(Failure::NotFound)?;
        let mut connection = reader.acquire().await.map_err(StoreError::from)?;
        let facts = matter::facts(&mut connection, &[id]).await?;
        drop(connection);
        let facts = facts.get(&id).ok_or(Failure::NotFound)?;
        let steps = deadlines::steps(reader, &id).await?;
        Ok(GetDeadlineResponse {
            deadline: Some(deadline::to_message(&found, facts, &self.core.deadlines.policy)),
            steps: steps.into_iter().map(deadline::step).collect(),
        })
    }

    async fn acknowledge(
        &self,
        request: &AcknowledgeDeadlineRequest,
        by: String,
    ) -> Result<AcknowledgeDeadlineResponse, Refusal> {
        let acknowledge = Acknowledge {
            transmission: deadline::transmission(&request.transmission_id)?,
            by,
            wanted: deadline::wanted(request.minutes)?,
            matters: Arc::new(ReceivedMatters),
            rules: Arc::clone(&self.core.deadlines),
        };
        match self.core.db.change(acknowledge).await? {
            Acknowledged::Until(until) => Ok(AcknowledgeDeadlineResponse {
                snoozed_until_time: Some(time::to_pb(until)),
            }),
            Acknowledged::NotLate | Acknowledged::Unknown => Err(Failure::NotFound.into()),
        }
    }
}

#[tonic::async_trait]
impl DeadlineService for Deadlines {
    async fn list_deadlines(
        &self,
        request: Request<ListDeadlinesRequest>,
    ) -> Result<Response<ListDeadlinesResponse>, Status> {
        admit(&self.core, &request, Rpc::ListDeadlines).await?;
        Ok(Response::new(self.list(request.get_ref()).await?))
    }

    async fn get_deadline(
        &self,
        request: Request<GetDeadlineRequest>,
    ) -> Result<Response<GetDeadlineResponse>, Status> {
        admit(&self.core, &request, Rpc::GetDeadline).await?;
        Ok(Response::new(self.get(request.get_ref()).await?))
    }

    async fn acknowledge_deadline(
        &self,
        request: Request<AcknowledgeDeadlineRequest>,
    ) -> Result<Response<AcknowledgeDeadlineResponse>, Status> {
        let caller = admit(&self.core, &request, Rpc::AcknowledgeDeadline).await?;
        Ok(Response::new(self.acknowledge(request.get_ref(), caller.key()).await?))
    }
}
