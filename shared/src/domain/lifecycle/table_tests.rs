//! Every state times every event, written out by hand, and what must hold for any sequence of events.

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::domain::{
    organisation::OrganisationNumber,
    staff_id::StaffId,
    staff_role::{StaffReference, StaffRole},
};

/// Rows are states, columns events, cells what the state becomes; `-` is refused, `=` keeps the time of the stage.
///
/// | letters | state |
/// |---|---|
/// | `Q` `R` `T` `W` `C` | queued, rejected, redirected, withdrawn, closed |
/// | `H` `A` | held, assigned |
/// | `F` `D` `U` | assessed: followed up, dismissed, acute measures |
/// | `o` `r` behind them | opened, registered |
const TABLE: &str = "
        Store Open  Register Assign Revoke FollowUp Dismiss ActAcute Reject Redirect Withdraw Close
Q       H     -     -        -      -      -        -       -        -      -        W        C
H       -     Ho    Hr       A      -      -        -       -        R      T        W        C
Ho      -     =Ho   Hor      Ao     -      -        -       -        R      T        W        C
Hr      -     =Hor  =Hr      Ar     -      -        -       -        R      T        W        C
Hor     -     =Hor  =Hor     Aor    -      -        -       -        R      T        W        C
A       -     =Ao   =Ar      A      H      F        D       U        R      T        W        -
Ao      -     =Ao   =Aor     Ao     Ho     Fo       Do      Uo       R      T        W        -
Ar      -     =Aor  =Ar      Ar     Hr     Fr       Dr      Ur       R      T        W        -
Aor     -     =Aor  =Aor     Aor    Hor    For      Dor     Uor      R      T        W        -
F       -     =Fo   =Fr      -      H      F        D       U        -      -        W        -
Fo      -     =Fo   =For     -      Ho     Fo       Do      Uo       -      -        W        -
Fr      -     =For  =Fr      -      Hr     Fr       Dr      Ur       -      -        W        -
For     -     =For  =For     -      Hor    For      Dor     Uor      -      -        W        -
D       -     =Do   =Dr      -      -      F        D       U        -      -        W        -
Do      -     =Do   =Dor     -      -      Fo       Do      Uo       -      -        W        -
Dr      -     =Dor  =Dr      -      -      Fr       Dr      Ur       -      -        W        -
Dor     -     =Dor  =Dor     -      -      For      Dor     Uor      -      -        W        -
U       -     =Uo   =Ur      -      H      F        D       U        -      -        W        -
Uo      -     =Uo   =Uor     -      Ho     Fo       Do      Uo       -      -        W        -
Ur      -     =Uor  =Ur      -      Hr     Fr       Dr      Ur       -      -        W        -
Uor     -     =Uor  =Uor     -      Hor    For      Dor     Uor      -      -        W        -
R       -     =R    -        -      -      -        -       -        -      -        W        C
T       -     =T    -        -      -      -        -       -        -      -        W        C
W       -     -     -        -      -      -        -       -        -      -        -        -
C       -     -     -        -      -      -        -       -        -      -        -        -
";

/// What was told, times what is told next, about a child that is assessed; `-` is refused.
///
/// | letters | told |
/// |---|---|
/// | `0` | nothing |
/// | `n` `i` | the report was received: no investigation is opened, one is |
/// | `e` | when it ended |
/// | `c` | what it came to |
/// | `p` | the answer to the prosecutor |
const FEEDBACK: &str = "
        Opened NotOpened Ended Concluded Answered
0       i      n         -     -         p
n       i      n         -     -         np
i       i      n         ie    iec       ip
ie      ie     n         ie    iec       iep
iec     iec    n         iec   iec       iecp
p       ip     np        -     -         p
np      ip     np        -     -         np
ip      ip     np        iep   iecp      ip
iep     iep    np        iep   iecp      iep
iecp    iecp   np        iecp  iecp      iecp
";

fn before() -> Timestamp {
    "2026-01-01T08:00:00Z".parse().unwrap()
}

