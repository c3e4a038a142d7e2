use proptest::prelude::*;

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
fn children_are_1_to_50() {
    refused(
        |it| {
            it.children.clear();
            it.attachments.clear()
        },
        "children",
        "must be 1 to 50",
    );
    let many = |it: &mut pb::Report, count| {
        it.children = vec![full().children[0].clone(); count];
        it.children.iter_mut().for_each(|child| child.child_id.clear());
        it.attachments.clear();
        fill_child_ids(it);
    };
    refused(|it| many(it, 51), "children", "must be 1 to 50");
    let mut fifty = full();
    many(&mut fifty, 50);
    assert!(parse(&fifty, &rules()).is_ok());
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
fn identity_numbers_are_checked() {
    let with = |number: &str| {
        let number = number.to_owned();
        move |it: &mut pb::Report| it.children[0].identity = Some(pb::child::Identity::IdentityNumber(number))
    };
    let field = "children[0].identity_number";
    refused(with("0181357773"), field, "must be exactly 11 digits");
    refused(with("01813577700"), field, "must have right check digits");
    refused(with("32813577700"), field, "must begin with a date of birth");
    refused(with(""), field, "must be given");
    let mut production = rules();
    production.test_numbers = TestNumbers::Refused;
    let found = parse(&full(), &production).unwrap_err();
    assert!(
        found
            .iter()
            .all(|violation| violation.rule() == "must not be a test number")
    );
    assert_eq!(found.iter().count(), 2, "one child and one carer have a number");
}

#[test]
fn a_child_born_in_the_future_is_refused() {
    let born = |date: &str| {
        let date = date.to_owned();
        move |it: &mut pb::Report| it.children[1].identity = Some(pb::child::Identity::BirthDate(date))
    };
    let rule = "must not be in the future, nor more than 25 years ago";
    refused(born("2026-03-02"), "children[1].birth_date", rule);
    refused(born("2001-02-28"), "children[1].birth_date", rule);
    refused(born("20150301"), "children[1].birth_date", "must be a date, YYYY-MM-DD");
    refused(
        born("2015-02-30"),
        "children[1].birth_date",
        "must be a date, YYYY-MM-DD",
    );
    refused(
        |it| it.children[0].identity = Some(pb::child::Identity::IdentityNumber(sample::number_of_2039())),
        "children[0].identity_number",
        "must be of somebody who is born",
    );
}

#[test]
fn a_child_born_tonight_in_norway_is_not_in_the_future() {
    let mut late = rules();
    late.now = "2026-06-30T22:15:00Z".parse().unwrap();
    let mut report = full();
    report.children[1].identity = Some(pb::child::Identity::BirthDate("2026-07-01".into()));
    assert!(parse(&report, &late).is_ok());
}

#[test]
fn an_unborn_child_needs_no_name_and_every_other_does() {
    let mut report = full();
    report.children[2].name.clear();
    assert!(parse(&report, &rules()).is_ok());
    refused(
        |it| it.children[0].name.clear(),
        "children[0].name",
        "must be given unless the child is unborn",
    );
}

#[test]
fn an_expected_birth_is_near() {
    let expected = pb::child::Identity::Unborn(pb::Unborn {
        expected_date: "2027-01-02".into(),
    });
    let field = "children[2].unborn.expected_date";
    refused(
        |it| it.children[2].identity = Some(expected),
        field,
        "must be within 10 months from now",
    );
}

#[test]
fn a_child_is_identified_in_exactly_one_way() {
    refused(
        |it| it.children[0].identity = None,
        "children[0].identity",
        "must be given",
    );
}

#[test]
fn municipalities_are_those_of_today_and_oslo_has_districts() {
    let number = |text: &'static str| move |it: &mut pb::Report| it.children[1].municipality_number = text.into();
    let field = "children[1].municipality_number";
    refused(number("9999"), field, "must be the number of a municipality");
    let retired = "must be a number in force: this one was retired in 2020, its area now has 4601";
    refused(number("1201"), field, retired);
    refused(number(""), field, "must be given");
    let district = |text: &'static str| move |it: &mut pb::Report| it.children[0].city_district_number = text.into();
    let field = "children[0].city_district_number";
    refused(
        district(""),
        field,
        "must be given where services are divided by city district",
    );
    refused(district("18"), field, "must be a city district of Oslo, 01 to 17");
    refused(district("5"), field, "must be exactly 2 digits, not 00");
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
fn a_child_without_an_id_gets_one_from_its_place() {
    let mut report = full();
    report.attachments.clear();
    report.children[1].child_id.clear();
    fill_child_ids(&mut report);
    let id = ReportId::parse(&report.report_id).unwrap();
    assert_eq!(report.children[1].child_id, ChildId::of_index(&id, 1).to_string());
    assert_eq!(report.children[0].child_id, full().children[0].child_id);
    report.children[1].child_id.clear();
    assert_eq!(
        violations(&report),
        [("children[1].child_id".to_owned(), "must be given".to_owned())]
    );
}

#[test]
fn bytes_that_are_no_report_are_the_callers_fault() {
    let mut content = full().encode_to_vec();
    assert!(decode_report(&content).unwrap() == full());
    let at = content
        .windows(4)
        .position(|window| window == "Kari".as_bytes())
        .unwrap();
    content[at] = 0xff;
    let Err(Failure::InvalidFields(found)) = decode_report(&content) else {
        panic!("it is refused as a field")
    };
    assert_eq!(found.to_string(), "children.name must be UTF-8");
    assert!(matches!(
        decode_report(&vec![0; MAX_BYTES + 1]),
        Err(Failure::TooLarge { .. })
    ));
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

/// The bytes of the full sample as of the first release: what a peer wrote then must be read for ever. `proto/lint`
/// lets buf, which others wrote, read the same bytes.
const GOLDEN: &[u8] = include_bytes!("../../../../proto/golden/report.binpb");

#[test]
fn the_bytes_of_a_full_report_never_change() {
    assert!(
        full().encode_to_vec() == GOLDEN,
        "a field moved, or the sample has a field that the golden bytes lack"
    );
    assert!(decode_report(GOLDEN).unwrap() == full());
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(report) = decode_report(&bytes) {
            let _ = parse(&report, &rules());
        }
    }

    #[test]
    fn a_damaged_report_is_refused_or_comes_back_as_it_arrived(at: prop::sample::Index, value: u8) {
        let mut content = full().encode_to_vec();
        let at = at.index(content.len());
        content[at] = value;
        if let Ok(arrived) = decode_report(&content)
            && let Ok(report) = parse(&arrived, &rules())
        {
            prop_assert!(to_pb(&report) == arrived);
        }
    }

    #[test]
    fn no_violation_repeats_what_was_written(text in "[a-zæøå]{12,30}") {
        let mut report = full();
        report.report_id = text.clone();
        report.children[0].phone = format!("{text}\u{1}");
        report.children[0].municipality_number = text.clone();
        report.reporter.as_mut().unwrap().email = text.clone();
        report.reporter.as_mut().unwrap().phone = text.clone();
        let found = parse(&report, &rules()).unwrap_err();
        let told = format!("{found:?} {found} {:?}", tonic::Status::from(Failure::from(found.clone())));
        prop_assert!(!told.contains(&text));
    }
}
