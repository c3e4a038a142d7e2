use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};

use super::{Rules, Scope, pb, people};
use crate::domain::{
    identity_number::IdentityNumber,
    ids::{ChildId, ReportId},
    municipality::{Area, CityDistrict, MunicipalityNumber},
    report::{Child, ChildIdentity, Informed, limits},
    text::{Line, Text},
};

/// Reads every child, unless there are too many: their number is then the violation. A child that breaks a rule stands
/// as `None`.
pub(super) fn read_all(scope: &mut Scope<'_>, report: &pb::Report, rules: &Rules) -> Vec<Option<Child>> {
    let children = &report.children;
    if children.len() > limits::CHILDREN {
        return vec![None; children.len()];
    }
    // Ids follow from the report's: where that is wrong, a missing one is no second fault.
    let ids_follow = ReportId::parse(&report.report_id).is_err();
    let fields = (0..).map(|index| format!("children[{index}]"));
    fields
        .zip(children)
        .map(|(field, child)| read(&mut scope.inside(&field), child, ids_follow, rules))
        .collect()
}

fn read(scope: &mut Scope<'_>, child: &pb::Child, id_follows: bool, rules: &Rules) -> Option<Child> {
    let id = if id_follows && child.child_id.is_empty() {
        None
    } else {
        scope.required("child_id", &child.child_id, ChildId::parse)
    };
    let identity = scope.present("identity", child.identity.as_ref());
    let identity = identity.and_then(|it| read_identity(scope, it, rules));
    let name = scope.optional("name", &child.name, Line::parse);
    let address = people::read_address(scope, child.address.as_ref());
    let phone = scope.optional("phone", &child.phone, Line::parse);
    let area = read_area(scope, child);
    let city_district_name = scope.optional("city_district_name", &child.city_district_name, Line::parse);
    let informed = read_informed(scope, child.informed.as_ref());
    Some(Child {
        id: id?,
        identity: identity?,
        name: name?,
        address: address?,
        phone: phone?,
        area: area?,
        city_district_name: city_district_name?,
        informed: informed?,
    })
}

fn read_identity(scope: &mut Scope<'_>, identity: &pb::child::Identity, rules: &Rules) -> Option<ChildIdentity> {
    let today = last_date_at(rules.now);
    match identity {
        pb::child::Identity::IdentityNumber(text) => {
            let read = |text: &str| IdentityNumber::parse(text, rules.test_numbers);
            let number = scope.required("identity_number", text, read)?;
            if number.birth_date() > today {
                scope.refuse("identity_number", "must be of somebody who is born");
                return None;
            }
            Some(ChildIdentity::Number(number))
        }
        pb::child::Identity::BirthDate(text) => {
            let date = scope.required("birth_date", text, read_date)?;
            if date > today || date.saturating_add(25.years()) < today {
                scope.refuse("birth_date", "must not be in the future, nor more than 25 years ago");
                return None;
            }
            Some(ChildIdentity::Born(date))
        }
        pb::child::Identity::Unborn(unborn) => {
            let mut scope = scope.inside("unborn");
            let expected = scope.optional("expected_date", &unborn.expected_date, read_date)?;
            let near =
                |date: Date| (today.saturating_sub(10.months())..=today.saturating_add(10.months())).contains(&date);
            if !expected.is_none_or(near) {
                scope.refuse("expected_date", "must be within 10 months from now");
                return None;
            }
            Some(ChildIdentity::Unborn { expected })
        }
    }
}

/// The date where it is latest in Norway at this instant: summer time, two hours before UTC. A birth just after midnight
/// is then never in the future.
fn last_date_at(now: Timestamp) -> Date {
    now.saturating_add(2.hours())
        .unwrap_or(now)
        .to_zoned(TimeZone::UTC)
        .date()
}

/// ISO 8601 in its extended form and no other.
fn read_date(text: &str) -> Result<Date, &'static str> {
    let date: Date = text.parse().map_err(|_| "must be a date, YYYY-MM-DD")?;
    if date.to_string() == text {
        Ok(date)
    } else {
        Err("must be a date, YYYY-MM-DD")
    }
}

fn read_area(scope: &mut Scope<'_>, child: &pb::Child) -> Option<Area> {
    let municipality = scope.required(
        "municipality_number",
        &child.municipality_number,
        MunicipalityNumber::parse,
    );
    let district = scope.optional("city_district_number", &child.city_district_number, CityDistrict::parse);
    Area::new(municipality?, district?)
        .map_err(|rule| scope.refuse("city_district_number", rule))
        .ok()
}

pub(super) fn read_informed(scope: &mut Scope<'_>, informed: Option<&pb::Informed>) -> Option<Informed> {
    let informed = scope.present("informed", informed)?;
    let mut scope = scope.inside("informed");
    if informed.informed {
        let remark = scope.optional("reason", &informed.reason, Text::parse)?;
        Some(Informed::Yes { remark })
    } else {
        let reason = scope.required("reason", &informed.reason, Text::parse)?;
        Some(Informed::No { reason })
    }
}

pub(super) fn write(child: &Child) -> pb::Child {
    let identity = match &child.identity {
        ChildIdentity::Number(number) => pb::child::Identity::IdentityNumber(number.expose()),
        ChildIdentity::Born(date) => pb::child::Identity::BirthDate(date.to_string()),
        ChildIdentity::Unborn { expected } => pb::child::Identity::Unborn(pb::Unborn {
            expected_date: expected.map(|date| date.to_string()).unwrap_or_default(),
        }),
    };
    pb::Child {
        child_id: child.id.to_string(),
        name: people::line(&child.name),
        address: child.address.as_ref().map(people::write_address),
        phone: people::line(&child.phone),
        municipality_number: child.area.municipality().to_string(),
        city_district_number: child
            .area
            .district()
            .map(|district| district.to_string())
            .unwrap_or_default(),
        city_district_name: people::line(&child.city_district_name),
        informed: Some(write_informed(&child.informed)),
        identity: Some(identity),
    }
}

pub(super) fn write_informed(informed: &Informed) -> pb::Informed {
    match informed {
        Informed::Yes { remark } => pb::Informed {
            informed: true,
            reason: remark.as_ref().map(|text| text.expose().to_owned()).unwrap_or_default(),
        },
        Informed::No { reason } => pb::Informed {
            informed: false,
            reason: reason.expose().to_owned(),
        },
    }
}
