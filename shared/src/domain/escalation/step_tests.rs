//! What is told when, rung by rung.

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::domain::{calendar::Length, notice::ContactName, report::Urgency, statement::Side};

fn start() -> Timestamp {
    "2026-11-25T09:00:00Z".parse().unwrap()
}

fn minutes(minutes: i64) -> Timestamp {
    start() + SignedDuration::from_mins(minutes)
}

fn length(text: &str) -> Length {
    Length::parse(text).unwrap()
}

/// The receiver's default: list owner 5, intake leaders 5, duty 10, management every 15 minutes.
fn ladder() -> Ladder {
    Ladders::default_of(Side::Receiver).ladder(Urgency::Acute).clone()
}

fn acute(ladder: &Ladder) -> Escalation<'_> {
    Escalation {
        ladder,
        urgency: Urgency::Acute,
    }
}

fn everybody(_: Rung) -> bool {
    true
}

fn nobody(_: Rung) -> bool {
    false
}

/// A position at which a rung was told at a minute.
fn told(rung: Rung, minute: i64) -> Position {
    Position {
        told: Some(Told {
            rung,
            at: minutes(minute),
            repeats: 0,
        }),
        turns: 1,
        ..Position::default()
    }
}

/// Who is told, and in which minute the next step is.
fn told_and_next(step: &Step) -> (Vec<Rung>, i64) {
    let rungs = step
        .telling
        .as_ref()
        .map_or(Vec::new(), |telling| telling.rungs.clone());
    (rungs, step.next_at.duration_since(start()).as_mins())
}

