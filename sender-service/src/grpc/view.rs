//! Stored states as the contract's messages.

use framme_shared::{
    domain::{
        lifecycle::{self, ChildState},
        organisation::OrganisationNumber,
    },
    wire::{
        pb::{
            report::{self, AssessmentOutcome, RejectionReason, Stage},
            sender::{self, ReportState, TransmissionState},
        },
        time::to_pb as time,
    },
};

use crate::store::{
    child::ChildRow,
    view::{ReportView, TransmissionView},
};

/// A report's state.
pub fn report(view: &ReportView) -> ReportState {
    ReportState {
        report_id: view.report.to_string(),
        standing: standing(view.standing()).into(),
        r#type: report::ReportType::from(view.report_type).into(),
        urgency: report::Urgency::from(view.urgency).into(),
        police_district: view.police_district.clone(),
        submitted_time: Some(time(view.submitted_at)),
        transmissions: view.transmissions.iter().map(transmission).collect(),
        delivered_time: view.delivered_at().map(time),
    }
}

fn transmission(view: &TransmissionView) -> TransmissionState {
    let is_routed = view.receiver != OrganisationNumber::NOBODY;
    TransmissionState {
        transmission_id: view.transmission.to_string(),
        receiver_organisation_number: if is_routed {
            view.receiver.to_string()
        } else {
            String::new()
        },
        sequence: if is_routed { view.sequence } else { 0 },
        children: view.children.iter().map(child).collect(),
        attempts: view.attempts,
        next_attempt_time: view.next_attempt_at.map(time),
        last_failure: view.last_failure.clone().unwrap_or_default(),
    }
}

fn child(row: &ChildRow) -> report::ChildState {
    let state = &row.state;
    let mut message = report::ChildState {
        child_id: row.child.to_string(),
        stage: stage(state.stage()).into(),
        stage_time: Some(time(state.since())),
        municipality_number: row.municipality.clone(),
        city_district_number: row.city_district.clone().unwrap_or_default(),
        ..report::ChildState::default()
    };
    if let Some(assignment) = state.assignment() {
        message.assigned_staff_id = assignment.caseworker.staff.to_string();
    }
    match state {
        ChildState::Assessed { outcome, .. } => message.assessment_outcome = assessment(*outcome).into(),
        ChildState::Rejected { reason, .. } => message.rejection_reason = rejection(*reason).into(),
        ChildState::Redirected { to, .. } => message.redirected_to_organisation_number = to.to_string(),
        _ => {}
    }
    message
}

/// A standing.
pub fn standing(standing: lifecycle::Standing) -> sender::Standing {
    match standing {
        lifecycle::Standing::Open => sender::Standing::Open,
        lifecycle::Standing::Delivered => sender::Standing::Delivered,
        lifecycle::Standing::Closed => sender::Standing::Closed,
    }
}

/// A stage.
pub fn stage(stage: lifecycle::Stage) -> Stage {
    match stage {
        lifecycle::Stage::Queued => Stage::Queued,
        lifecycle::Stage::Stored => Stage::Stored,
        lifecycle::Stage::Opened => Stage::Opened,
        lifecycle::Stage::Registered => Stage::Registered,
        lifecycle::Stage::Assigned => Stage::Assigned,
        lifecycle::Stage::Assessed => Stage::Assessed,
        lifecycle::Stage::Rejected => Stage::Rejected,
        lifecycle::Stage::Redirected => Stage::Redirected,
        lifecycle::Stage::Withdrawn => Stage::Withdrawn,
        lifecycle::Stage::Closed => Stage::Closed,
    }
}

fn assessment(outcome: lifecycle::AssessmentOutcome) -> AssessmentOutcome {
    match outcome {
        lifecycle::AssessmentOutcome::FollowedUp => AssessmentOutcome::FollowedUp,
        lifecycle::AssessmentOutcome::Dismissed => AssessmentOutcome::Dismissed,
        lifecycle::AssessmentOutcome::AcuteMeasures => AssessmentOutcome::AcuteMeasures,
    }
}

fn rejection(reason: lifecycle::RejectionReason) -> RejectionReason {
    match reason {
        lifecycle::RejectionReason::NotOurArea => RejectionReason::NotOurArea,
        lifecycle::RejectionReason::ChildNotIdentifiable => RejectionReason::ChildNotIdentifiable,
        lifecycle::RejectionReason::Duplicate => RejectionReason::Duplicate,
        lifecycle::RejectionReason::NotAChild => RejectionReason::NotAChild,
        lifecycle::RejectionReason::SentInError => RejectionReason::SentInError,
    }
}
