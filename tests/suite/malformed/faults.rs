//! One fault at a time in a report that is right otherwise.

use framme_shared::wire::pb::report::{self as pb, ErrorReason, Report};

/// A fault, and how it must be told.
pub(super) struct Fault {
    pub(super) field: &'static str,
    pub(super) rule: &'static str,
    pub(super) reason: ErrorReason,
    pub(super) change: fn(&mut Report),
}

const fn fault(field: &'static str, rule: &'static str, change: fn(&mut Report)) -> Fault {
    Fault {
        field,
        rule,
        reason: ErrorReason::InvalidField,
        change,
    }
}

const fn unknown(field: &'static str, change: fn(&mut Report)) -> Fault {
    let rule = "must be a value that this version knows";
    Fault {
        field,
        rule,
        reason: ErrorReason::UnknownEnumValue,
        change,
    }
}

fn identified_by(report: &mut Report, number: &str) {
    report.children[0].identity = Some(pb::child::Identity::IdentityNumber(number.to_owned()));
}

fn seconds(seconds: i64) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds, nanos: 0 })
}

pub(super) fn faults() -> Vec<Fault> {
    vec![
        fault("children[0].identity_number", "must have right check digits", |it| {
            identified_by(it, "01811512345")
        }),
        fault("children[0].identity_number", "must begin with a date of birth", |it| {
            identified_by(it, "99999999999")
        }),
        fault("children[0].identity_number", "must be exactly 11 digits", |it| {
            identified_by(it, "0181151234")
        }),
        fault(
            "reporter.organisation.organisation_number",
            "must have a right check digit",
            |it| {
                let organisation = it.reporter.as_mut().and_then(|reporter| reporter.organisation.as_mut());
                organisation.unwrap().organisation_number = "123456786".to_owned();
            },
        ),
        fault(
            "children[0].municipality_number",
            "must be the number of a municipality",
            |it| {
                it.children[0].municipality_number = "9999".to_owned();
            },
        ),
        fault(
            "children[0].municipality_number",
            "must be a number in force: this one was retired in 2020, its area now has 4601",
            |it| it.children[0].municipality_number = "1201".to_owned(),
        ),
        fault("children", "must be 1 to 50", |it| it.children.clear()),
        fault("children", "must be 1 to 50", |it| {
            it.children = vec![it.children[0].clone(); 51]
        }),
        fault("written_time", "must not be more than 5 minutes in the future", |it| {
            it.written_time = seconds(4_000_000_000);
        }),
        fault("written_time", "must not be before 2010-01-01", |it| {
            it.written_time = seconds(0)
        }),
        fault("written_time", "must be a time between the years 1 and 9999", |it| {
            it.written_time = seconds(i64::MAX)
        }),
        fault("account.observed", "must not contain control characters", |it| {
            it.account.as_mut().unwrap().observed.push('\u{0}');
        }),
        fault("reporter.name", "must be one line without tabs", |it| {
            it.reporter.as_mut().unwrap().name.push('\n');
        }),
        fault(
            "phone_calls",
            "must hold at least one call when urgency is URGENCY_ACUTE",
            |it| {
                it.urgency = pb::Urgency::Acute.into();
                it.phone_calls.clear();
            },
        ),
        unknown("type", |it| it.r#type = 99),
        unknown("urgency", |it| it.urgency = 99),
        unknown("children[0].address.grading", |it| {
            it.children[0].address.get_or_insert_default().grading = 99;
        }),
    ]
}
