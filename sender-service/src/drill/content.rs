//! What a drill says: fixed text, and a child without identity.

use framme_shared::{
    domain::{drill::TEXT, ids::ReportId, municipality::Area, organisation::OrganisationNumber},
    wire::{pb::report as pb, report::fill_child_ids, time::to_pb},
};
use jiff::Timestamp;

/// Stands where a name must.
const NAME: &str = "Framme (øvelse)";
/// Stands where a short text must.
const WORD: &str = "Øvelse";

/// The report of a drill about a child who is said to live in this area.
pub fn content(report: &ReportId, sender: &OrganisationNumber, area: &Area, now: Timestamp) -> pb::Report {
    let informed = pb::Informed {
        informed: false,
        reason: WORD.to_owned(),
    };
    let mut message = pb::Report {
        report_id: report.to_string(),
        r#type: pb::ReportType::ConcernReport.into(),
        urgency: pb::Urgency::Urgent.into(),
        disclosure: Some(pb::Disclosure {
            legal_basis: pb::LegalBasis::Other.into(),
            other_basis: WORD.to_owned(),
            decided_by_name: NAME.to_owned(),
            decided_by_role: WORD.to_owned(),
        }),
        account: Some(pb::Account {
            observed: TEXT.to_owned(),
            ..pb::Account::default()
        }),
        children: vec![pb::Child {
            identity: Some(pb::child::Identity::Unborn(pb::Unborn::default())),
            municipality_number: area.municipality().to_string(),
            city_district_number: area.district().map(|district| district.to_string()).unwrap_or_default(),
            informed: Some(informed),
            ..pb::Child::default()
        }],
        reporter: Some(pb::Reporter {
            name: NAME.to_owned(),
            role: WORD.to_owned(),
            unit: WORD.to_owned(),
            phone: "00000000".to_owned(),
            email: "ovelse@framme.invalid".to_owned(),
            organisation: Some(pb::ReportingOrganisation {
                name: NAME.to_owned(),
                organisation_number: sender.to_string(),
                address: None,
            }),
            police_district: WORD.to_owned(),
        }),
        written_time: Some(to_pb(now)),
        channel: NAME.to_owned(),
        drill: true,
        ..pb::Report::default()
    };
    fill_child_ids(&mut message);
    message
}
