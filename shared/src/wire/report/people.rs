use super::{Rules, Scope, children, pb};
use crate::domain::{
    identity_number::IdentityNumber,
    organisation::OrganisationNumber,
    report::{
        Address, AddressGrading, Carer, CountryCode, EmailAddress, PhoneNumber, Reporter, ReportingOrganisation, limits,
    },
    text::Line,
};

pub(super) fn read_carers(scope: &mut Scope<'_>, carers: &[pb::Carer], rules: &Rules) -> Option<Vec<Carer>> {
    scope.bounded("carers", carers, limits::CARERS, |scope, field, carer| {
        read_carer(&mut scope.inside(field), carer, rules)
    })
}

fn read_carer(scope: &mut Scope<'_>, carer: &pb::Carer, rules: &Rules) -> Option<Carer> {
    let name = scope.required("name", &carer.name, Line::parse);
    let phone = scope.optional("phone", &carer.phone, Line::parse);
    let number = |text: &str| IdentityNumber::parse(text, rules.test_numbers);
    let identity_number = scope.optional("identity_number", &carer.identity_number, number);
    let address = read_address(scope, carer.address.as_ref());
    let informed = children::read_informed(scope, carer.informed.as_ref());
    let relation = scope.optional("relation", &carer.relation, Line::parse);
    Some(Carer {
        name: name?,
        phone: phone?,
        identity_number: identity_number?,
        address: address?,
        informed: informed?,
        relation: relation?,
    })
}

pub(super) fn read_reporter(scope: &mut Scope<'_>, reporter: &pb::Reporter) -> Option<Reporter> {
    let name = scope.required("name", &reporter.name, Line::parse);
    let role = scope.required("role", &reporter.role, Line::parse);
    let unit = scope.required("unit", &reporter.unit, Line::parse);
    let phone = scope.required("phone", &reporter.phone, PhoneNumber::parse);
    let email = scope.required("email", &reporter.email, EmailAddress::parse);
    let organisation = scope.present("organisation", reporter.organisation.as_ref());
    let organisation = organisation.and_then(|it| read_organisation(&mut scope.inside("organisation"), it));
    let police_district = scope.required("police_district", &reporter.police_district, Line::parse);
    Some(Reporter {
        name: name?,
        role: role?,
        unit: unit?,
        phone: phone?,
        email: email?,
        organisation: organisation?,
        police_district: police_district?,
    })
}

fn read_organisation(scope: &mut Scope<'_>, organisation: &pb::ReportingOrganisation) -> Option<ReportingOrganisation> {
    let name = scope.required("name", &organisation.name, Line::parse);
    let number = scope.required(
        "organisation_number",
        &organisation.organisation_number,
        OrganisationNumber::parse,
    );
    let address = read_address(scope, organisation.address.as_ref());
    Some(ReportingOrganisation {
        name: name?,
        number: number?,
        address: address?,
    })
}

pub(super) fn read_address(scope: &mut Scope<'_>, address: Option<&pb::Address>) -> Option<Option<Address>> {
    let Some(address) = address else { return Some(None) };
    let mut scope = scope.inside("address");
    let lines = scope.bounded("lines", &address.lines, limits::ADDRESS_LINES, |scope, field, line| {
        scope.optional(field, line, Line::parse)
    });
    if address.lines.last().is_some_and(String::is_empty) {
        scope.refuse("lines", "must not end with an empty line");
    }
    let postal_code = scope.optional("postal_code", &address.postal_code, Line::parse);
    let city = scope.optional("city", &address.city, Line::parse);
    let country = scope.optional("country_code", &address.country_code, CountryCode::parse);
    let grading: Option<AddressGrading> = scope.enum_value::<pb::AddressGrading, _>("grading", address.grading);
    Some(Some(Address {
        lines: lines?,
        postal_code: postal_code?,
        city: city?,
        country: country?,
        grading: grading?,
    }))
}

pub(super) fn write_carer(carer: &Carer) -> pb::Carer {
    pb::Carer {
        name: carer.name.expose().to_owned(),
        phone: line(&carer.phone),
        identity_number: carer
            .identity_number
            .as_ref()
            .map(IdentityNumber::expose)
            .unwrap_or_default(),
        address: carer.address.as_ref().map(write_address),
        informed: Some(children::write_informed(&carer.informed)),
        relation: line(&carer.relation),
    }
}

pub(super) fn write_reporter(reporter: &Reporter) -> pb::Reporter {
    pb::Reporter {
        name: reporter.name.expose().to_owned(),
        role: reporter.role.expose().to_owned(),
        unit: reporter.unit.expose().to_owned(),
        phone: reporter.phone.expose().to_owned(),
        email: reporter.email.expose().to_owned(),
        organisation: Some(pb::ReportingOrganisation {
            name: reporter.organisation.name.expose().to_owned(),
            organisation_number: reporter.organisation.number.to_string(),
            address: reporter.organisation.address.as_ref().map(write_address),
        }),
        police_district: reporter.police_district.expose().to_owned(),
    }
}

pub(super) fn write_address(address: &Address) -> pb::Address {
    pb::Address {
        lines: address.lines.iter().map(line).collect(),
        postal_code: line(&address.postal_code),
        city: line(&address.city),
        country_code: address
            .country
            .as_ref()
            .map(|code| code.expose().to_owned())
            .unwrap_or_default(),
        grading: pb::AddressGrading::from(address.grading).into(),
    }
}

/// An optional line as the contract writes it.
pub(super) fn line<const MAX: usize>(line: &Option<Line<MAX>>) -> String {
    line.as_ref().map(|line| line.expose().to_owned()).unwrap_or_default()
}
