//! The claims' rules, for whoever signs and for whoever reads.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{json as payload, test_pki::*, *};
use crate::domain::{
    digest::Digest,
    lifecycle::{
        AssessmentOutcome, ChildState, Conclusion, Feedback, Progress, ProsecutionAnswer, RejectionReason, Stage,
    },
    staff_id::StaffId,
    staff_role::{StaffReference, StaffRole},
};

fn by_program(on_behalf_of: Option<StaffReference>) -> StatedBy {
    StatedBy::Program {
        program: StaffId::parse("case-system").unwrap(),
        on_behalf_of,
    }
}

fn stating(statement: Statement) -> ReceiptClaims {
    ReceiptClaims {
        child: (statement != Statement::Stored).then(child),
        statement,
        ..claims()
    }
}

fn every_statement() -> Vec<Statement> {
    vec![
        Statement::Stored,
        Statement::Opened,
        Statement::Registered,
        Statement::Assigned(caseworker()),
        Statement::Revoked,
        Statement::Assessed(AssessmentOutcome::FollowedUp),
        Statement::Rejected(RejectionReason::NotAChild),
        Statement::Redirected(organisation(OTHER)),
        Statement::Withdrawn(None),
        Statement::Withdrawn(Some(ReadBefore::new(
            true,
            [ReadersInRole {
                role: StaffRole::IntakeLeader,
                people: 2,
            }],
        ))),
    ]
}

fn told(feedback: Feedback) -> Statement {
    Statement::Told {
        assessed: AssessmentOutcome::FollowedUp,
        feedback,
    }
}

/// Every kind of feedback.
fn every_feedback() -> Vec<Statement> {
    let ended = "2026-02-20T11:00:00.000000Z".parse().unwrap();
    let feedback = [
        Feedback::Confirmed {
            investigation_opened: true,
        },
        Feedback::InvestigationEnded { ended },
        Feedback::Concluded {
            ended,
            conclusion: Conclusion::MeasuresByOrder,
        },
        Feedback::ProsecutionAnswered(ProsecutionAnswer::AlreadyInMeasures),
    ];
    feedback.map(told).to_vec()
}

fn every_statement_and_feedback() -> Vec<Statement> {
    every_statement().into_iter().chain(every_feedback()).collect()
}

fn written(claims: &ReceiptClaims) -> Value {
    serde_json::from_slice(&payload::write(claims).unwrap()).unwrap()
}

fn read(members: &Value) -> Result<ReceiptClaims, InvalidClaims> {
    payload::read(members.to_string().as_bytes())
}

fn altered(claims: &ReceiptClaims, member: &str, value: Value) -> Result<ReceiptClaims, InvalidClaims> {
    let mut members = written(claims);
    members[member] = value;
    read(&members)
}

#[test]
fn every_level_has_a_statement_and_means_one_event() {
    let mut levels: Vec<_> = every_statement().iter().filter_map(Statement::level).collect();
    levels.dedup();
    assert_eq!(levels, Level::ALL);
    assert!(every_statement().iter().all(|statement| statement.event().is_some()));
}

#[test]
fn a_transmission_is_stored_as_a_whole_and_everything_but_opening_happens_to_one_child() {
    for statement in every_statement_and_feedback() {
        let allowed = |child| {
            let claims = ReceiptClaims {
                child,
                ..stating(statement.clone())
            };
            payload::write(&claims).is_ok()
        };
        let expected = match statement {
            Statement::Stored => (true, false),
            Statement::Opened => (true, true),
            _ => (false, true),
        };
        assert_eq!((allowed(None), allowed(Some(child()))), expected, "{statement:?}");
    }
}

#[test]
fn a_program_never_opens_and_decides_about_a_child_only_on_behalf_of_a_person() {
    for statement in every_statement_and_feedback() {
        let verdict = |stated_by| {
            payload::write(&ReceiptClaims {
                stated_by,
                ..stating(statement.clone())
            })
            .err()
        };
        assert_eq!(verdict(StatedBy::Person(leader())), None, "{statement:?}");
        let (alone, on_behalf) = match statement {
            Statement::Opened => (
                Some(InvalidClaims::OpenedByProgram),
                Some(InvalidClaims::OpenedByProgram),
            ),
            Statement::Assigned(_)
            | Statement::Assessed(_)
            | Statement::Told { .. }
            | Statement::Rejected(_)
            | Statement::Redirected(_) => (Some(InvalidClaims::NobodyBehind), None),
            _ => (None, None),
        };
        assert_eq!(verdict(by_program(None)), alone, "{statement:?}");
        assert_eq!(verdict(by_program(Some(leader()))), on_behalf, "{statement:?}");
    }
}

