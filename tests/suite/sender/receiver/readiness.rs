//! How the played receiver answers whether somebody could open.

use std::sync::Arc;

use framme_shared::{
    runtime::clock::Clock as _,
    wire::{
        pb::exchange::{
            AlertAddressState, AreaReadiness, CheckReadinessRequest, CheckReadinessResponse, DutyState,
            readiness_service_server::ReadinessService,
        },
        time::to_pb,
    },
};
use tonic::{Request, Response, Status};

use super::PlayedReceiver;

type Answering = Arc<dyn Fn(CheckReadinessResponse) -> Result<CheckReadinessResponse, Status> + Send + Sync>;

/// What it was asked, and how it answers; like a receiver of before this question while there is nothing.
#[derive(Default)]
pub(super) struct Readiness {
    answering: Option<Answering>,
    asked: Vec<CheckReadinessRequest>,
}

impl PlayedReceiver {
    /// Answers with a good answer after it went through `change`.
    pub(crate) fn answer_readiness(
        &self,
        change: impl Fn(CheckReadinessResponse) -> Result<CheckReadinessResponse, Status> + Send + Sync + 'static,
    ) {
        self.state().readiness.answering = Some(Arc::new(change));
    }

    /// Answers as a receiver with which nothing is wrong.
    pub(crate) fn is_ready(&self) {
        self.answer_readiness(Ok);
    }

    /// Every question so far.
    pub(crate) fn readiness_asked(&self) -> Vec<CheckReadinessRequest> {
        self.state().readiness.asked.clone()
    }

    fn good(&self, request: &CheckReadinessRequest) -> CheckReadinessResponse {
        let now = Some(to_pb(self.clock.now()));
        let area = |area: &String| AreaReadiness {
            area: area.clone(),
            may_open: 2,
            can_open: 2,
            seen_lately: 1,
            caseworkers: 3,
            duty: DutyState::Covered.into(),
            last_worked_time: now,
            waiting: 0,
            waiting_since_time: None,
        };
        CheckReadinessResponse {
            receiver_time: now,
            software_version: "9.9.9".to_owned(),
            clocks_beat_time: now,
            areas: request.areas.iter().map(area).collect(),
            alert_address: AlertAddressState::Works.into(),
            reports_unopened: 0,
            reports_unassigned: 0,
        }
    }
}

pub(super) struct Ready(pub(super) Arc<PlayedReceiver>);

#[tonic::async_trait]
impl ReadinessService for Ready {
    async fn check_readiness(
        &self,
        request: Request<CheckReadinessRequest>,
    ) -> Result<Response<CheckReadinessResponse>, Status> {
        let request = request.into_inner();
        let answering = {
            let mut state = self.0.state();
            state.readiness.asked.push(request.clone());
            state.readiness.answering.clone()
        };
        let answering = answering.ok_or_else(|| Status::unimplemented(""))?;
        Ok(Response::new(answering(self.0.good(&request))?))
    }
}
