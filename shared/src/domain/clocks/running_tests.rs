//! Every stage, type, urgency and answer times every clock, written out by hand, and what holds between them.

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::domain::{
    lifecycle::{AssessmentOutcome, ChildState, Event, RejectionReason},
    organisation::OrganisationNumber,
    report::{ReportType, Urgency},
    staff_id::StaffId,
    staff_role::{StaffReference, StaffRole},
};

/// Rows are states of a single child without any answer, cells whether the clock runs. The fourth column is the answer
/// that its type of report owes for the receipt: the confirmation, or that to the prosecutor.
const TABLE: &str = "
                         opened assigned review answer
queued                   x      x        x      x
held                     x      x        x      x
held-opened              -      x        x      x
held-registered          x      x        x      x
held-opened-registered   -      x        x      x
assigned                 -      -        x      x
assigned-opened          -      -        x      x
revoked                  x      x        x      x
revoked-opened           -      x        x      x
followed-up              -      -        -      x
dismissed                -      -        -      x
acute-measures           -      -        -      x
revoked-after-assessment -      x        x      x
rejected                 -      x        x      x
redirected               -      x        x      x
withdrawn                -      -        -      -
closed                   -      -        -      -
";

fn caseworker() -> StaffReference {
    StaffReference {
        role: StaffRole::Caseworker,
        staff: StaffId::parse("anna").unwrap(),
    }
}

fn state(name: &str) -> ChildState {
    use Event::*;
    let assess = |outcome| vec![Store, Assign(caseworker()), Assess(outcome)];
    let events = match name {
        "queued" => vec![],
        "held" => vec![Store],
        "held-opened" => vec![Store, Open],
        "held-registered" => vec![Store, Register],
        "held-opened-registered" => vec![Store, Open, Register],
        "assigned" => vec![Store, Assign(caseworker())],
        "assigned-opened" => vec![Store, Open, Assign(caseworker())],
        "revoked" => vec![Store, Assign(caseworker()), Revoke],
        "revoked-opened" => vec![Store, Open, Assign(caseworker()), Revoke],
        "followed-up" => assess(AssessmentOutcome::FollowedUp),
        "dismissed" => assess(AssessmentOutcome::Dismissed),
        "acute-measures" => assess(AssessmentOutcome::AcuteMeasures),
        "revoked-after-assessment" => vec![
            Store,
            Open,
            Assign(caseworker()),
            Assess(AssessmentOutcome::FollowedUp),
            Revoke,
        ],
        "rejected" => vec![Store, Reject(RejectionReason::NotOurArea)],
        "redirected" => vec![Store, Redirect(OrganisationNumber::parse("974761076").unwrap())],
        "withdrawn" => vec![Store, Withdraw],
        "closed" => vec![Store, Close],
        other => panic!("no state {other}"),
    };
    let since = submitted();
    let queued = ChildState::Queued { since };
    events
        .into_iter()
        .fold(queued, |state, event| state.apply(event, since).unwrap())
}

/// Wednesday 10:00 in Norway.
fn submitted() -> Timestamp {
    "2026-11-25T09:00:00Z".parse().unwrap()
}

/// Two minutes later.
fn received() -> Timestamp {
    submitted() + SignedDuration::from_mins(2)
}

fn later(text: &str, at: Timestamp) -> Timestamp {
    Length::parse(text).unwrap().after(at)
}

fn matter<'a>(children: &[(&'a ChildState, Feedback)]) -> Matter<'a> {
    let child = |(state, feedback): &(&'a ChildState, Feedback)| Child {
        state,
        feedback: *feedback,
    };
    Matter {
        report_type: ReportType::ConcernReport,
        urgency: Urgency::Acute,
        submitted_at: submitted(),
        received_at: Some(received()),
        children: children.iter().map(child).collect(),
    }
}

fn clocks(matter: &Matter<'_>) -> Vec<Clock> {
    let mut clocks: Vec<Clock> = running(matter, &ClockPolicy::default())
        .iter()
        .map(|running| running.clock)
        .collect();
    clocks.sort_unstable();
    clocks
}

