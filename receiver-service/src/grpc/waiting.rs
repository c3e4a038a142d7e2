//! `framme.receiver.v1.WaitingService`: how much waits, for everybody.

use std::sync::Arc;

use framme_shared::{
    db::StoreError,
    domain::staff_role::StaffRole,
    runtime::serve::MAX_MESSAGE_BYTES,
    wire::{
        pb::receiver::{
            CountWaitingRequest, CountWaitingResponse, StaffRole as PbRole, WaitingInArea,
            waiting_service_server::{WaitingService, WaitingServiceServer},
        },
        time::to_pb,
    },
};
use tonic::{Request, Response, Status};

use super::work_list::admit;
use crate::{
    authority::Rpc,
    core::Core,
    error::Refusal,
    readiness::staffing,
    store::{
        staffing::{Member, everybody},
        waiting,
    },
};

/// Counts what waits.
pub struct Waiting {
    core: Arc<Core>,
}

impl Waiting {
    /// The service, ready to be added to the local listener's routes.
    pub fn service(core: Arc<Core>) -> WaitingServiceServer<Self> {
        WaitingServiceServer::new(Self { core }).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    async fn count(&self) -> Result<CountWaitingResponse, Refusal> {
        let now = self.core.clock.now();
        let mut connection = self.core.db.reader().acquire().await.map_err(StoreError::from)?;
        let all = waiting::in_all(&mut connection).await?;
        let areas = waiting::by_area(&mut connection).await?;
        let people = everybody(&mut connection, now).await?;
        let in_area = |waits: &waiting::Waits| WaitingInArea {
            area: waits.area.clone(),
            reports: waits.reports,
            acute: waits.acute,
            oldest_submitted_time: waits.oldest.map(to_pb),
            drills: waits.drills,
            ask: ask(&people, &waits.area, now).into_iter().map(Into::into).collect(),
        };
        Ok(CountWaitingResponse {
            reports: all.reports,
            acute: all.acute,
            oldest_submitted_time: all.oldest.map(to_pb),
            drills: all.drills,
            areas: areas.iter().map(in_area).collect(),
        })
    }
}

/// The roles in which somebody could open there now; else the administrator, who can give access.
fn ask(people: &[Member], area: &str, now: jiff::Timestamp) -> Vec<PbRole> {
    let could = |role: &StaffRole| {
        let in_role: Vec<Member> = people
            .iter()
            .filter(|member| member.access.roles.contains(*role))
            .cloned()
            .collect();
        !staffing(&in_role, area, false, now).is_nobody()
    };
    let roles: Vec<PbRole> = [StaffRole::IntakeLeader, StaffRole::Duty]
        .into_iter()
        .filter(could)
        .map(PbRole::from)
        .collect();
    if roles.is_empty() {
        vec![PbRole::Administrator]
    } else {
        roles
    }
}

#[tonic::async_trait]
impl WaitingService for Waiting {
    async fn count_waiting(
        &self,
        request: Request<CountWaitingRequest>,
    ) -> Result<Response<CountWaitingResponse>, Status> {
        admit(&self.core, &request, Rpc::CountWaiting).await?;
        Ok(Response::new(self.count().await?))
    }
}