fn after() -> Timestamp {
    "2026-01-01T09:00:00Z".parse().unwrap()
}

fn caseworker(staff: &str) -> StaffReference {
    StaffReference {
        role: StaffRole::Caseworker,
        staff: StaffId::parse(staff).unwrap(),
    }
}

fn other_service() -> OrganisationNumber {
    OrganisationNumber::parse("974761076").unwrap()
}

/// The state behind the letters of the table.
fn state(letters: &str, since: Timestamp, staff: &str) -> ChildState {
    let progress = Progress {
        opened: letters.contains('o'),
        registered: letters.contains('r'),
        feedback: FeedbackGiven::default(),
    };
    let assignment = Assignment {
        caseworker: caseworker(staff),
        since,
    };
    let assessed = |assignment, outcome| ChildState::Assessed {
        since,
        progress,
        assignment,
        outcome,
    };
    match letters.chars().next().unwrap() {
        'Q' => ChildState::Queued { since },
        'H' => ChildState::Held { since, progress },
        'A' => ChildState::Assigned {
            since,
            progress,
            assignment,
        },
        'F' => assessed(assignment, AssessmentOutcome::FollowedUp),
        'D' => assessed(assignment, AssessmentOutcome::Dismissed),
        'U' => assessed(assignment, AssessmentOutcome::AcuteMeasures),
        'R' => ChildState::Rejected {
            since,
            reason: RejectionReason::NotOurArea,
        },
        'T' => ChildState::Redirected {
            since,
            to: other_service(),
        },
        'W' => ChildState::Withdrawn { since },
        'C' => ChildState::Closed { since },
        other => panic!("no state {other}"),
    }
}

fn event(name: &str) -> Event {
    match name {
        "Store" => Event::Store,
        "Open" => Event::Open,
        "Register" => Event::Register,
        "Assign" => Event::Assign(caseworker("new")),
        "Revoke" => Event::Revoke,
        "FollowUp" => Event::Assess(AssessmentOutcome::FollowedUp),
        "Dismiss" => Event::Assess(AssessmentOutcome::Dismissed),
        "ActAcute" => Event::Assess(AssessmentOutcome::AcuteMeasures),
        "Reject" => Event::Reject(RejectionReason::NotOurArea),
        "Redirect" => Event::Redirect(other_service()),
        "Withdraw" => Event::Withdraw,
        "Close" => Event::Close,
        other => panic!("no event {other}"),
    }
}

/// What the letters of the second table stand for, told at this time.
fn given(letters: &str, at: Timestamp) -> FeedbackGiven {
    let told = |letter, what| letters.contains(letter).then_some(Told { what, since: at });
    let confirmed = told('n', false).or(told('i', true));
    let concluded = letters.contains('c').then_some(Told {
        what: Conclusion::MeasuresByAgreement,
        since: at,
    });
    let answered = letters.contains('p').then_some(Told {
        what: ProsecutionAnswer::NoMeasures,
        since: at,
    });
    let ended = letters.contains('e').then(before);
    FeedbackGiven::stored(confirmed, ended, concluded, answered).unwrap()
}

fn feedback(name: &str) -> Feedback {
    match name {
        "Opened" => Feedback::Confirmed {
            investigation_opened: true,
        },
        "NotOpened" => Feedback::Confirmed {
            investigation_opened: false,
        },
        "Ended" => Feedback::InvestigationEnded { ended: before() },
        "Concluded" => Feedback::Concluded {
            ended: before(),
            conclusion: Conclusion::MeasuresByAgreement,
        },
        "Answered" => Feedback::ProsecutionAnswered(ProsecutionAnswer::NoMeasures),
        other => panic!("no feedback {other}"),
    }
}

fn tell(assessed: AssessmentOutcome, name: &str) -> Event {
    Event::Tell {
        assessed,
        feedback: feedback(name),
    }
}