#[test]
fn rungs_are_told_one_after_the_other_and_the_last_for_ever() {
    let ladder = ladder();
    let mut position = Position::default();
    let mut now = start();
    let mut seen = Vec::new();
    for turn in 0..6 {
        let step = acute(&ladder).step(position, everybody, now);
        let telling = step.telling.unwrap();
        assert_eq!((telling.turn, telling.nobody_is_there), (turn, false));
        assert_eq!(telling.skipped, []);
        seen.push((
            now.duration_since(start()).as_mins(),
            telling.rungs[0],
            step.position.told.unwrap().repeats,
        ));
        (position, now) = (step.position, step.next_at);
    }
    let expected = [
        (0, Rung::ListOwner, 0),
        (5, Rung::IntakeLeaders, 0),
        (10, Rung::Duty, 0),
        (20, Rung::ReceiverManagement, 0),
        (35, Rung::ReceiverManagement, 1),
        (50, Rung::ReceiverManagement, 2),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn a_step_before_its_time_tells_nobody_and_changes_nothing() {
    let ladder = ladder();
    let position = told(Rung::ListOwner, 0);
    let step = acute(&ladder).step(position, everybody, minutes(4));
    assert_eq!((told_and_next(&step), step.position), ((vec![], 5), position));
}

#[test]
fn rungs_without_anybody_are_skipped_in_the_same_step() {
    let ladder = ladder();
    let step = acute(&ladder).step(Position::default(), |rung| rung == Rung::ReceiverManagement, start());
    let telling = step.telling.unwrap();
    assert_eq!(telling.rungs, [Rung::ReceiverManagement]);
    assert_eq!(telling.skipped, [Rung::ListOwner, Rung::IntakeLeaders, Rung::Duty]);
    assert!(!telling.nobody_is_there);
    assert_eq!(step.next_at, minutes(15));
}

#[test]
fn a_rung_without_contacts_is_empty_whoever_is_there() {
    let mut rungs = ladder().rungs().to_vec();
    rungs[0].contacts.clear();
    let ladder = Ladder::new(rungs).unwrap();
    let telling = acute(&ladder)
        .step(Position::default(), everybody, start())
        .telling
        .unwrap();
    assert_eq!(
        (telling.rungs, telling.skipped),
        (vec![Rung::IntakeLeaders], vec![Rung::ListOwner])
    );
}

#[test]
fn when_nobody_is_there_the_last_is_told_all_the_same_and_the_step_says_so() {
    let ladder = ladder();
    let step = acute(&ladder).step(Position::default(), nobody, start());
    let telling = step.telling.clone().unwrap();
    assert!(telling.nobody_is_there);
    assert_eq!(telling.skipped, [Rung::ListOwner, Rung::IntakeLeaders, Rung::Duty]);
    assert_eq!(told_and_next(&step), (vec![Rung::ReceiverManagement], 15));
    let again = acute(&ladder).step(step.position, nobody, step.next_at);
    assert_eq!(told_and_next(&again), (vec![Rung::ReceiverManagement], 30));
    assert!(again.telling.unwrap().nobody_is_there);
}

#[test]
fn when_nobody_above_is_there_the_highest_below_is_told_again_until_somebody_comes() {
    let ladder = ladder();
    let only_list_owner = |rung| rung == Rung::ListOwner;
    let step = acute(&ladder).step(told(Rung::ListOwner, 0), only_list_owner, minutes(5));
    assert_eq!(told_and_next(&step), (vec![Rung::ListOwner], 10));
    assert_eq!(step.position.told.unwrap().repeats, 1);
    let telling = step.telling.unwrap();
    let above = [Rung::IntakeLeaders, Rung::Duty, Rung::ReceiverManagement];
    assert_eq!(
        (telling.skipped.as_slice(), telling.nobody_is_there),
        (&above[..], false)
    );
    let morning = acute(&ladder).step(step.position, everybody, minutes(10));
    assert_eq!(told_and_next(&morning), (vec![Rung::IntakeLeaders], 15));
}

#[test]
fn a_stopped_worker_makes_up_for_the_rungs_whose_time_has_passed() {
    let ladder = ladder();
    // Due in minutes 5, 10 and 20; the management's next would be in minute 35.
    let step = acute(&ladder).step(told(Rung::ListOwner, 0), everybody, minutes(12));
    assert_eq!(told_and_next(&step), (vec![Rung::IntakeLeaders, Rung::Duty], 22));
    let after_a_day = acute(&ladder).step(told(Rung::ListOwner, 0), everybody, minutes(24 * 60));
    let all_others = vec![Rung::IntakeLeaders, Rung::Duty, Rung::ReceiverManagement];
    assert_eq!(told_and_next(&after_a_day), (all_others, 24 * 60 + 15));
    assert_eq!(
        after_a_day.position.turns, 2,
        "one turn: a contact on two rungs is told once"
    );
}

#[test]
fn an_escalation_may_start_at_the_rung_that_can_act() {
    let ladder = ladder();
    let position = Position::starting_at(Rung::that_can_act(Side::Receiver));
    let step = acute(&ladder).step(position, everybody, start());
    assert_eq!(told_and_next(&step), (vec![Rung::Duty], 10));
    assert_eq!(step.telling.unwrap().skipped, []);
    let only_below = acute(&ladder).step(position, |rung| rung == Rung::ListOwner, start());
    assert_eq!(told_and_next(&only_below), (vec![Rung::ListOwner], 5));
    assert_eq!(Rung::that_can_act(Side::Sender), Rung::Desk);
}

#[test]
fn a_phone_call_that_reached_nobody_raises_what_runs_at_once_and_lowers_nothing() {
    let ladder = ladder();
    let escalation = acute(&ladder);
    let snoozed = escalation.acknowledge(told(Rung::ListOwner, 0), None, minutes(1));
    let raised = escalation.step(escalation.raise(snoozed, Rung::Duty), everybody, minutes(2));
    assert_eq!(told_and_next(&raised), (vec![Rung::Duty], 12));
    assert_eq!(raised.telling.unwrap().turn, 1);
    for as_far in [
        told(Rung::Duty, 0),
        told(Rung::ReceiverManagement, 0),
        Position::starting_at(Rung::Duty),
    ] {
        assert_eq!(escalation.raise(as_far, Rung::Duty), as_far);
    }
    let from_the_first = escalation.raise(Position::default(), Rung::Duty);
    assert_eq!(from_the_first, Position::starting_at(Rung::Duty));
}

#[test]
fn an_acknowledgement_delays_by_the_longest_snooze_and_then_it_goes_on_from_where_it_was() {
    let ladder = ladder();
    let escalation = acute(&ladder);
    let position = escalation.acknowledge(told(Rung::IntakeLeaders, 0), None, minutes(2));
    let silent = escalation.step(position, everybody, minutes(10));
    assert_eq!(told_and_next(&silent), (vec![], 17));
    let step = escalation.step(position, everybody, minutes(17));
    assert_eq!(told_and_next(&step), (vec![Rung::Duty], 27));
    assert_eq!(step.position.snooze, None);
}

#[test]
fn a_snooze_may_be_shorter_and_never_longer_than_the_urgency_allows() {
    let ladder = ladder();
    let next = |urgency, wanted: Option<&str>| {
        let escalation = Escalation {
            ladder: &ladder,
            urgency,
        };
        let position = escalation.acknowledge(told(Rung::ListOwner, 0), wanted.map(length), start());
        escalation.step(position, everybody, start()).next_at
    };
    assert_eq!(next(Urgency::Acute, Some("10 minutes")), minutes(10));
    assert_eq!(next(Urgency::Acute, Some("2 hours")), minutes(15));
    assert_eq!(next(Urgency::Urgent, Some("1 working day")), minutes(60));
    assert_eq!(next(Urgency::Normal, Some("5 working days")), minutes(24 * 60));
    // Shorter than the wait of the rung: the wait goes on.
    assert_eq!(next(Urgency::Acute, Some("1 minute")), minutes(5));
}

#[test]
fn acknowledging_again_and_again_is_one_snooze() {
    let ladder = ladder();
    let escalation = acute(&ladder);
    let mut position = told(Rung::ListOwner, 0);
    for minute in 1..15 {
        position = escalation.acknowledge(position, Some(length("15 minutes")), minutes(minute));
    }
    let step = escalation.step(position, everybody, minutes(16));
    assert_eq!(told_and_next(&step).0, [Rung::IntakeLeaders]);
}

#[test]
fn a_clock_that_has_gone_back_waits_from_where_it_is_now() {
    let ladder = ladder();
    let escalation = acute(&ladder);
    let told_next_year = told(Rung::ListOwner, 365 * 24 * 60);
    let step = escalation.step(told_next_year, everybody, start());
    assert_eq!(told_and_next(&step), (vec![], 5));
    // The corrected position is stored, so that the wait does not begin anew with each step.
    let next = escalation.step(step.position, everybody, step.next_at);
    assert_eq!(told_and_next(&next).0, [Rung::IntakeLeaders]);
    let snoozed_next_year = escalation.acknowledge(told_next_year, None, minutes(365 * 24 * 60));
    let step = escalation.step(snoozed_next_year, everybody, start());
    assert_eq!(told_and_next(&step), (vec![], 15));
}

#[test]
fn a_ladder_that_lost_the_rung_that_was_told_goes_on_with_the_next_above() {
    let rungs = ladder().rungs().to_vec();
    let ladder = Ladder::new(vec![rungs[0].clone(), rungs[3].clone()]).unwrap();
    let step = acute(&ladder).step(told(Rung::Duty, 0), everybody, minutes(15));
    assert_eq!(told_and_next(&step).0, [Rung::ReceiverManagement]);
}

#[test]
fn one_contact_may_stand_on_two_rungs() {
    let mut rungs = ladder().rungs().to_vec();
    rungs[1].contacts = vec![ContactName::parse("list-owner").unwrap()];
    assert!(Ladder::new(rungs).is_ok());
}
