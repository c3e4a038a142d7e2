//! A report becomes a document and the rest.

use super::{Adresse, Document, Foresatt, Melding, NO_DISTRICT, OffentligBarn, OffentligMelder, Virksomhet};
use crate::{
    domain::{municipality::Area, report::Report},
    wire::{pb::report as pb, report::to_pb, violations::FieldViolations},
};

/// How many carers the document has room for.
const CARERS: usize = 2;

/// Says as much of a report as the document can, and gives the rest. Violations name what the document cannot say
/// although it must: children in different areas, and an e-mail address with characters that its schema lacks.
pub fn split(report: &Report) -> Result<(Document, pb::Report), FieldViolations> {
    let area = one_area(report)?;
    let mut rest = to_pb(report);
    let reporter = rest.reporter.as_mut().expect("every report has a reporter");
    if !sayable(&reporter.email) {
        let rule = "must have only letters, digits, hyphens, underscores and dots around the @";
        return Err(FieldViolations::of("reporter.email", rule));
    }
    let offentlig_melder = take_reporter(reporter);
    let bydelsnavn = take_district_name(&area, &mut rest.children);
    let account = rest.account.as_mut().expect("every report has an account");
    let melding = Melding {
        melding: std::mem::take(&mut account.observed),
        historie: std::mem::take(&mut account.history),
        andre_synspunkter: std::mem::take(&mut account.other_views),
    };
    let document = Document {
        kommunenummer: area.municipality().to_string(),
        kommunenavn: area.municipality().name().to_owned(),
        bydelsnummer: area
            .district()
            .map_or_else(|| NO_DISTRICT.to_owned(), |district| district.to_string()),
        bydelsnavn,
        offentlig_melder,
        offentlig_barn: rest.children.iter_mut().map(take_child).collect(),
        foresatte: take_carers(&mut rest.carers),
        behov_for_tolk: std::mem::take(&mut rest.interpreter_need),
        andre_hjelpeinstanser: std::mem::take(&mut rest.other_services),
        melding,
        sendingstidspunkt: report.written_at.to_string(),
        leveringskanal: std::mem::take(&mut rest.channel),
    };
    rest.written_time = None;
    Ok((document, rest))
}

fn one_area(report: &Report) -> Result<Area, FieldViolations> {
    let first = report.children.first().expect("every report has a child").area;
    match report.children.iter().position(|child| child.area != first) {
        None => Ok(first),
        Some(index) => {
            let rule = "must be that of the first child: a document has one area for all";
            Err(FieldViolations::of(
                format!("children[{index}].municipality_number"),
                rule,
            ))
        }
    }
}

/// The name goes into the document where all children have the same one; a name that follows from the number is there
/// in any case. What [`join`](super::join) would not find again stays in the rest.
fn take_district_name(area: &Area, children: &mut [pb::Child]) -> String {
    let derived = derived_district_name(area);
    let shared = children[0].city_district_name.clone();
    if derived.is_some() || children.iter().any(|child| child.city_district_name != shared) {
        return derived.unwrap_or_default().to_owned();
    }
    children.iter_mut().for_each(|child| child.city_district_name.clear());
    shared
}

/// The name that follows from the number.
pub(super) fn derived_district_name(area: &Area) -> Option<&'static str> {
    area.district()
        .filter(|_| area.municipality().is_divided())?
        .name_in_oslo()
}

fn take_reporter(reporter: &mut pb::Reporter) -> OffentligMelder {
    let organisation = reporter
        .organisation
        .as_mut()
        .expect("every reporter works for an organisation");
    OffentligMelder {
        personnavn: std::mem::take(&mut reporter.name),
        rolle: std::mem::take(&mut reporter.role),
        telefonnummer: std::mem::take(&mut reporter.phone),
        epost: std::mem::take(&mut reporter.email),
        virksomhet: Virksomhet {
            navn: std::mem::take(&mut organisation.name),
            orgnr: std::mem::take(&mut organisation.organisation_number),
            adresse: take_address(&mut organisation.address),
        },
    }
}

fn take_child(child: &mut pb::Child) -> OffentligBarn {
    child.municipality_number.clear();
    child.city_district_number.clear();
    let ufoedt = matches!(child.identity, Some(pb::child::Identity::Unborn(_)));
    let fnr = match &mut child.identity {
        Some(pb::child::Identity::IdentityNumber(number)) => std::mem::take(number),
        _ => String::new(),
    };
    if !fnr.is_empty() {
        child.identity = None;
    }
    let (orientert, orientert_grunn) = take_informed(&mut child.informed);
    OffentligBarn {
        fnr,
        ufoedt,
        personnavn: std::mem::take(&mut child.name),
        telefonnummer: std::mem::take(&mut child.phone),
        adresse: take_address(&mut child.address),
        orientert,
        orientert_grunn,
    }
}

fn take_carers(carers: &mut [pb::Carer]) -> Vec<Foresatt> {
    if carers.is_empty() {
        return vec![Foresatt::nobody()];
    }
    let said = carers.iter_mut().take(CARERS).map(|carer| {
        let (orientert, orientert_grunn) = take_informed(&mut carer.informed);
        Foresatt {
            personnavn: std::mem::take(&mut carer.name),
            telefonnummer: std::mem::take(&mut carer.phone),
            orientert,
            orientert_grunn,
        }
    });
    said.collect()
}

/// The document's reason is one line. One of several lines stays in the rest as it is, and stands in the document with
/// spaces between.
fn take_informed(informed: &mut Option<pb::Informed>) -> (bool, String) {
    let Some(told) = informed.take() else {
        return (false, String::new());
    };
    let breaks = ['\n', '\r', '\u{2028}', '\u{2029}'];
    let said = if told.reason.contains(breaks) {
        let one_line = told
            .reason
            .split(breaks)
            .filter(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
        *informed = Some(told.clone());
        one_line
    } else {
        told.reason
    };
    (told.informed, said)
}

/// What the document has no room for, the country and the grading, stays.
fn take_address(address: &mut Option<pb::Address>) -> Adresse {
    let Some(address) = address else {
        return Adresse::default();
    };
    let mut lines = std::mem::take(&mut address.lines).into_iter();
    let mut next = || lines.next().unwrap_or_default();
    Adresse {
        adresselinje1: next(),
        adresselinje2: next(),
        adresselinje3: next(),
        postnummer: std::mem::take(&mut address.postal_code),
        poststed: std::mem::take(&mut address.city),
    }
}

/// Whether the document's schema takes this e-mail address.
fn sayable(email: &str) -> bool {
    let Some((local, domain)) = email.split_once('@') else {
        return false;
    };
    let letter = |c: char| c.is_ascii_alphanumeric() || "æøåÆØÅ-".contains(c);
    let labels = |part: &str, also: char| {
        part.split('.')
            .all(|label| !label.is_empty() && label.chars().all(|c| letter(c) || c == also))
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    labels(local, '_') && labels(domain, '-') && top.len() >= 2 && top.bytes().all(|byte| byte.is_ascii_alphabetic())
}
