//! What is owed, as the contract has it.

use framme_shared::wire::{
    pb::{
        receiver::{ListOwedFeedbackRequest, ListOwedFeedbackResponse, OwedFeedback, OwedState},
        report as pb,
    },
    status::Failure,
    time::to_pb,
};
use jiff::Timestamp;

use crate::{
    authority::Caller,
    core::Core,
    error::Refusal,
    grpc::read,
    store::owed::Owed,
    work_list::{owed, owed_position_of},
};

pub(super) async fn list(
    core: &Core,
    caller: &Caller,
    request: &ListOwedFeedbackRequest,
) -> Result<ListOwedFeedbackResponse, Refusal> {
    let size = read::page_size(request.page_size)?;
    let position =
        owed_position_of(&request.page_token).map_err(|rule| Failure::invalid_field("page_token", rule.to_string()))?;
    let page = owed(core, caller, request.late_only, &position, size).await?;
    let now = core.clock.now();
    Ok(ListOwedFeedbackResponse {
        owed: page.entries.iter().map(|owed| shown(owed, now)).collect(),
        next_page_token: page.next,
    })
}

fn shown(owed: &Owed, now: Timestamp) -> OwedFeedback {
    let (municipality, district) = owed.area.split_once('/').unwrap_or((&owed.area, ""));
    let state = if owed.is_told {
        OwedState::Unconfirmed
    } else {
        OwedState::Owed
    };
    OwedFeedback {
        transmission_id: owed.transmission.to_string(),
        report_id: owed.report.to_string(),
        child_id: owed.child.to_string(),
        sender_organisation_number: owed.sender.to_string(),
        duty: pb::Duty::from(owed.duty).into(),
        state: state.into(),
        due_time: Some(to_pb(owed.due)),
        late: owed.due < now,
        municipality_number: municipality.to_owned(),
        city_district_number: district.to_owned(),
        assigned_staff_id: owed.caseworker.as_ref().map(ToString::to_string).unwrap_or_default(),
        urgency: pb::Urgency::from(owed.urgency).into(),
    }
}
