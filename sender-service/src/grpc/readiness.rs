//! How ready receivers are, and drills.

use std::time::Duration;

use framme_shared::{
    domain::{ids::ReportId, organisation::OrganisationNumber, readiness::Incident},
    wire::{
        pb::sender::{
            AreaState, DrillResult, DrillState, ReadinessState, ReceiverReadiness, StartDrillRequest,
            StartDrillResponse, readiness_service_server::ReadinessService,
        },
        scope::Scope,
        status::Failure,
        time,
        violations::FieldViolations,
    },
};
use jiff::Timestamp;
use tonic::{Request, Response, Status};

use super::{Api, failure::storage};
use crate::{
    drill::{self, Started},
    store::{
        drill::{DrillRow, last_of},
        readiness::{self, AreaRow, ReceiverRow},
        receiver,
    },
};

#[tonic::async_trait]
impl ReadinessService for Api {
    async fn start_drill(&self, request: Request<StartDrillRequest>) -> Result<Response<StartDrillResponse>, Status> {
        let caller = self.admit(&request, "StartDrill").await?;
        let (id, receiver) = read(request.get_ref())?;
        let known = receiver::look_up(self.context.database.reader(), &receiver).await;
        known.map_err(storage)?.ok_or(Failure::NotFound)?;
        let by = caller.holder.to_string();
        let context = std::sync::Arc::clone(&self.context);
        // Whoever hangs up would else leave what was committed lying until a worker looks by itself.
        let starting = tokio::spawn(async move { drill::start(&context, &receiver, id, &by).await });
        let started = starting
            .await
            .map_err(|error| Failure::Internal(framme_shared::wire::status::Cause::of(&error)))?;
        match started.map_err(storage)? {
            Some(Started::Now(row) | Started::Before(row)) => Ok(Response::new(StartDrillResponse {
                drill: Some(state_of_drill(&row)),
            })),
            Some(Started::Differs) => Err(Failure::ContentDiffers.into()),
            // It is a receiver that no area goes to.
            None => Err(Failure::NotFound.into()),
        }
    }
}

fn read(request: &StartDrillRequest) -> Result<(ReportId, OrganisationNumber), Failure> {
    let mut found = FieldViolations::new();
    let mut scope = Scope::root(&mut found);
    let id = scope.required("request_id", &request.request_id, ReportId::parse);
    let receiver = scope.required(
        "receiver_organisation_number",
        &request.receiver_organisation_number,
        OrganisationNumber::parse,
    );
    match (id, receiver) {
        (Some(id), Some(receiver)) => Ok((id, receiver)),
        _ => Err(found.into()),
    }
}

impl Api {
    /// How ready a receiver is.
    pub(super) async fn readiness_of(&self, receiver: &OrganisationNumber) -> Result<ReceiverReadiness, Failure> {
        let (reader, now) = (self.context.database.reader(), self.context.clock.now());
        let row = readiness::load(reader, receiver).await.map_err(storage)?;
        let areas = readiness::areas_of(reader, receiver).await.map_err(storage)?;
        let last_drill = last_of(reader, receiver).await.map_err(storage)?;
        let row = row.unwrap_or_else(|| ReceiverRow {
            unknown_reason: Some("not_asked".to_owned()),
            ..ReceiverRow::unknown(*receiver)
        });
        let stale_after = self.context.readiness.silent() + 2 * self.context.readiness.every();
        let unknown = unknown_reason(&row, stale_after, now);
        let state = match &unknown {
            Some(_) => ReadinessState::Unknown,
            None if row.incidents.is_empty() => ReadinessState::Ready,
            None => ReadinessState::NotReady,
        };
        Ok(ReceiverReadiness {
            state: state.into(),
            unknown_reason: unknown.unwrap_or_default(),
            asked_time: (row.asked_at > Timestamp::UNIX_EPOCH).then(|| time::to_pb(row.asked_at)),
            answered_time: row.answered_at.map(time::to_pb),
            not_ready_since_time: row.not_ready_since.map(time::to_pb),
            incidents: row
                .incidents
                .iter()
                .map(|incident: &Incident| incident.to_string())
                .collect(),
            software_version: row.software_version,
            clock_offset_milliseconds: row.clock_offset_micros / 1_000,
            clocks_beat_time: row.clocks_beat_at.map(time::to_pb),
            reports_unopened: row.reports_unopened,
            reports_unassigned: row.reports_unassigned,
            areas: areas.iter().map(area).collect(),
            last_drill: last_drill.as_ref().map(state_of_drill),
        })
    }
}

/// Why nothing current is known. What was good a while ago is not good now.
fn unknown_reason(row: &ReceiverRow, stale_after: Duration, now: Timestamp) -> Option<String> {
    if let Some(reason) = &row.unknown_reason {
        return Some(reason.clone());
    }
    let age = row.answered_at.map(|at| now.duration_since(at));
    let is_current = age.is_some_and(|age| Duration::try_from(age).unwrap_or_default() <= stale_after);
    (!is_current).then(|| "not_asked_lately".to_owned())
}

fn area(row: &AreaRow) -> AreaState {
    AreaState {
        area: row.area.to_string(),
        can_open: row.staffing.can_open,
        seen_lately: row.staffing.seen_lately,
        caseworkers: row.staffing.caseworkers,
        duty: row.staffing.duty.to_string(),
        last_worked_time: row.last_worked_at.map(time::to_pb),
        nobody_since_time: row.nobody_since.map(time::to_pb),
    }
}

fn state_of_drill(row: &DrillRow) -> DrillState {
    DrillState {
        report_id: row.report.to_string(),
        area: row.area.to_string(),
        started_time: Some(time::to_pb(row.started_at)),
        due_time: Some(time::to_pb(row.due_at)),
        opened_time: row.opened_at.map(time::to_pb),
        assigned_time: row.assigned_at.map(time::to_pb),
        result: DrillResult::from(row.result).into(),
    }
}