/// The state with this told; `None` for one that holds no feedback.
fn with_feedback(mut state: ChildState, told: FeedbackGiven) -> Option<ChildState> {
    match &mut state {
        ChildState::Held { progress, .. }
        | ChildState::Assigned { progress, .. }
        | ChildState::Assessed { progress, .. } => progress.feedback = told,
        _ => return None,
    }
    Some(state)
}

fn rows_of(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.split_whitespace().collect())
}

fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    rows_of(TABLE)
}

/// Every event of both tables.
fn every_event() -> Vec<Event> {
    let told = rows_of(FEEDBACK).next().unwrap().into_iter();
    let told = told.flat_map(|name| AssessmentOutcome::ALL.iter().map(move |outcome| tell(*outcome, name)));
    rows().next().unwrap().into_iter().map(event).chain(told).collect()
}

/// One state per row of the first table, with nothing told.
fn every_row() -> Vec<ChildState> {
    rows().skip(1).map(|row| state(row[0], before(), "old")).collect()
}

/// Every row of the first table, and of the second where it holds feedback.
pub(super) fn every_state() -> Vec<ChildState> {
    let told = every_row().into_iter().flat_map(|state| {
        let rows = rows_of(FEEDBACK).skip(2);
        rows.filter_map(move |row| with_feedback(state.clone(), given(row[0], before())))
    });
    every_row().into_iter().chain(told).collect()
}

/// The state that a cell asks for, after `name` happened to the row's state.
fn expected(cell: &str, name: &str) -> Option<ChildState> {
    if cell == "-" {
        return None;
    }
    if let Some(kept) = cell.strip_prefix('=') {
        return Some(state(kept, before(), "old"));
    }
    let mut expected = state(cell, after(), if name == "Assign" { "new" } else { "old" });
    if let ChildState::Assessed { assignment, .. } = &mut expected {
        assignment.since = before();
    }
    Some(expected)
}

#[test]
fn every_state_takes_every_event_as_the_table_says() {
    let header = rows().next().unwrap();
    for row in rows().skip(1) {
        assert_eq!(row.len(), header.len() + 1, "row {}", row[0]);
        for (name, cell) in header.iter().zip(&row[1..]) {
            let from = state(row[0], before(), "old");
            let refused = InvalidTransition {
                stage: from.stage(),
                event: event(name).kind(),
            };
            let outcome = from.apply(event(name), after());
            assert_eq!(outcome, expected(cell, name).ok_or(refused), "{} {name}", row[0]);
        }
    }
}

#[test]
fn an_assessed_child_takes_in_what_is_told_as_the_second_table_says() {
    let header = rows_of(FEEDBACK).next().unwrap();
    for outcome in AssessmentOutcome::ALL {
        for row in rows_of(FEEDBACK).skip(1) {
            for (name, cell) in header.iter().zip(&row[1..]) {
                let letters = match outcome {
                    AssessmentOutcome::FollowedUp => "Fo",
                    AssessmentOutcome::Dismissed => "Dr",
                    AssessmentOutcome::AcuteMeasures => "U",
                };
                let from = with_feedback(state(letters, before(), "old"), given(row[0], before())).unwrap();
                let told = from.clone().apply(tell(*outcome, name), after());
                let is_refused = *cell == "-" || (*name == "Opened" && *outcome == AssessmentOutcome::Dismissed);
                let words = told.as_ref().map(|told| told.feedback().words());
                let expected = (!is_refused).then(|| given(cell, before()).words());
                assert_eq!(words.ok(), expected, "{outcome} {} {name}", row[0]);
                if let Ok(told) = told {
                    let unmoved = with_feedback(from.clone(), told.feedback());
                    assert_eq!(Some(told), unmoved, "feedback moves nothing else");
                }
            }
        }
    }
}