fn due(matter: &Matter<'_>, clock: Clock) -> Option<Timestamp> {
    let running = running(matter, &ClockPolicy::default());
    running
        .iter()
        .find(|running| running.clock == clock)
        .map(|running| running.due)
}

/// The clocks that a row of the table says, where the policy has a clock to opened or not.
fn expected(cells: &[&str], report_type: ReportType, has_opened: bool) -> Vec<Clock> {
    let answer = match report_type {
        ReportType::ProsecutionTransfer => Clock::ProsecutionAnswer,
        ReportType::ConcernReport | ReportType::Notice => Clock::Confirmation,
    };
    let columns = [Clock::Opened, Clock::Assigned, Clock::Review, answer];
    let runs = cells.iter().zip(columns).filter(|(cell, _)| **cell == "x");
    runs.map(|(_, clock)| clock)
        .filter(|clock| has_opened || *clock != Clock::Opened)
        .collect()
}

#[test]
fn every_state_type_and_urgency_runs_the_clocks_of_the_table() {
    for row in TABLE.lines().skip(2) {
        let cells: Vec<&str> = row.split_whitespace().collect();
        let (state, cells) = (state(cells[0]), &cells[1..]);
        for report_type in ReportType::ALL {
            for urgency in Urgency::ALL {
                let mut matter = matter(&[(&state, Feedback::default())]);
                (matter.report_type, matter.urgency) = (*report_type, *urgency);
                let has_opened = *urgency == Urgency::Acute;
                let expected = expected(cells, *report_type, has_opened);
                assert_eq!(clocks(&matter), expected, "{row}: {report_type}, {urgency}");
            }
        }
    }
}

/// Rows are what has happened on the way back: confirmation, investigation ended, outcome told after it, prosecutor
/// answered; and the answers still owed for a concern report or a notice, and for a transfer.
const ANSWERS: &str = "
- - - -   confirmation           prosecution_answer
c - - -   -                      prosecution_answer
- e - -   confirmation,outcome   prosecution_answer
c e - -   outcome                prosecution_answer
- - t -   confirmation           prosecution_answer
c - t -   -                      prosecution_answer
- e t -   confirmation           prosecution_answer
c e t -   -                      prosecution_answer
- - - a   confirmation           -
c - - a   -                      -
- e - a   confirmation,outcome   -
c e - a   outcome                -
- - t a   confirmation           -
c - t a   -                      -
- e t a   confirmation           -
c e t a   -                      -
";

#[test]
fn every_combination_of_answers_leaves_those_owed_that_the_table_says() {
    let state = state("followed-up");
    for row in ANSWERS.lines().skip(1) {
        let cells: Vec<&str> = row.split_whitespace().collect();
        let given = |place: usize, days| (cells[place] != "-").then(|| later(days, received()));
        let feedback = Feedback {
            confirmation_given_at: given(0, "1 day"),
            investigation_ended_at: given(1, "30 days"),
            outcome_told_at: given(2, "31 days"),
            prosecution_answered_at: given(3, "2 days"),
        };
        for report_type in ReportType::ALL {
            let mut matter = matter(&[(&state, feedback)]);
            matter.report_type = *report_type;
            let column = if *report_type == ReportType::ProsecutionTransfer {
                5
            } else {
                4
            };
            let owed = cells[column].split(',').filter(|word| *word != "-");
            let owed: Vec<Clock> = owed.map(|word| Clock::parse(word).unwrap()).collect();
            assert_eq!(clocks(&matter), owed, "{row}: {report_type}");
        }
    }
}

#[test]
fn the_first_clocks_run_from_submission_and_the_others_from_receipt() {
    let held = state("held");
    let running = running(&matter(&[(&held, Feedback::default())]), &ClockPolicy::default());
    let found: Vec<_> = running.iter().map(|running| (running.clock, running.due)).collect();
    let expected = [
        (Clock::Opened, later("15 minutes", submitted())),
        (Clock::Assigned, later("60 minutes", submitted())),
        (Clock::Review, later("7 days", received())),
        (Clock::Confirmation, later("21 days", received())),
    ];
    assert_eq!(found, expected);
}