#[test]
fn only_the_first_receipt_has_the_zero_digest() {
    let verdict = |sequence, previous| {
        payload::write(&ReceiptClaims {
            sequence,
            previous,
            ..claims()
        })
        .err()
    };
    let digest = Digest::of(b"receipt");
    assert_eq!(verdict(1, Digest::ZERO), None);
    assert_eq!(verdict(2, digest), None);
    assert_eq!(verdict(MAX_SEQUENCE, digest), None);
    assert_eq!(verdict(1, digest), Some(InvalidClaims::Previous));
    assert_eq!(verdict(2, Digest::ZERO), Some(InvalidClaims::Previous));
    assert_eq!(verdict(0, Digest::ZERO), Some(InvalidClaims::Sequence));
    assert_eq!(verdict(MAX_SEQUENCE + 1, digest), Some(InvalidClaims::Sequence));
}

#[test]
fn a_child_is_assigned_only_to_somebody_who_can_be_given_children() {
    for role in StaffRole::ALL {
        let assigned = stating(Statement::Assigned(StaffReference {
            role: *role,
            staff: caseworker().staff,
        }));
        assert_eq!(
            payload::write(&assigned).is_ok(),
            role.can_be_given_children(),
            "{role}"
        );
    }
}

#[test]
fn a_child_is_not_redirected_to_the_service_that_redirects_it() {
    let redirected = stating(Statement::Redirected(organisation(RECEIVER)));
    assert_eq!(payload::write(&redirected), Err(InvalidClaims::RedirectedToItself));
}

#[test]
fn a_level_has_exactly_the_members_that_belong_to_it() {
    let members = [
        (
            "assigned_to",
            json!({"role": "duty", "staff": "duty-2"}),
            Level::Assigned,
        ),
        ("reason", json!("duplicate"), Level::Rejected),
        ("redirected_to", json!(OTHER), Level::Redirected),
        ("outcome", json!("dismissed"), Level::Assessed),
    ];
    for statement in every_statement() {
        let level = statement.level().unwrap();
        for (member, value, owner) in &members {
            let claims = stating(statement.clone());
            let mut without = written(&claims);
            without.as_object_mut().unwrap().remove(*member);
            let with = altered(&claims, member, value.clone());
            if level == *owner {
                assert!(with.is_ok());
                assert_eq!(read(&without), Err(InvalidClaims::Missing(member)));
            } else {
                assert_eq!(with, Err(InvalidClaims::Unexpected(member)));
                assert!(read(&without).is_ok());
            }
        }
    }
}

#[test]
fn a_word_of_a_later_version_is_survived_and_delivers_nothing() {
    let unknown = [
        altered(&claims(), "level", json!("transferred")),
        altered(&claims(), "assigned_to", json!({"role": "guardian", "staff": "g-1"})),
        altered(&claims(), "stated_by", json!({"kind": "robot", "program": "x"})),
        altered(
            &claims(),
            "stated_by",
            json!({"kind": "person", "role": "guardian", "staff": "g-1"}),
        ),
        altered(
            &stating(Statement::Rejected(RejectionReason::Duplicate)),
            "reason",
            json!("too_late"),
        ),
        altered(
            &stating(Statement::Assessed(AssessmentOutcome::FollowedUp)),
            "outcome",
            json!("postponed"),
        ),
    ];
    for claims in unknown {
        let claims = claims.unwrap();
        assert_eq!(claims.statement, Statement::Unknown);
        assert_eq!((claims.statement.level(), claims.statement.event()), (None, None));
        assert_eq!(claims.sequence, 1);
    }
    let held = ChildState::Held {
        since: signed_at(),
        progress: Progress::default(),
    };
    let assigned = held
        .apply(Statement::Assigned(caseworker()).event().unwrap(), signed_at())
        .unwrap();
    assert_eq!(assigned.doubt(signed_at()).stage(), Stage::Stored);
}