#[test]
fn nothing_is_told_of_a_child_that_is_not_assessed_so() {
    for from in every_state() {
        for name in rows_of(FEEDBACK).next().unwrap() {
            for outcome in AssessmentOutcome::ALL {
                let is_so = matches!(&from, ChildState::Assessed { outcome: of, .. } if of == outcome);
                if !is_so {
                    assert!(
                        from.clone().apply(tell(*outcome, name), after()).is_err(),
                        "{from:?} {name}"
                    );
                }
            }
        }
    }
}

#[test]
fn what_was_told_stays_told_whatever_becomes_of_the_child_there() {
    for from in every_row() {
        for row in rows_of(FEEDBACK).skip(2) {
            let told = given(row[0], before());
            let Some(begin) = with_feedback(from.clone(), told) else {
                continue;
            };
            for name in rows().next().unwrap() {
                let without = from.clone().apply(event(name), after());
                let with = begin.clone().apply(event(name), after());
                let carried = without.map(|after| with_feedback(after.clone(), told).unwrap_or(after));
                assert_eq!(with, carried, "{name}");
            }
            assert_eq!(begin.doubt(after()).feedback(), told);
        }
    }
}

#[test]
fn telling_the_same_again_keeps_its_time_and_a_correction_has_its_own() {
    let child = state("F", before(), "old");
    let outcome = AssessmentOutcome::FollowedUp;
    let later: Timestamp = "2026-02-01T09:00:00Z".parse().unwrap();
    let once = child.apply(tell(outcome, "NotOpened"), after()).unwrap();
    let twice = once.clone().apply(tell(outcome, "NotOpened"), later).unwrap();
    assert_eq!(twice, once);
    let corrected = twice.apply(tell(outcome, "Opened"), later).unwrap().feedback();
    assert_eq!(
        corrected.confirmed(),
        Some(Told {
            what: true,
            since: later
        })
    );
}

#[test]
fn the_table_has_every_state_and_every_kind_of_event_once() {
    let mut states: Vec<_> = every_row().iter().map(|state| format!("{state:?}")).collect();
    assert_eq!(states.len(), 1 + 4 + 4 * 4 + 4);
    states.sort();
    states.dedup();
    assert_eq!(states.len(), 25);
    let kinds: Vec<_> = every_event().iter().map(Event::kind).collect();
    assert!(EventKind::ALL.iter().all(|kind| kinds.contains(kind)));
    let stages: Vec<_> = every_state().iter().map(ChildState::stage).collect();
    assert!(Stage::ALL.iter().all(|stage| stages.contains(stage)));
}

#[test]
fn what_the_receiver_lost_is_queued_again_unless_it_has_ended() {
    for from in every_state() {
        let lost = from.clone().lose(after());
        match from {
            ChildState::Queued { .. } | ChildState::Withdrawn { .. } | ChildState::Closed { .. } => {
                assert_eq!(lost, from);
            }
            _ => assert_eq!(lost, ChildState::Queued { since: after() }),
        }
        assert!(!lost.is_delivered());
        if !from.stage().is_ended() {
            assert_eq!(lost.learn(Event::Store, after()), Ok(state("H", after(), "new")));
        }
    }
}

#[test]
fn a_receiver_can_state_everything_but_a_closing() {
    for from in every_state() {
        for event in every_event() {
            let learned = from.clone().learn(event.clone(), after());
            if event == Event::Close {
                assert!(learned.is_err());
            } else if from.stage().is_ended() {
                assert_eq!(learned, Ok(from.clone()), "an ending at the sender is final");
            } else {
                assert_eq!(learned, from.clone().apply(event, after()));
            }
        }
    }
}

#[test]
fn a_statement_that_is_not_understood_leaves_nothing_delivered_and_moves_nothing_else() {
    for from in every_state() {
        let doubted = from.clone().doubt(after());
        assert!(!doubted.is_delivered());
        if !from.is_delivered() {
            assert_eq!(doubted, from);
        }
    }
}

#[test]
fn a_dismissed_child_stays_delivered_but_nobody_holds_it() {
    let dismissed = state("D", before(), "old");
    assert!(dismissed.is_delivered());
    assert!(dismissed.assignment().is_some());
    assert_eq!(dismissed.live_assignment(), None);
    assert!(state("F", before(), "old").live_assignment().is_some());
}

