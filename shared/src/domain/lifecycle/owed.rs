//! What a service owes about a child, and until when: computed from the child's state, never stored as a truth of its own.

use jiff::{SignedDuration, Timestamp};

use super::state::ChildState;
use crate::domain::{closed_set::closed_set, report::ReportType};

closed_set! {
    /// Something that the law makes a service do about a child it was told of.
    Duty in "duty" {
        /// To assess the report (barnevernsloven § 2-1).
        Review = "review",
        /// To confirm it to the reporter, and say whether an investigation is opened (§ 13-4).
        Confirmation = "confirmation",
        /// To tell the reporter that the investigation has ended, and what it came to (§ 13-4).
        Outcome = "outcome",
        /// To tell the prosecutor what was decided about a case that was transferred (straffeprosessloven § 71 b).
        ProsecutionAnswer = "prosecution_answer",
    }
}

/// How long a service has for each duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// From receipt to assessment.
    pub review: SignedDuration,
    /// From receipt to confirmation.
    pub confirmation: SignedDuration,
    /// From the end of an investigation to its outcome.
    pub outcome: SignedDuration,
    /// From receipt to the answer to the prosecutor.
    pub prosecution_answer: SignedDuration,
    /// From the confirmation that one is opened to the end of an investigation, where its end was not recorded: an outcome
    /// must not fall silent because nobody said that the investigation is over (barnevernsloven § 2-2: 3 months).
    pub investigation: SignedDuration,
}

const DAY: i64 = 24;

impl Terms {
    /// Those of the law.
    pub const OF_LAW: Self = Self {
        review: SignedDuration::from_hours(7 * DAY),
        confirmation: SignedDuration::from_hours(21 * DAY),
        outcome: SignedDuration::from_hours(21 * DAY),
        prosecution_answer: SignedDuration::from_hours(21 * DAY),
        investigation: SignedDuration::from_hours(92 * DAY),
    };
}

/// A duty that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owed {
    /// What is owed.
    pub duty: Duty,
    /// From when its time runs.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// What is owed about a child of a report of this type, which the receiver had stored at `received`, soonest first.
/// Nothing is owed about a child that the service does not have: not yet, or not any more.
#[must_use]
pub fn owed(report: ReportType, received: Timestamp, child: &ChildState, terms: &Terms) -> Vec<Owed> {
    let is_assessed = match child {
        ChildState::Held { .. } | ChildState::Assigned { .. } => false,
        ChildState::Assessed { .. } => true,
        _ => return Vec::new(),
    };
    let given = child.feedback();
    let is_transfer = report == ReportType::ProsecutionTransfer;
    let mut owed = Vec::new();
    let mut owe = |duty, from, term| {
        owed.push(Owed {
            duty,
            from,
            until: later(from, term),
        });
    };
    if !is_assessed {
        owe(Duty::Review, received, terms.review);
    }
    if given.confirmed().is_none() && !is_transfer {
        owe(Duty::Confirmation, received, terms.confirmation);
    }
    if let Some(confirmed) = given.confirmed().filter(|told| told.what)
        && given.concluded().is_none()
    {
        let expected = later(confirmed.since, terms.investigation);
        owe(
            Duty::Outcome,
            given.investigation_ended().unwrap_or(expected),
            terms.outcome,
        );
    }
    if is_transfer && given.answered().is_none() {
        owe(Duty::ProsecutionAnswer, received, terms.prosecution_answer);
    }
    owed.sort_by_key(|owed| owed.until);
    owed
}

/// L6: the child is assessed, and everything that the law asks the service to tell has been told.
#[must_use]
pub fn is_feedback_given(report: ReportType, child: &ChildState) -> bool {
    matches!(child, ChildState::Assessed { .. })
        && owed(report, Timestamp::UNIX_EPOCH, child, &Terms::OF_LAW).is_empty()
}

