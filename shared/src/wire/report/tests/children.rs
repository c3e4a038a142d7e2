//! The children of a report: who they are, and where.

use super::{super::*, full, refused, rules, violations};

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