#[test]
fn a_report_is_delivered_only_when_every_child_that_has_not_ended_is() {
    let standing = |letters: &[&str]| {
        let children: Vec<_> = letters.iter().map(|letters| state(letters, before(), "old")).collect();
        Standing::of(&children)
    };
    assert_eq!(standing(&["A", "A"]), Standing::Delivered);
    assert_eq!(standing(&["A", "D", "W", "C"]), Standing::Delivered);
    assert_eq!(standing(&["A", "Hor"]), Standing::Open);
    assert_eq!(standing(&["A", "R"]), Standing::Open);
    assert_eq!(standing(&["A", "T"]), Standing::Open);
    assert_eq!(standing(&["W", "Q"]), Standing::Open);
    assert_eq!(standing(&["W", "C"]), Standing::Closed);
    assert_eq!(standing(&[]), Standing::Open);
}

#[test]
fn a_report_is_delivered_since_its_last_child_got_the_caseworker_who_has_it() {
    let early = state("A", before(), "old");
    let late = state("A", after(), "old");
    assert_eq!(delivered_since(&[early.clone(), late.clone()]), Some(after()));
    let assessed = early
        .apply(Event::Assess(AssessmentOutcome::FollowedUp), after())
        .unwrap();
    assert_eq!(delivered_since(std::slice::from_ref(&assessed)), Some(before()));
    assert_eq!(delivered_since(&[late, state("H", before(), "old")]), None);
}

fn any_event() -> impl Strategy<Value = Event> {
    proptest::sample::select(every_event())
}

proptest! {
    #[test]
    fn any_sequence_of_events_leaves_a_state_that_its_columns_hold(events in prop::collection::vec(any_event(), 0..40)) {
        let mut child = ChildState::Queued { since: before() };
        for event in events {
            child = child.clone().apply(event, after()).unwrap_or(child);
            prop_assert_eq!(ChildState::try_from(ChildColumns::from(&child)), Ok(child.clone()));
        }
    }

    #[test]
    fn a_child_is_delivered_exactly_while_the_last_of_its_moves_says_so(
        events in prop::collection::vec(any_event(), 0..40),
    ) {
        let mut child = ChildState::Queued { since: before() };
        let mut has_caseworker = false;
        for event in events {
            let Ok(next) = child.clone().apply(event.clone(), after()) else { continue };
            has_caseworker = match event.kind() {
                EventKind::Assign | EventKind::Assess => true,
                EventKind::Reject
                | EventKind::Redirect
                | EventKind::Withdraw
                | EventKind::Close
                | EventKind::Store
                | EventKind::Revoke => false,
                _ => has_caseworker,
            };
            child = next;
            prop_assert_eq!(child.is_delivered(), has_caseworker);
            prop_assert_eq!(child.assignment().is_some(), has_caseworker);
        }
    }

    #[test]
    fn a_report_is_delivered_exactly_when_each_child_is_or_has_ended_and_one_is(
        picks in prop::collection::vec(0_usize..25, 0..8),
    ) {
        let states = every_state();
        let children: Vec<_> = picks.iter().map(|pick| states[*pick].clone()).collect();
        let each = children.iter().all(|child| child.is_delivered() || child.stage().is_ended());
        let one = children.iter().any(ChildState::is_delivered);
        prop_assert_eq!(Standing::of(&children) == Standing::Delivered, each && one);
        prop_assert_eq!(delivered_since(&children).is_some(), each && one);
    }

    #[test]
    fn what_has_ended_moves_no_more(events in prop::collection::vec(any_event(), 0..40), ending in prop::bool::ANY) {
        let ended = state(if ending { "W" } else { "C" }, before(), "old");
        for event in events {
            prop_assert!(ended.clone().apply(event, after()).is_err());
        }
    }
}
