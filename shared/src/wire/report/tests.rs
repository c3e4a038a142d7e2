mod bytes;
mod children;

use super::{sample::full, *};
use crate::wire::pb::report::ErrorReason;

fn rules() -> Rules {
    Rules {
        now: "2026-03-01T12:00:00Z".parse().unwrap(),
        test_numbers: TestNumbers::Accepted,
        max_attachment_bytes: 100 * 1024 * 1024,
    }
}

fn violations(report: &pb::Report) -> Vec<(String, String)> {
    let found = parse(report, &rules()).expect_err("it breaks a rule");
    found
        .iter()
        .map(|violation| (violation.field().to_owned(), violation.rule().to_owned()))
        .collect()
}

#[track_caller]
fn refused(change: impl FnOnce(&mut pb::Report), field: &str, rule: &str) {
    let mut report = full();
    change(&mut report);
    assert_eq!(violations(&report), [(field.to_owned(), rule.to_owned())]);
}

fn time(text: &str) -> Option<prost_types::Timestamp> {
    Some(time::to_pb(text.parse().unwrap()))
}

fn bytes_like(length: usize) -> String {
    "æ".repeat(length)
}

#[test]
fn a_full_report_comes_back_as_it_was() {
    let report = parse(&full(), &rules()).unwrap();
    assert!(to_pb(&report) == full());
}

#[test]
fn a_report_with_the_required_fields_alone_comes_back_as_it_was() {
    let mut least = full();
    least.urgency = pb::Urgency::Normal.into();
    least.carers.clear();
    least.interpreter_need.clear();
    least.other_services.clear();
    least.police_case_references.clear();
    least.phone_calls.clear();
    least.follows_up_report_id.clear();
    least.attachments.clear();
    least.channel.clear();
    least.children.truncate(1);
    assert!(to_pb(&parse(&least, &rules()).unwrap()) == least);
}

#[test]
fn an_empty_message_is_told_everything_that_is_missing() {
    let fields: Vec<_> = violations(&pb::Report::default())
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    let required = [
        "report_id",
        "type",
        "urgency",
        "disclosure",
        "account",
        "reporter",
        "written_time",
        "children",
    ];
    assert_eq!(fields, required);
}

#[test]
fn faults_in_different_places_are_told_together() {
    let mut report = full();
    report.children[1].identity = Some(pb::child::Identity::IdentityNumber("01810112345".into()));
    report
        .reporter
        .as_mut()
        .unwrap()
        .organisation
        .as_mut()
        .unwrap()
        .organisation_number = "123456786".into();
    report.phone_calls.clear();
    let fields: Vec<_> = violations(&report).into_iter().map(|(field, _)| field).collect();
    assert_eq!(
        fields,
        [
            "children[1].identity_number",
            "reporter.organisation.organisation_number",
            "phone_calls"
        ]
    );
}

#[test]
fn an_acute_report_has_a_phone_call_even_if_nobody_was_reached() {
    let rule = "must hold at least one call when urgency is URGENCY_ACUTE";
    refused(|it| it.phone_calls.clear(), "phone_calls", rule);
    let mut report = full();
    report.phone_calls.truncate(1);
    assert_eq!(report.phone_calls[0].result, i32::from(pb::PhoneCallResult::NotReached));
    assert!(parse(&report, &rules()).is_ok());
}

#[test]
fn whoever_was_not_told_has_a_reason() {
    let silent = || {
        Some(pb::Informed {
            informed: false,
            reason: String::new(),
        })
    };
    refused(
        |it| it.children[0].informed = silent(),
        "children[0].informed.reason",
        "must be given",
    );
    refused(|it| it.carers[0].informed = None, "carers[0].informed", "must be given");
}

#[test]
fn times_are_neither_absurd_nor_to_come() {
    let soon = "must not be more than 5 minutes in the future";
    refused(
        |it| it.written_time = time("2026-03-01T12:05:01Z"),
        "written_time",
        soon,
    );
    refused(
        |it| it.written_time = time("2009-12-31T23:59:59Z"),
        "written_time",
        "must not be before 2010-01-01",
    );
    refused(|it| it.written_time = None, "written_time", "must be given");
    let absurd = "must be a time between the years 1 and 9999";
    refused(
        |it| {
            it.written_time = Some(prost_types::Timestamp {
                seconds: i64::MAX,
                nanos: -1,
            })
        },
        "written_time",
        absurd,
    );
    refused(
        |it| it.phone_calls[1].call_time = time("2026-04-01T00:00:00Z"),
        "phone_calls[1].call_time",
        soon,
    );
    let mut early = full();
    early.written_time = time("2026-03-01T12:05:00Z");
    assert!(parse(&early, &rules()).is_ok(), "clocks differ");
}

