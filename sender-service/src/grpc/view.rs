//! Stored states as the contract's messages.

use framme_shared::{
    domain::{
        lifecycle::{self, ChildState},
        organisation::OrganisationNumber,
        receipt::{self, ReadBefore},
    },
    wire::{
        feedback,
        pb::{
            report::{self, AssessmentOutcome, ReadBeforeWithdrawal, ReadersInRole, RejectionReason, Stage},
            sender::{self, PhoneCalls, ReportState, TransmissionState},
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
        follows_up_report_id: view.follows_up.map(|id| id.to_string()).unwrap_or_default(),
        followed_up_by_report_ids: view.followed_up_by.iter().map(ToString::to_string).collect(),
        phone_calls: Some(PhoneCalls {
            made: view.phone.made,
            reached: view.phone.reached,
            last_call_time: view.phone.last_at.map(time),
        }),
        drill: view.drill,
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
        redirected_from_transmission_id: view.redirected_from.map(|id| id.to_string()).unwrap_or_default(),
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
        feedback: feedback::to_pb(&state.feedback()),
        moved_to_transmission_id: row.moved_to.map(|id| id.to_string()).unwrap_or_default(),
        read_before_withdrawal: row.read_before.as_ref().map(read_before),
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

fn read_before(read: &ReadBefore) -> ReadBeforeWithdrawal {
    let one = |one: &receipt::ReadersInRole| ReadersInRole {
        role: one.role.as_str().to_owned(),
        people: one.people,
    };
    ReadBeforeWithdrawal {
        opened: read.opened,
        readers: read.readers.iter().map(one).collect(),
    }
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
