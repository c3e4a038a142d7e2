//! `framme.exchange.v1.FiguresService`: counts for a sender that makes figures.

use std::sync::Arc;

use framme_shared::{
    domain::organisation::OrganisationNumber,
    runtime::serve::MAX_MESSAGE_BYTES,
    wire::{
        pb::exchange::{
            CountKnownChildrenRequest, CountKnownChildrenResponse, KnownChildrenCount,
            figures_service_server::{FiguresService, FiguresServiceServer},
        },
        scope::Scope,
        time,
    },
};
use jiff::Timestamp;
use tonic::{Request, Response, Status};

use super::{exchange::sender_of, read};
use crate::{core::Core, error::Refusal, store::figures};

/// Serves senders that make figures.
pub struct Figures {
    core: Arc<Core>,
}

impl Figures {
    /// The service, ready to be added to the exchange listener's routes.
    pub fn service(core: Arc<Core>) -> FiguresServiceServer<Self> {
        FiguresServiceServer::new(Self { core }).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    async fn count(
        &self,
        sender: OrganisationNumber,
        request: &CountKnownChildrenRequest,
    ) -> Result<CountKnownChildrenResponse, Refusal> {
        let (from, until) = read::message(|scope| read_period(scope, request))?;
        let rules = &self.core.figures;
        if !rules.answer {
            return Ok(CountKnownChildrenResponse { count: None });
        }
        let found = figures::known_children(self.core.db.reader(), &sender, from, until).await?;
        let count = KnownChildrenCount {
            answered: found.answered,
            not_known: found.not_known,
        };
        let is_enough = found.answered >= rules.least_children;
        Ok(CountKnownChildrenResponse {
            count: is_enough.then_some(count),
        })
    }
}

fn read_period(scope: &mut Scope<'_>, request: &CountKnownChildrenRequest) -> Option<(Timestamp, Timestamp)> {
    let from = read_time(scope, "from_time", request.from_time.as_ref());
    let until = read_time(scope, "until_time", request.until_time.as_ref());
    let (from, until) = (from?, until?);
    if until <= from {
        scope.refuse("until_time", "must be after from_time");
        return None;
    }
    Some((from, until))
}

fn read_time(scope: &mut Scope<'_>, field: &str, given: Option<&prost_types::Timestamp>) -> Option<Timestamp> {
    let given = scope.present(field, given)?;
    time::from_pb(given).map_err(|rule| scope.refuse(field, rule)).ok()
}

#[tonic::async_trait]
impl FiguresService for Figures {
    async fn count_known_children(
        &self,
        request: Request<CountKnownChildrenRequest>,
    ) -> Result<Response<CountKnownChildrenResponse>, Status> {
        let sender = sender_of(&request)?;
        Ok(Response::new(self.count(sender, request.get_ref()).await?))
    }
}