#[test]
fn one_child_that_waits_keeps_the_clock_of_all_running() {
    let (assessed, held, closed) = (state("followed-up"), state("held"), state("closed"));
    let confirmed = Feedback {
        confirmation_given_at: Some(received()),
        ..Feedback::default()
    };
    let children = [
        (&assessed, confirmed),
        (&held, confirmed),
        (&closed, Feedback::default()),
    ];
    let running = running(&matter(&children), &ClockPolicy::default());
    let found: Vec<_> = running.iter().map(|running| running.clock).collect();
    assert_eq!(found, [Clock::Opened, Clock::Assigned, Clock::Review]);
    assert!(running.iter().all(|running| running.children == [1]));
}

#[test]
fn a_revoked_assignment_runs_to_the_time_of_the_beginning_and_may_be_overdue_at_once() {
    let (assigned, revoked) = (state("assigned-opened"), state("revoked-opened"));
    let now = later("2 days", submitted());
    assert_eq!(due(&matter(&[(&assigned, Feedback::default())]), Clock::Assigned), None);
    let again = running(&matter(&[(&revoked, Feedback::default())]), &ClockPolicy::default());
    assert_eq!(again[0].clock, Clock::Assigned);
    assert_eq!(again[0].due, later("60 minutes", submitted()));
    assert!(again[0].is_overdue(now));
}

#[test]
fn a_clock_has_run_out_at_the_very_instant_when_it_is_due() {
    let due = submitted();
    let running = Running {
        clock: Clock::Opened,
        due,
        children: vec![0],
    };
    assert!(running.is_overdue(due));
    assert!(!running.is_overdue(due - SignedDuration::from_micros(1)));
}

#[test]
fn a_receipt_that_is_not_known_counts_from_submission_once_a_child_has_come() {
    let (queued, held, withdrawn) = (state("queued"), state("held"), state("withdrawn"));
    let without_receipt = |states: &[&ChildState]| {
        let children: Vec<_> = states.iter().map(|state| (*state, Feedback::default())).collect();
        let mut matter = matter(&children);
        matter.received_at = None;
        due(&matter, Clock::Review)
    };
    assert_eq!(without_receipt(&[&queued, &withdrawn]), None);
    assert_eq!(without_receipt(&[&queued, &held]), Some(later("7 days", submitted())));
}

#[test]
fn a_report_that_the_receiver_lost_keeps_the_clocks_of_its_receipt() {
    let lost = state("assigned").lose(later("1 day", received()));
    let matter = matter(&[(&lost, Feedback::default())]);
    assert_eq!(due(&matter, Clock::Review), Some(later("7 days", received())));
    assert_eq!(due(&matter, Clock::Assigned), Some(later("60 minutes", submitted())));
}

#[test]
fn the_outcome_is_due_after_the_first_investigation_that_ended_untold() {
    let followed_up = state("followed-up");
    let ended = |days: &str, told| Feedback {
        confirmation_given_at: Some(received()),
        investigation_ended_at: Some(later(days, received())),
        outcome_told_at: told,
        ..Feedback::default()
    };
    let told = Some(later("40 days", received()));
    let children = [
        (&followed_up, ended("30 days", told)),
        (&followed_up, ended("60 days", None)),
        (&followed_up, ended("50 days", None)),
        // Told too early, of an investigation that ended only afterwards: still owed.
        (&followed_up, ended("90 days", told)),
    ];
    let running = running(&matter(&children), &ClockPolicy::default());
    assert_eq!(running.len(), 1);
    assert_eq!(running[0].due, later("21 days", later("50 days", received())));
    assert_eq!(running[0].children, [1, 2, 3]);
}

#[test]
fn a_matter_without_children_is_not_done() {
    assert_eq!(
        clocks(&matter(&[])),
        [Clock::Opened, Clock::Assigned, Clock::Review, Clock::Confirmation]
    );
}

#[test]
fn a_matter_whose_children_all_ended_has_no_clock() {
    let (withdrawn, closed) = (state("withdrawn"), state("closed"));
    let ended = Feedback {
        investigation_ended_at: Some(received()),
        ..Feedback::default()
    };
    assert_eq!(clocks(&matter(&[(&withdrawn, ended), (&closed, ended)])), []);
}