#[test]
fn to_a_reader_of_before_there_was_feedback_it_is_the_assessment_once_more() {
    for statement in every_feedback() {
        let mut members = written(&stating(statement.clone()));
        assert!(members.as_object_mut().unwrap().remove("feedback").is_some());
        let known_then = read(&members).unwrap();
        assert_eq!(known_then.statement, Statement::Assessed(AssessmentOutcome::FollowedUp));
        let assigned = ChildState::Held {
            since: signed_at(),
            progress: Progress::default(),
        };
        let assigned = [
            Statement::Assigned(caseworker()),
            Statement::Assessed(AssessmentOutcome::FollowedUp),
        ]
        .iter()
        .fold(assigned, |state, statement| {
            state.apply(statement.event().unwrap(), signed_at()).unwrap()
        });
        let after = known_then.makes_of(&assigned).unwrap();
        assert!(after.is_delivered());
        assert_eq!(after.stage(), Stage::Assessed);
    }
}

#[test]
fn feedback_of_a_later_version_is_passed_over_and_the_assessment_stays() {
    for (kind, members) in [
        ("kind", json!({"kind": "meeting_offered"})),
        (
            "word",
            json!({"kind": "concluded", "investigation_ended": "2026-02-20T11:00:00.000000Z", "conclusion": "x"}),
        ),
        ("word", json!({"kind": "prosecution_answered", "answer": "x"})),
    ] {
        let claims = altered(&stating(every_feedback()[0].clone()), "feedback", members).unwrap();
        let assessed = Statement::Assessed(AssessmentOutcome::FollowedUp);
        assert_eq!(claims.statement, assessed, "{kind}");
    }
}

#[test]
fn feedback_has_exactly_the_members_that_belong_to_its_kind() {
    let members = [
        ("investigation_opened", json!(true)),
        ("investigation_ended", json!("2026-02-20T11:00:00.000000Z")),
        ("conclusion", json!("moved")),
        ("answer", json!("no_measures")),
    ];
    for statement in every_feedback() {
        let claims = stating(statement);
        let whole = written(&claims)["feedback"].clone();
        for (member, value) in &members {
            let mut other = whole.clone();
            let is_there = other.as_object_mut().unwrap().remove(*member).is_some();
            let expected = if is_there {
                InvalidClaims::Missing(member)
            } else {
                other[*member] = value.clone();
                InvalidClaims::Unexpected(member)
            };
            assert_eq!(altered(&claims, "feedback", other), Err(expected));
        }
    }
    let stored = altered(
        &claims(),
        "feedback",
        written(&stating(every_feedback()[0].clone()))["feedback"].clone(),
    );
    assert_eq!(stored, Err(InvalidClaims::Unexpected("feedback")));
}

#[test]
fn an_investigation_does_not_end_after_it_is_told_that_it_has() {
    let at = |ended| payload::write(&stating(told(Feedback::InvestigationEnded { ended })));
    assert!(at(signed_at()).is_ok());
    let later = signed_at() + jiff::SignedDuration::from_micros(1);
    assert_eq!(at(later), Err(InvalidClaims::EndsLater));
}

#[test]
fn an_unknown_statement_is_never_signed() {
    for claims in [
        ReceiptClaims {
            statement: Statement::Unknown,
            ..claims()
        },
        ReceiptClaims {
            stated_by: StatedBy::Unknown,
            ..claims()
        },
    ] {
        assert_eq!(payload::write(&claims), Err(InvalidClaims::Unknown));
    }
}

#[test]
fn a_member_that_is_not_known_is_passed_over() {
    assert_eq!(altered(&claims(), "note", json!({"any": ["thing"]})), Ok(claims()));
}

#[test]
fn another_version_of_the_format_is_refused() {
    assert_eq!(altered(&claims(), "ver", json!(2)), Err(InvalidClaims::Version));
}

