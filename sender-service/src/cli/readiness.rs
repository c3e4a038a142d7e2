//! Whether somebody at receivers could open, and drills.

use clap::Args;
use framme_shared::{
    domain::{ids::RequestId, organisation::OrganisationNumber},
    runtime::{
        exit::Exit,
        random::{OsRandom, Random as _},
    },
    wire::{
        pb::sender::{
            AreaState, DrillResult, DrillState, ListReceiversRequest, ReadinessState, ReceiverReadiness,
            StartDrillRequest,
        },
        time::from_pb,
    },
};

use super::{Session, json, outcome::CommandError};

#[derive(Debug, Args)]
pub(super) struct Drill {
    /// The receiver's organisation number.
    organisation: OrganisationNumber,
    /// The id of the request, to repeat one whose answer was lost; made anew if left out.
    #[arg(long, value_name = "ID")]
    request: Option<RequestId>,
}

pub(super) async fn show(session: &Session, only: Option<OrganisationNumber>) -> Result<Exit, CommandError> {
    let mut answer = session
        .client()?
        .list_receivers(ListReceiversRequest {})
        .await?
        .into_inner();
    if let Some(only) = only {
        answer
            .receivers
            .retain(|receiver| receiver.organisation_number == only.as_str());
        if answer.receivers.is_empty() {
            return Err(CommandError::NotFound(format!("{only} is no receiver of this sender")));
        }
    }
    if session.json {
        json::print("framme.sender.v1.ListReceiversResponse", &answer);
        return Ok(Exit::Ok);
    }
    for receiver in &answer.receivers {
        let readiness = receiver.readiness.clone().unwrap_or_default();
        for line in lines(&receiver.organisation_number, &readiness) {
            println!("{line}");
        }
    }
    Ok(Exit::Ok)
}

fn lines(receiver: &str, readiness: &ReceiverReadiness) -> Vec<String> {
    let state = match readiness.state() {
        ReadinessState::Ready => "ready".to_owned(),
        ReadinessState::NotReady => format!(
            "NOT READY since {}: {}",
            at(readiness.not_ready_since_time.as_ref()),
            readiness.incidents.join(", ")
        ),
        ReadinessState::Unknown | ReadinessState::Unspecified => format!("UNKNOWN: {}", readiness.unknown_reason),
    };
    let mut lines = vec![format!("{receiver}  {state}")];
    lines.push(format!(
        "  answered {}, version {}, clock {} ms, {} unopened, {} unassigned",
        at(readiness.answered_time.as_ref()),
        readiness.software_version,
        readiness.clock_offset_milliseconds,
        readiness.reports_unopened,
        readiness.reports_unassigned
    ));
    lines.extend(readiness.areas.iter().map(area));
    lines.extend(readiness.last_drill.iter().map(drill_line));
    lines
}

fn area(area: &AreaState) -> String {
    let nobody = match &area.nobody_since_time {
        Some(since) => format!("  NOBODY CAN OPEN since {}", at(Some(since))),
        None => String::new(),
    };
    format!(
        "  {:<8} {} can open, {} seen lately, {} caseworkers, duty {}, worked {}{nobody}",
        area.area,
        area.can_open,
        area.seen_lately,
        area.caseworkers,
        area.duty,
        at(area.last_worked_time.as_ref())
    )
}

fn drill_line(drill: &DrillState) -> String {
    let result = match drill.result() {
        DrillResult::Waiting | DrillResult::Unspecified => "waiting",
        DrillResult::Unanswered => "NOT ANSWERED",
        DrillResult::Answered => "answered in time",
        DrillResult::Late => "answered too late",
        DrillResult::Ended => "ended by a person",
    };
    format!(
        "  drill {} in {}: {result}; sent {}, due {}, opened {}, assigned {}",
        drill.report_id,
        drill.area,
        at(drill.started_time.as_ref()),
        at(drill.due_time.as_ref()),
        at(drill.opened_time.as_ref()),
        at(drill.assigned_time.as_ref())
    )
}

fn at(time: Option<&prost_types::Timestamp>) -> String {
    match time.and_then(|time| from_pb(time).ok()) {
        Some(time) => format!("{time:.0}"),
        None => "never".to_owned(),
    }
}

pub(super) async fn drill(session: &Session, command: Drill) -> Result<Exit, CommandError> {
    let request = StartDrillRequest {
        request_id: match command.request {
            Some(request) => request.to_string(),
            None => OsRandom.new_uuid().to_string(),
        },
        receiver_organisation_number: command.organisation.to_string(),
    };
    let answer = session.readiness()?.start_drill(request).await?.into_inner();
    if session.json {
        json::print("framme.sender.v1.StartDrillResponse", &answer);
    } else if let Some(drill) = &answer.drill {
        println!("{}", drill_line(drill).trim_start());
    }
    Ok(Exit::Ok)
}
