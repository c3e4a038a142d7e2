//! Deadlines, and who has been told.

use std::sync::Arc;

use framme_shared::{
    db::deadlines::{self, Acknowledge, Acknowledged},
    wire::{
        deadline::{self, PageOfDeadlines},
        pb::sender::{
            AcknowledgeDeadlineRequest, AcknowledgeDeadlineResponse, GetDeadlineRequest, GetDeadlineResponse,
            ListDeadlinesRequest, ListDeadlinesResponse, deadline_service_server::DeadlineService,
        },
        status::Failure,
        time,
    },
};
use tonic::{Request, Response, Status};

use super::{Api, failure::storage};
use crate::{clocks::SentMatters, store::matter};

#[tonic::async_trait]
impl DeadlineService for Api {
    async fn list_deadlines(
        &self,
        request: Request<ListDeadlinesRequest>,
    ) -> Result<Response<ListDeadlinesResponse>, Status> {
        self.admit(&request, "ListDeadlines").await?;
        Ok(Response::new(self.deadlines(request.get_ref()).await?))
    }

    async fn get_deadline(
        &self,
        request: Request<GetDeadlineRequest>,
    ) -> Result<Response<GetDeadlineResponse>, Status> {
        self.admit(&request, "GetDeadline").await?;
        Ok(Response::new(self.deadline(request.get_ref()).await?))
    }

    async fn acknowledge_deadline(
        &self,
        request: Request<AcknowledgeDeadlineRequest>,
    ) -> Result<Response<AcknowledgeDeadlineResponse>, Status> {
        let caller = self.admit(&request, "AcknowledgeDeadline").await?;
        let message = request.get_ref();
        let acknowledge = Acknowledge {
            transmission: deadline::transmission(&message.transmission_id)?,
            by: caller.holder.to_string(),
            wanted: deadline::wanted(message.minutes)?,
            matters: Arc::new(SentMatters),
            rules: Arc::clone(&self.context.deadlines),
        };
        match self.context.database.change(acknowledge).await.map_err(storage)? {
            Acknowledged::Until(until) => Ok(Response::new(AcknowledgeDeadlineResponse {
                snoozed_until_time: Some(time::to_pb(until)),
            })),
            Acknowledged::NotLate | Acknowledged::Unknown => Err(Failure::NotFound.into()),
        }
    }
}

impl Api {
    async fn deadlines(&self, request: &ListDeadlinesRequest) -> Result<ListDeadlinesResponse, Failure> {
        let page = PageOfDeadlines::read(request.page_size, &request.page_token)?;
        let reader = self.context.database.reader();
        let (found, next_page_token) = if request.late_only {
            let found = deadlines::late(reader, page.after, page.size + 1)
                .await
                .map_err(storage)?;
            page.cut(found, |deadline| deadline.late.map(|(_, due)| due))
        } else {
            let found = deadlines::open(reader, page.after, page.size + 1)
                .await
                .map_err(storage)?;
            page.cut(found, |deadline| deadline.look_at)
        };
        let ids: Vec<_> = found.iter().map(|deadline| deadline.transmission).collect();
        let mut conn = reader.acquire().await.map_err(|error| storage(error.into()))?;
        let facts = matter::facts(&mut conn, &ids).await.map_err(storage)?;
        let policy = &self.context.deadlines.policy;
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

    async fn deadline(&self, request: &GetDeadlineRequest) -> Result<GetDeadlineResponse, Failure> {
        let id = deadline::transmission(&request.transmission_id)?;
        let reader = self.context.database.reader();
        let found = deadlines::find(reader, &id).await.map_err(storage)?;
        let found = found.ok_or(Failure::NotFound)?;
        let mut conn = reader.acquire().await.map_err(|error| storage(error.into()))?;
        let facts = matter::facts(&mut conn, &[id]).await.map_err(storage)?;
        drop(conn);
        let facts = facts.get(&id).ok_or(Failure::NotFound)?;
        let steps = deadlines::steps(reader, &id).await.map_err(storage)?;
        Ok(GetDeadlineResponse {
            deadline: Some(deadline::to_message(&found, facts, &self.context.deadlines.policy)),
            steps: steps.into_iter().map(deadline::step).collect(),
        })
    }
}
