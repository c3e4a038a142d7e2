//! A document and the rest become a report.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::{Adresse, Document, Foresatt, NO_DISTRICT, OffentligBarn, OffentligMelder, split::derived_district_name};
use crate::{
    domain::{
        municipality::{Area, MunicipalityNumber},
        report::Report,
    },
    wire::{
        pb::report as pb,
        report::{Rules, fill_child_ids, parse},
        time,
        violations::FieldViolations,
    },
};

/// Puts a document and the rest together, and checks the whole by the rules of our contract. Violations have the paths
/// of our report.
///
/// The rest may hold fewer children and carers than the document, but a grading is needed wherever the document has an
/// address, and a reason wherever it has none for not telling somebody: where the rest holds a reason, that one counts.
/// A child without a child_id gets the one of its place.
pub fn join(document: &Document, rest: pb::Report, rules: &Rules) -> Result<Report, FieldViolations> {
    let mut found = FieldViolations::new();
    if let Ok(municipality) = MunicipalityNumber::parse(&document.kommunenummer)
        && !names(municipality, &document.kommunenavn)
    {
        found.add(
            "children[0].municipality_number",
            "must be that of the municipality named beside it",
        );
    }
    let Some(written_at) = instant_of(&document.sendingstidspunkt) else {
        found.add("written_time", "must be a date and time as in RFC 3339");
        return Err(found);
    };
    let mut report = rest;
    let account = report.account.get_or_insert_default();
    account.observed.clone_from(&document.melding.melding);
    account.history.clone_from(&document.melding.historie);
    account.other_views.clone_from(&document.melding.andre_synspunkter);
    put_children(document, &mut report.children, &mut found);
    put_carers(&document.foresatte, &mut report.carers);
    put_reporter(&document.offentlig_melder, report.reporter.get_or_insert_default());
    report.interpreter_need.clone_from(&document.behov_for_tolk);
    report.other_services.clone_from(&document.andre_hjelpeinstanser);
    report.written_time = Some(time::to_pb(written_at));
    report.channel.clone_from(&document.leveringskanal);
    fill_child_ids(&mut report);
    found.or(())?;
    parse(&report, rules)
}

/// Whether a text names this municipality: one of its official names, perhaps with "kommune" behind it.
fn names(municipality: MunicipalityNumber, text: &str) -> bool {
    let text = text.to_lowercase();
    municipality
        .name()
        .to_lowercase()
        .split(" - ")
        .any(|name| text.contains(name))
}

/// RFC 3339; without an offset it is Norwegian time.
fn instant_of(text: &str) -> Option<Timestamp> {
    if let Ok(instant) = text.parse() {
        return Some(instant);
    }
    let norway = TimeZone::get("Europe/Oslo").ok()?;
    let local: DateTime = text.parse().ok()?;
    Some(norway.to_ambiguous_zoned(local).compatible().ok()?.timestamp())
}

fn put_children(document: &Document, children: &mut Vec<pb::Child>, found: &mut FieldViolations) {
    if children.len() > document.offentlig_barn.len() {
        found.add("children", "must not be more in the rest than in the document");
        return;
    }
    children.resize_with(document.offentlig_barn.len(), pb::Child::default);
    let district = if document.bydelsnummer == NO_DISTRICT {
        ""
    } else {
        &document.bydelsnummer
    };
    let area = if district.is_empty() {
        Area::parse(&document.kommunenummer)
    } else {
        Area::parse(&format!("{}/{district}", document.kommunenummer))
    };
    let derived = area
        .ok()
        .and_then(|area| derived_district_name(&area))
        .unwrap_or_default();
    for (index, (child, said)) in children.iter_mut().zip(&document.offentlig_barn).enumerate() {
        child.municipality_number.clone_from(&document.kommunenummer);
        child.city_district_number = district.to_owned();
        if child.city_district_name.is_empty() && document.bydelsnavn != derived {
            child.city_district_name.clone_from(&document.bydelsnavn);
        }
        put_child(said, child);
        if !put_identity(said, child) {
            found.add(
                format!("children[{index}].identity"),
                "must be either a number or unborn, not both",
            );
        }
    }
}

fn put_child(said: &OffentligBarn, child: &mut pb::Child) {
    child.name.clone_from(&said.personnavn);
    child.phone.clone_from(&said.telefonnummer);
    put_address(&said.adresse, &mut child.address);
    put_informed(said.orientert, &said.orientert_grunn, &mut child.informed);
}

/// `false` when the document, or the document and the rest, contradict themselves.
fn put_identity(said: &OffentligBarn, child: &mut pb::Child) -> bool {
    match (said.ufoedt, said.fnr.is_empty(), &child.identity) {
        (true, true, None) => child.identity = Some(pb::child::Identity::Unborn(pb::Unborn::default())),
        (true, true, Some(pb::child::Identity::Unborn(_))) => {}
        (false, false, None) => child.identity = Some(pb::child::Identity::IdentityNumber(said.fnr.clone())),
        (false, true, None | Some(pb::child::Identity::BirthDate(_))) => {}
        _ => return false,
    }
    true
}

/// The carers of the document with what the rest knows of each, and then those that the document had no room for.
fn put_carers(said: &[Foresatt], carers: &mut Vec<pb::Carer>) {
    let known = said.iter().filter(|carer| **carer != Foresatt::nobody());
    for (index, said) in known.enumerate() {
        if index == carers.len() {
            carers.push(pb::Carer::default());
        }
        let carer = &mut carers[index];
        carer.name.clone_from(&said.personnavn);
        carer.phone.clone_from(&said.telefonnummer);
        put_informed(said.orientert, &said.orientert_grunn, &mut carer.informed);
    }
}

fn put_reporter(said: &OffentligMelder, reporter: &mut pb::Reporter) {
    reporter.name.clone_from(&said.personnavn);
    reporter.role.clone_from(&said.rolle);
    reporter.phone.clone_from(&said.telefonnummer);
    reporter.email.clone_from(&said.epost);
    let organisation = reporter.organisation.get_or_insert_default();
    organisation.name.clone_from(&said.virksomhet.navn);
    if !said.virksomhet.orgnr.is_empty() {
        organisation.organisation_number.clone_from(&said.virksomhet.orgnr);
    }
    put_address(&said.virksomhet.adresse, &mut organisation.address);
}

fn put_informed(told: bool, said: &str, informed: &mut Option<pb::Informed>) {
    let informed = informed.get_or_insert_default();
    informed.informed = told;
    if informed.reason.is_empty() {
        informed.reason = said.to_owned();
    }
}

/// An address that says nothing, and of which the rest knows nothing, is none.
fn put_address(said: &Adresse, address: &mut Option<pb::Address>) {
    if address.is_none() && *said == Adresse::default() {
        return;
    }
    let address = address.get_or_insert_default();
    let mut lines = vec![
        said.adresselinje1.clone(),
        said.adresselinje2.clone(),
        said.adresselinje3.clone(),
    ];
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    address.lines = lines;
    address.postal_code.clone_from(&said.postnummer);
    address.city.clone_from(&said.poststed);
}