fn later(from: Timestamp, term: SignedDuration) -> Timestamp {
    from.saturating_add(term).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::lifecycle::{
        AssessmentOutcome, Conclusion, Event, Feedback, ProsecutionAnswer, table_tests::every_state,
    };

    fn received() -> Timestamp {
        "2026-01-01T08:00:00Z".parse().unwrap()
    }

    fn after(days: i64) -> Timestamp {
        received() + SignedDuration::from_hours(days * DAY)
    }

    fn duties(report: ReportType, child: &ChildState) -> Vec<(Duty, Timestamp)> {
        let owed = owed(report, received(), child, &Terms::OF_LAW);
        owed.into_iter().map(|owed| (owed.duty, owed.until)).collect()
    }

    fn assessed(outcome: AssessmentOutcome) -> ChildState {
        let mut states = nothing_told();
        let of = |state: &ChildState| matches!(state, ChildState::Assessed { outcome: of, .. } if *of == outcome);
        states.find(of).unwrap()
    }

    fn told(child: ChildState, feedback: Feedback, at: Timestamp) -> ChildState {
        let ChildState::Assessed { outcome, .. } = child else {
            panic!("it is not assessed")
        };
        let tell = Event::Tell {
            assessed: outcome,
            feedback,
        };
        child.apply(tell, at).unwrap()
    }

    const OPENED: Feedback = Feedback::Confirmed {
        investigation_opened: true,
    };
    const NOT_OPENED: Feedback = Feedback::Confirmed {
        investigation_opened: false,
    };

    /// Every state, with nothing told.
    fn nothing_told() -> impl Iterator<Item = ChildState> {
        every_state()
            .into_iter()
            .filter(|child| child.feedback().words().is_empty())
    }

    #[test]
    fn a_service_that_does_not_have_a_child_owes_nothing_about_it() {
        for child in nothing_told() {
            let has_it = matches!(
                child,
                ChildState::Held { .. } | ChildState::Assigned { .. } | ChildState::Assessed { .. }
            );
            assert_eq!(duties(ReportType::Notice, &child).is_empty(), !has_it, "{child:?}");
        }
    }

    #[test]
    fn review_is_due_after_a_week_and_confirmation_after_three() {
        for child in nothing_told() {
            if matches!(child, ChildState::Held { .. } | ChildState::Assigned { .. }) {
                let expected = [(Duty::Review, after(7)), (Duty::Confirmation, after(21))];
                assert_eq!(duties(ReportType::ConcernReport, &child), expected);
            }
        }
        let dismissed = assessed(AssessmentOutcome::Dismissed);
        let expected = [(Duty::Confirmation, after(21))];
        assert_eq!(duties(ReportType::Notice, &dismissed), expected);
    }

    #[test]
    fn the_outcome_is_due_three_weeks_after_the_end_and_does_not_fall_silent_without_one() {
        let child = told(assessed(AssessmentOutcome::FollowedUp), OPENED, after(10));
        assert_eq!(
            duties(ReportType::Notice, &child),
            [(Duty::Outcome, after(10 + 92 + 21))]
        );
        let ended = Feedback::InvestigationEnded { ended: after(40) };
        let child = told(child, ended, after(41));
        assert_eq!(duties(ReportType::Notice, &child), [(Duty::Outcome, after(40 + 21))]);
        let concluded = Feedback::Concluded {
            ended: after(40),
            conclusion: Conclusion::NoMeasures,
        };
        assert!(!is_feedback_given(ReportType::Notice, &child));
        let child = told(child, concluded, after(42));
        assert_eq!(duties(ReportType::Notice, &child), []);
        assert!(is_feedback_given(ReportType::Notice, &child));
    }

    #[test]
    fn without_an_investigation_a_confirmation_is_all_that_is_owed() {
        let child = told(assessed(AssessmentOutcome::Dismissed), NOT_OPENED, after(3));
        assert_eq!(duties(ReportType::ConcernReport, &child), []);
        assert!(is_feedback_given(ReportType::ConcernReport, &child));
    }

    #[test]
    fn a_prosecutor_is_owed_an_answer_and_no_confirmation() {
        let child = assessed(AssessmentOutcome::Dismissed);
        let expected = [(Duty::ProsecutionAnswer, after(21))];
        assert_eq!(duties(ReportType::ProsecutionTransfer, &child), expected);
        let answer = Feedback::ProsecutionAnswered(ProsecutionAnswer::NoMeasures);
        let child = told(child, answer, after(3));
        assert_eq!(duties(ReportType::ProsecutionTransfer, &child), []);
    }

    #[test]
    fn a_revoked_assignment_brings_back_the_review_and_not_what_was_told() {
        let child = told(assessed(AssessmentOutcome::FollowedUp), NOT_OPENED, after(3));
        let revoked = child.apply(Event::Revoke, after(5)).unwrap();
        assert_eq!(duties(ReportType::Notice, &revoked), [(Duty::Review, after(7))]);
    }
}
