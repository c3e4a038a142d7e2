//! What holds of any ladder, whoever is there, whatever is acknowledged and however the clock behaves.

use jiff::{SignedDuration, Timestamp};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;
use crate::domain::{calendar::Length, notice::ContactName, report::Urgency, statement::Side};

const SIDES: [[Rung; 4]; 2] = [
    [
        Rung::ListOwner,
        Rung::IntakeLeaders,
        Rung::Duty,
        Rung::ReceiverManagement,
    ],
    [Rung::Officer, Rung::Desk, Rung::Commander, Rung::SenderManagement],
];
const WAITS: [&str; 8] = [
    "1 minute",
    "15 minutes",
    "3 hours",
    "1 day",
    "7 days",
    "1 working day",
    "2 working days",
    "5 working days",
];

prop_compose! {
    fn any_ladder()(
        side in select(SIDES.to_vec()),
        rungs in vec(option::of((select(WAITS.to_vec()), any::<bool>())), 4),
        last in select(WAITS.to_vec()),
    ) -> Ladder {
        let mut rungs: Vec<LadderRung> = side.into_iter().zip(rungs).filter_map(|(rung, chosen)| {
            let (wait, has_contact) = chosen?;
            Some(rung_of(rung, wait, has_contact))
        }).collect();
        match rungs.last_mut() {
            Some(last) => *last = rung_of(last.rung, "15 minutes", true),
            None => rungs.push(rung_of(side[3], last, true)),
        }
        Ladder::new(rungs).unwrap()
    }
}

fn rung_of(rung: Rung, wait: &str, has_contact: bool) -> LadderRung {
    let contacts = has_contact.then(|| ContactName::parse("somebody").unwrap());
    LadderRung {
        rung,
        wait: Length::parse(wait).unwrap(),
        contacts: contacts.into_iter().collect(),
    }
}

/// The latest instant until which it may be silent from now on.
fn latest(escalation: &Escalation<'_>, now: Timestamp) -> Timestamp {
    let waits = escalation.ladder.rungs().iter().map(|rung| rung.wait);
    let all = waits.chain([longest_snooze(escalation.urgency)]);
    all.map(|wait| wait.after(now)).max().unwrap()
}

fn start() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

const YEAR: SignedDuration = SignedDuration::from_hours(366 * 24);

/// What disturbs a simulated year, used in turn: who is there (a bit per rung), whether somebody acknowledges halfway to the
/// next step, and how far the clock goes back then.
type Disturbance = (u8, bool, Option<i64>);

fn any_disturbance() -> impl Strategy<Value = Disturbance> {
    (any::<u8>(), any::<bool>(), option::weighted(0.05, 1_i64..500 * 24 * 60))
}

/// A year in which the worker steps when it was told to, and at once when it finds its clock gone back. Time passes by
/// the steps; the clock that they see is that less what it has gone back.
///
/// Tells how much of the year it came through in so many steps.
fn run_a_year(
    escalation: &Escalation<'_>,
    disturbances: &[Disturbance],
    steps: usize,
) -> Result<SignedDuration, TestCaseError> {
    let mut passed = SignedDuration::ZERO;
    let (mut position, mut now) = (Position::default(), start());
    let mut disturbances = disturbances.iter().cycle();
    // By then somebody must be told, or have acknowledged.
    let mut silent_until = now;
    let mut acknowledged = false;
    for _ in 0..steps {
        if passed > YEAR {
            break;
        }
        let (manned, acknowledges, goes_back) = disturbances.next().copied().unwrap();
        let step = escalation.step(position, |rung| manned & (1 << (rung as u8)) != 0, now);
        prop_assert!(now < step.next_at && step.next_at <= latest(escalation, now));
        if let Some(telling) = &step.telling {
            prop_assert!(now <= silent_until, "silent until {now} and not only {silent_until}");
            prop_assert!((1..=escalation.ladder.rungs().len()).contains(&telling.rungs.len()));
            prop_assert!(telling.rungs.is_sorted() && telling.turn == position.turns);
            (silent_until, acknowledged) = (latest(escalation, now), false);
        }
        position = step.position;
        let to_next = step.next_at.duration_since(now);
        let half = to_next / 2;
        if let Some(back) = goes_back {
            (passed, now) = (passed + half, now + half - SignedDuration::from_mins(back));
            silent_until = latest(escalation, now);
        } else if acknowledges && to_next > SignedDuration::from_mins(1) {
            (passed, now) = (passed + half, now + half);
            position = escalation.acknowledge(position, None, now);
            if !acknowledged {
                silent_until = silent_until.max(latest(escalation, now));
            }
            acknowledged = true;
        } else {
            (passed, now) = (passed + to_next, step.next_at);
        }
    }
    Ok(passed)
}

#[test]
fn the_default_ladders_leave_nobody_silent_over_the_whole_year() {
    // Everybody, nobody, each side's second and last rung, those between; acknowledged now and then, and a clock gone back.
    let disturbances = [
        (0xff, false, None),
        (0x00, false, None),
        (0xaa, true, None),
        (0x66, false, None),
        (0x00, true, Some(3 * 24 * 60)),
        (0xff, true, None),
        (0x11, false, None),
    ];
    for side in Side::ALL {
        let ladders = Ladders::default_of(*side);
        for urgency in Urgency::ALL {
            let ladder = ladders.ladder(*urgency);
            let escalation = Escalation {
                ladder,
                urgency: *urgency,
            };
            let passed = run_a_year(&escalation, &disturbances, 200_000).unwrap();
            assert!(passed > YEAR, "{side}, {urgency}: only {passed}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn over_a_simulated_year_nobody_is_left_silent(
        ladder in any_ladder(),
        urgency in select(Urgency::ALL.to_vec()),
        disturbances in vec(any_disturbance(), 1..60),
    ) {
        run_a_year(&Escalation { ladder: &ladder, urgency }, &disturbances, 2_000)?;
    }

    #[test]
    fn from_any_position_the_next_step_is_in_the_future_and_bounded(
        ladder in any_ladder(),
        urgency in select(Urgency::ALL.to_vec()),
        told in option::of((select(Rung::ALL.to_vec()), -600_000_i64..600_000, any::<u32>())),
        begins in option::of(select(Rung::ALL.to_vec())),
        snooze in option::of((-600_000_i64..600_000, -600_000_i64..600_000)),
        manned in any::<u8>(),
    ) {
        let minute = |minute: i64| start() + SignedDuration::from_mins(minute);
        let position = Position {
            told: told.map(|(rung, at, repeats)| Told { rung, at: minute(at), repeats }),
            turns: u32::MAX,
            start: begins,
            snooze: snooze.map(|(since, until)| Snooze { since: minute(since), until: minute(until) }),
        };
        let escalation = Escalation { ladder: &ladder, urgency };
        let is_manned = |rung: Rung| manned & (1 << (rung as u8)) != 0;
        let step = escalation.step(position, is_manned, start());
        prop_assert!(start() < step.next_at && step.next_at <= latest(&escalation, start()));
        if let Some(telling) = step.telling {
            let empty = |rung: &Rung| ladder.contacts(*rung).is_empty() || !is_manned(*rung);
            prop_assert_eq!(telling.nobody_is_there, ladder.rungs().iter().all(|rung| empty(&rung.rung)));
            prop_assert!(telling.skipped.iter().all(empty));
            prop_assert!(telling.nobody_is_there || !telling.rungs.iter().any(empty));
        }
    }
}