#[test]
fn control_characters_and_lengths_are_checked_in_every_kind_of_text() {
    let account = |it: &mut pb::Report, text: String| it.account.as_mut().unwrap().observed = text;
    refused(
        |it| account(it, "a\0b".into()),
        "account.observed",
        "must not contain control characters",
    );
    refused(
        |it| account(it, bytes_like(20_001)),
        "account.observed",
        "must have at most 20000 characters",
    );
    refused(|it| account(it, "  ".into()), "account.observed", "must not be blank");
    refused(
        |it| it.children[0].name = "Kari\nNordmann".into(),
        "children[0].name",
        "must be one line without tabs",
    );
    refused(
        |it| it.channel = bytes_like(101),
        "channel",
        "must have at most 100 characters",
    );
    refused(
        |it| it.carers[0].relation = "\u{9b}".into(),
        "carers[0].relation",
        "must not contain control characters",
    );
    let mut longest = full();
    account(&mut longest, bytes_like(20_000));
    assert!(parse(&longest, &rules()).is_ok());
}

#[test]
fn enum_values_of_a_later_version_are_told_apart_from_faults() {
    type Change = fn(&mut pb::Report);
    let changes: [(&str, Change); 6] = [
        ("type", |it| it.r#type = 99),
        ("urgency", |it| it.urgency = -1),
        ("disclosure.legal_basis", |it| {
            it.disclosure.as_mut().unwrap().legal_basis = 7
        }),
        ("children[0].address.grading", |it| {
            it.children[0].address.as_mut().unwrap().grading = 5
        }),
        ("phone_calls[0].result", |it| it.phone_calls[0].result = 3),
        ("reporter.organisation.address.grading", |it| {
            let reporter = it.reporter.as_mut().unwrap();
            reporter
                .organisation
                .as_mut()
                .unwrap()
                .address
                .as_mut()
                .unwrap()
                .grading = 1000;
        }),
    ];
    for (field, change) in changes {
        let mut report = full();
        change(&mut report);
        let found = parse(&report, &rules()).unwrap_err();
        assert_eq!(found.reason(), ErrorReason::UnknownEnumValue, "{field}");
        assert_eq!(
            found.iter().map(|violation| violation.field()).collect::<Vec<_>>(),
            [field]
        );
    }
    refused(|it| it.r#type = 0, "type", "must be given");
}

#[test]
fn fields_that_contradict_each_other_are_refused() {
    let basis = |it: &mut pb::Report| it.disclosure.as_mut().unwrap().other_basis = "§ 1".into();
    refused(
        basis,
        "disclosure.other_basis",
        "must be empty unless legal_basis is LEGAL_BASIS_OTHER",
    );
    let answered = |it: &mut pb::Report| it.phone_calls[0].answered_by = "Vakt".into();
    refused(
        answered,
        "phone_calls[0].answered_by",
        "must be empty when nobody was reached",
    );
    let itself = |it: &mut pb::Report| it.follows_up_report_id = it.report_id.clone();
    refused(itself, "follows_up_report_id", "must be another report");
}

#[test]
fn ids_are_canonical_and_unique() {
    refused(
        |it| it.report_id = it.report_id.to_uppercase(),
        "report_id",
        "must be a UUID in lower case with hyphens",
    );
    refused(
        |it| it.children[2].child_id = it.children[0].child_id.clone(),
        "children[2].child_id",
        "must be unique within the report",
    );
    refused(
        |it| it.attachments[1].attachment_id = it.attachments[0].attachment_id.clone(),
        "attachments[1].attachment_id",
        "must be unique within the report",
    );
}

#[test]
fn attachments_are_within_limits_and_concern_children_of_the_report() {
    refused(
        |it| it.attachments[0].size_bytes = 0,
        "attachments[0].size_bytes",
        "must be 1 to 104857600 bytes",
    );
    let one_more = |it: &mut pb::Report| it.attachments[0].size_bytes = 104_857_601;
    refused(one_more, "attachments[0].size_bytes", "must be 1 to 104857600 bytes");
    let short = |it: &mut pb::Report| it.attachments[0].sha256 = vec![0; 31].into();
    refused(short, "attachments[0].sha256", "must be a SHA-256 digest of 32 bytes");
    let path = |it: &mut pb::Report| it.attachments[0].file_name = "../a.pdf".into();
    refused(
        path,
        "attachments[0].file_name",
        r#"must be a file name without "/" and "\""#,
    );
    let stranger = |it: &mut pb::Report| it.attachments[1].child_ids = vec![full().report_id];
    refused(stranger, "attachments[1].child_ids[0]", "must be a child of the report");
    refused(
        |it| it.attachments = vec![it.attachments[0].clone(); 21],
        "attachments",
        "must be at most 20",
    );
}

#[test]
fn a_part_for_a_receiver_has_only_its_children_and_what_concerns_them() {
    let report = parse(&full(), &rules()).unwrap();
    let parts = report.split_by(|child| child.area.municipality());
    let shape: Vec<_> = parts
        .iter()
        .map(|(place, part)| (place.to_string(), part.children.len(), part.attachments.len()))
        .collect();
    // The first attachment concerns all, the second the child in Tromsø alone.
    assert_eq!(shape, [("0301".to_owned(), 2, 1), ("5501".to_owned(), 1, 2)]);
    for (_, part) in &parts {
        assert!(parse(&to_pb(part), &rules()).is_ok(), "a part is a report of its own");
        assert_eq!(part.id, report.id);
    }
}
