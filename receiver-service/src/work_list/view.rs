//! What of a transmission a caller is shown.

use framme_shared::{
    domain::lifecycle::ChildState,
    wire::{
        feedback,
        pb::{
            receiver::{LinkedTransmission, TransmissionSummary},
            report as pb,
        },
        time::to_pb,
    },
};

use crate::{
    authority::{Caller, Rpc},
    staff::SENT_ON,
    store::{child::Child, linked::Linked, work_list::Entry},
};

/// An entry of the work list with only the children that the caller reaches.
#[derive(Debug)]
pub struct Visible(pub Entry);

impl Visible {
    /// Narrows an entry; `None` when the caller reaches none of its children, and so does not learn that it exists.
    #[must_use]
    pub fn to(caller: &Caller, rpc: Rpc, mut entry: Entry) -> Option<Self> {
        entry.children.retain(|child| reaches(caller, rpc, child));
        for linked in [&mut entry.earlier, &mut entry.later] {
            for one in linked.iter_mut() {
                one.children.retain(|child| reaches(caller, rpc, child));
            }
            linked.retain(|one| !one.children.is_empty());
        }
        (!entry.children.is_empty()).then_some(Self(entry))
    }
}

/// Whether the caller may make this call for this child.
#[must_use]
pub(super) fn reaches(caller: &Caller, rpc: Rpc, child: &Child) -> bool {
    let caseworker = child.state.assignment().map(|assignment| &assignment.caseworker.staff);
    caller.reaches(rpc, &child.area, caseworker)
}

/// An entry as the contract has it.
#[must_use]
pub fn summary(visible: &Visible) -> TransmissionSummary {
    let entry = &visible.0;
    TransmissionSummary {
        transmission_id: entry.transmission.to_string(),
        report_id: entry.report.to_string(),
        sender_organisation_number: entry.sender.to_string(),
        r#type: pb::ReportType::from(entry.report_type).into(),
        urgency: pb::Urgency::from(entry.urgency).into(),
        submitted_time: Some(to_pb(entry.submitted_at)),
        stored_time: Some(to_pb(entry.stored_at)),
        children: entry
            .children
            .iter()
            .map(|child| child_state(child, &child.state))
            .collect(),
        attachment_count: u32::try_from(entry.attachment_count).unwrap_or(u32::MAX),
        earlier: entry.earlier.iter().map(linked).collect(),
        later: entry.later.iter().map(linked).collect(),
        redirected_here: entry.is_sent_on,
        drill: entry.drill,
    }
}

fn linked(one: &Linked) -> LinkedTransmission {
    LinkedTransmission {
        transmission_id: one.transmission.to_string(),
        report_id: one.report.to_string(),
        submitted_time: Some(to_pb(one.submitted_at)),
        children: one
            .children
            .iter()
            .map(|child| child_state(child, &child.state))
            .collect(),
    }
}

/// A child in this state, as the contract has it.
#[must_use]
pub fn child_state(child: &Child, state: &ChildState) -> pb::ChildState {
    let area = child.area.strip_prefix(SENT_ON).unwrap_or(&child.area);
    let (municipality, district) = area.split_once('/').unwrap_or((area, ""));
    let mut shown = pb::ChildState {
        child_id: child.id.to_string(),
        stage: pb::Stage::from(state.stage()).into(),
        stage_time: Some(to_pb(state.since())),
        municipality_number: municipality.to_owned(),
        city_district_number: district.to_owned(),
        feedback: feedback::to_pb(&state.feedback()),
        ..pb::ChildState::default()
    };
    if let Some(assignment) = state.live_assignment() {
        shown.assigned_staff_id = assignment.caseworker.staff.to_string();
    }
    match state {
        ChildState::Assessed { outcome, .. } => shown.assessment_outcome = pb::AssessmentOutcome::from(*outcome).into(),
        ChildState::Rejected { reason, .. } => shown.rejection_reason = pb::RejectionReason::from(*reason).into(),
        ChildState::Redirected { to, .. } => shown.redirected_to_organisation_number = to.to_string(),
        _ => {}
    }
    shown
}