#[test]
fn a_member_in_another_form_is_refused() {
    for (member, value) in [
        ("seq", json!("1")),
        ("seq", json!(1.0)),
        ("seq", json!(-1)),
        ("sender", json!("974761077")),
        ("sender", json!(974_761_076)),
        ("child", Value::Null),
        ("child", json!("6F1D1F5E-4C1E-4A3B-9A55-0D3F6C1E7B22")),
        ("transmission", json!("00000000-0000-0000-0000-000000000000")),
        ("digest", json!("abc")),
        ("prev", json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")),
        ("prev", json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB")),
        ("assigned_to", Value::Null),
        ("assigned_to", json!({"role": "caseworker", "staff": "Kari Nordmann"})),
        ("stated_by", json!({"kind": "person", "role": "duty"})),
        (
            "stated_by",
            json!({"kind": "person", "role": "duty", "staff": "d-1", "program": "x"}),
        ),
        ("stated_by", json!({"kind": "program", "staff": "d-1"})),
    ] {
        assert_eq!(
            altered(&claims(), member, value.clone()),
            Err(InvalidClaims::Malformed),
            "{member}: {value}"
        );
    }
    for payload_bytes in [&b"[]"[..], b"", b"null", b"{}", b"\xff", b"{\"ver\":1}"] {
        assert_eq!(payload::read(payload_bytes), Err(InvalidClaims::Malformed));
    }
    let trailing = format!("{} {{}}", written(&claims()));
    assert_eq!(payload::read(trailing.as_bytes()), Err(InvalidClaims::Malformed));
}

#[test]
fn a_time_has_six_decimals_and_is_utc() {
    for time in [
        "2026-03-01T10:15:30Z",
        "2026-03-01T10:15:30.123Z",
        "2026-03-01T10:15:30.1234567Z",
        "2026-03-01T11:15:30.123456+01:00",
        "2026-03-01 10:15:30.123456Z",
        "2026-02-30T10:15:30.123456Z",
        "yesterday",
    ] {
        assert_eq!(
            altered(&claims(), "time", json!(time)),
            Err(InvalidClaims::Time),
            "{time}"
        );
    }
}

#[test]
fn software_is_named_in_short_visible_ascii() {
    for name in ["", "two words", "framme\n", "blåbær", &"x".repeat(65)] {
        let software = json!({"name": name, "version": "1"});
        assert_eq!(
            altered(&claims(), "software", software),
            Err(InvalidClaims::Software),
            "{name}"
        );
    }
}

fn any_staff() -> impl Strategy<Value = StaffReference> {
    let staff = "[a-z][a-z0-9-]{0,39}".prop_map(|id| StaffId::parse(&id).unwrap());
    (proptest::sample::select(StaffRole::ALL), staff).prop_map(|(role, staff)| StaffReference { role, staff })
}

fn any_speaker() -> impl Strategy<Value = StatedBy> {
    prop_oneof![
        any_staff().prop_map(StatedBy::Person),
        proptest::option::of(any_staff()).prop_map(by_program),
    ]
}

fn any_claims() -> impl Strategy<Value = ReceiptClaims> {
    let time = (0_i64..4_000_000_000_000_000).prop_map(|micros| jiff::Timestamp::from_microsecond(micros).unwrap());
    (
        proptest::sample::select(every_statement_and_feedback()),
        any_speaker(),
        2..=MAX_SEQUENCE,
        any::<[u8; 8]>(),
        time,
    )
        .prop_map(|(statement, stated_by, sequence, seed, time)| ReceiptClaims {
            sequence,
            previous: Digest::of(&seed),
            time,
            stated_by,
            ..stating(statement)
        })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_unchanged_or_was_refused_by_a_rule(claims in any_claims()) {
        match payload::write(&claims) {
            Ok(bytes) => prop_assert_eq!(payload::read(&bytes), Ok(claims)),
            Err(rule) => prop_assert!(
                matches!(
                    rule,
                    InvalidClaims::OpenedByProgram | InvalidClaims::NobodyBehind | InvalidClaims::EndsLater
                ),
                "{}", rule
            ),
        }
    }

    #[test]
    fn reading_anything_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(payload::read(&bytes).is_err());
    }
}

#[test]
fn what_was_read_is_told_by_role_and_count_and_only_of_a_withdrawal() {
    let people = |role, people| ReadersInRole { role, people };
    let read = ReadBefore::new(
        true,
        [people(StaffRole::IntakeLeader, 2), people(StaffRole::Caseworker, 1)],
    );
    let claims = stating(Statement::Withdrawn(Some(read)));
    let told = json!({"opened": true, "readers": [
        {"role": "caseworker", "people": 1}, {"role": "intake_leader", "people": 2}]});
    assert_eq!(written(&claims)["read"], told);
    assert_eq!(self::read(&written(&claims)), Ok(claims));
    assert_eq!(
        altered(&stating(Statement::Opened), "read", told),
        Err(InvalidClaims::Unexpected("read"))
    );
}

#[test]
fn people_in_a_role_of_a_later_version_are_passed_over() {
    let claims = stating(Statement::Withdrawn(None));
    let told = json!({"opened": true, "readers": [{"role": "mayor", "people": 1}], "minutes": 3});
    let read = altered(&claims, "read", told).unwrap();
    assert_eq!(read.statement, Statement::Withdrawn(Some(ReadBefore::new(true, []))));
}
