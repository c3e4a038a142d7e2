//! `framme.exchange.v1.ReadinessService`.

use std::sync::Arc;

use framme_shared::{
    domain::{municipality::Area, readiness::MOST_AREAS},
    runtime::serve::MAX_MESSAGE_BYTES,
    wire::{
        pb::exchange::{
            CheckReadinessRequest, CheckReadinessResponse,
            readiness_service_server::{ReadinessService, ReadinessServiceServer},
        },
        readiness::is_version,
        scope::Scope,
        time,
    },
};
use jiff::{SignedDuration, Timestamp};
use tonic::{Request, Response, Status};

use super::{exchange::sender_of, read};
use crate::{
    core::Core,
    error::Refusal,
    readiness::{Called, answer},
};

/// How far the heartbeat may be after the time of the call.
const SLACK: SignedDuration = SignedDuration::from_secs(60);

/// Answers senders that ask whether somebody could open.
pub struct Readiness {
    core: Arc<Core>,
    has_duty: bool,
}

impl Readiness {
    /// The service, ready to be added to the exchange listener's routes.
    pub fn service(core: Arc<Core>, has_duty: bool) -> ReadinessServiceServer<Self> {
        ReadinessServiceServer::new(Self { core, has_duty }).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }
}

#[tonic::async_trait]
impl ReadinessService for Readiness {
    async fn check_readiness(
        &self,
        request: Request<CheckReadinessRequest>,
    ) -> Result<Response<CheckReadinessResponse>, Status> {
        let sender = sender_of(&request)?;
        let (beat_age, areas) = read::message(|scope| read_request(scope, request.get_ref()))?;
        let called = Called {
            sender,
            software_version: request.get_ref().software_version.clone(),
            clocks_beat_age: beat_age,
            areas: areas.clone(),
        };
        self.core.db.change(called).await.map_err(Refusal::from)?;
        Ok(Response::new(answer(&self.core, &sender, &areas, self.has_duty).await?))
    }
}

type Read = (Option<SignedDuration>, Vec<Area>);

fn read_request(scope: &mut Scope<'_>, request: &CheckReadinessRequest) -> Option<Read> {
    let sent = scope
        .present("sender_time", request.sender_time.as_ref())
        .and_then(|sent| read_time(scope, "sender_time", sent));
    let version_fits = is_version(&request.software_version);
    if !version_fits {
        scope.refuse("software_version", "must be 1 to 64 visible ASCII characters");
    }
    let beat = match &request.clocks_beat_time {
        None => Some(None),
        Some(beat) => read_time(scope, "clocks_beat_time", beat).map(Some),
    };
    let areas = scope.lines("areas", &request.areas, MOST_AREAS, Area::parse);
    let (sent, beat, mut areas) = (sent?, beat?, areas?);
    let age = beat.map(|beat| sent.duration_since(beat));
    if age.is_some_and(|age| age < -SLACK) {
        scope.refuse("clocks_beat_time", "must not be more than a minute after sender_time");
        return None;
    }
    let given = areas.len();
    areas.sort_unstable();
    areas.dedup();
    if areas.len() < given {
        scope.refuse("areas", "must be named once each");
        return None;
    }
    version_fits.then_some((age, areas))
}

fn read_time(scope: &mut Scope<'_>, field: &str, given: &prost_types::Timestamp) -> Option<Timestamp> {
    time::from_pb(given).map_err(|rule| scope.refuse(field, rule)).ok()
}
