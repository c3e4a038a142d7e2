//! A child's state as lists and followers see it.

use super::{feedback, pb::report as pb, status::Failure, time};
use crate::domain::{
    ids::ChildId,
    lifecycle::{AssessmentOutcome, ChildState, InvalidTransition, RejectionReason},
    municipality::Area,
};

/// Writes a child's state: no personal data. Who has it stands there while somebody has it, not after a dismissal.
pub fn to_pb(child: &ChildId, area: &Area, state: &ChildState) -> pb::ChildState {
    let (reason, outcome) = match state {
        ChildState::Rejected { reason, .. } => (Some(*reason), None),
        ChildState::Assessed { outcome, .. } => (None, Some(*outcome)),
        _ => (None, None),
    };
    let redirected_to = match state {
        ChildState::Redirected { to, .. } => to.to_string(),
        _ => String::new(),
    };
    let holder = state
        .live_assignment()
        .map(|assignment| assignment.caseworker.staff.to_string());
    pb::ChildState {
        child_id: child.to_string(),
        stage: pb::Stage::from(state.stage()).into(),
        stage_time: Some(time::to_pb(state.since())),
        assigned_staff_id: holder.unwrap_or_default(),
        rejection_reason: reason
            .map_or(pb::RejectionReason::Unspecified, RejectionReason::into)
            .into(),
        redirected_to_organisation_number: redirected_to,
        assessment_outcome: outcome
            .map_or(pb::AssessmentOutcome::Unspecified, AssessmentOutcome::into)
            .into(),
        municipality_number: area.municipality().to_string(),
        city_district_number: area.district().map(|district| district.to_string()).unwrap_or_default(),
        feedback: feedback::to_pb(&state.feedback()),
        ..pb::ChildState::default()
    }
}

impl From<InvalidTransition> for Failure {
    fn from(refused: InvalidTransition) -> Self {
        Self::InvalidTransition(refused.stage.into())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::{
        lifecycle::{Assignment, Progress, Stage},
        staff_id::StaffId,
        staff_role::{StaffReference, StaffRole},
    };

    fn written(state: &ChildState) -> pb::ChildState {
        let child = ChildId::parse("6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20").unwrap();
        to_pb(&child, &Area::parse("0301/05").unwrap(), state)
    }

    fn assignment() -> Assignment {
        let caseworker = StaffReference {
            role: StaffRole::Caseworker,
            staff: StaffId::parse("caseworker-7").unwrap(),
        };
        Assignment {
            caseworker,
            since: Timestamp::UNIX_EPOCH,
        }
    }

    fn assessed(outcome: AssessmentOutcome) -> ChildState {
        ChildState::Assessed {
            since: Timestamp::UNIX_EPOCH,
            progress: Progress::default(),
            assignment: assignment(),
            outcome,
        }
    }

    #[test]
    fn every_stage_has_its_own_value_in_the_contract_and_comes_back() {
        for stage in Stage::ALL {
            let written = pb::Stage::from(*stage);
            assert_eq!(Option::from(written), Some(*stage));
            assert_eq!(
                written.as_str_name(),
                format!("STAGE_{}", stage.as_str().to_uppercase())
            );
        }
    }

    #[test]
    fn a_queued_child_shows_where_it_belongs_and_nothing_more() {
        let child = written(&ChildState::Queued {
            since: Timestamp::UNIX_EPOCH,
        });
        assert_eq!(
            (child.municipality_number.as_str(), child.city_district_number.as_str()),
            ("0301", "05")
        );
        assert_eq!(child.stage(), pb::Stage::Queued);
        assert!(child.assigned_staff_id.is_empty() && child.redirected_to_organisation_number.is_empty());
    }

    #[test]
    fn a_followed_up_child_shows_who_has_it_and_a_dismissed_one_does_not() {
        let followed_up = written(&assessed(AssessmentOutcome::FollowedUp));
        assert_eq!(followed_up.assigned_staff_id, "caseworker-7");
        let dismissed = written(&assessed(AssessmentOutcome::Dismissed));
        assert_eq!(dismissed.assigned_staff_id, "");
        assert_eq!(dismissed.assessment_outcome(), pb::AssessmentOutcome::Dismissed);
    }
}
