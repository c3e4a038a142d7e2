use jiff::civil::date;
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;
use crate::{
    domain::{
        identity_number::{TestNumbers, synthetic::SyntheticNumbers},
        report::Report,
    },
    wire::{
        pb::report as pb,
        report::{Rules, parse, sample::full, to_pb},
        time,
        violations::FieldViolations,
    },
};

fn rules() -> Rules {
    Rules {
        now: "2026-03-01T12:00:00Z".parse().unwrap(),
        test_numbers: TestNumbers::Accepted,
        max_attachment_bytes: 100 * 1024 * 1024,
    }
}

/// Written here, after the schema: every property that it has, about nobody.
const DOCUMENT: &str = r#"{
    "kommunenummer": "0301", "kommunenavn": "Oslo kommune", "bydelsnummer": "05", "bydelsnavn": "Frogner",
    "offentligMelder": {
        "personnavn": "Prøve Betjent", "rolle": "Politibetjent", "telefonnummer": "+47 000-00 001",
        "epost": "vakt@politi.example",
        "virksomhet": {
            "navn": "Prøve politidistrikt", "orgnr": "123456785",
            "adresse": {"adresselinje1": "Eksempelgata 1", "postnummer": "0001", "poststed": "Oslo"}
        }
    },
    "offentligBarn": [
        {
            "fnr": "FNR", "ufoedt": false, "personnavn": "Kari Prøve", "telefonnummer": "ikke kjent",
            "adresse": {"adresselinje1": "", "adresselinje2": "H0201", "adresselinje3": "Eksempelveien 2"},
            "orientert": false, "orientertGrunn": "Ikke forsvarlig nå"
        },
        {"fnr": "", "ufoedt": true, "personnavn": "", "adresse": {"adresselinje1": ""}, "orientert": false}
    ],
    "foresatte": [
        {"personnavn": "Prøve Mor", "telefonnummer": "00000002", "orientert": true, "orientertGrunn": "På stedet"},
        {"personnavn": "Prøve Far", "orientert": false}
    ],
    "behovForTolk": "Ja, somali", "andreHjelpeinstanser": "Skolehelsetjenesten",
    "melding": {"melding": "Dette ble sett.\nOg dette.", "historie": "", "andreSynspunkter": "Naboen er uenig."},
    "sendingstidspunkt": "2026-02-28T13:29:33", "leveringskanal": "Fagsystem"
}"#;

fn document() -> Document {
    let number = SyntheticNumbers::from_seed(5).born(date(2016, 2, 3)).unwrap().expose();
    Document::from_json(DOCUMENT.replace("FNR", &number).as_bytes()).unwrap()
}

/// What our contract requires and the document lacks.
fn rest() -> pb::Report {
    let sample = full();
    let graded = || {
        Some(pb::Address {
            grading: pb::AddressGrading::Open.into(),
            ..Default::default()
        })
    };
    let untold = || {
        Some(pb::Informed {
            reason: "Not stated".into(),
            ..Default::default()
        })
    };
    pb::Report {
        report_id: sample.report_id,
        r#type: sample.r#type,
        urgency: pb::Urgency::Normal.into(),
        disclosure: sample.disclosure,
        children: vec![
            pb::Child {
                address: graded(),
                ..Default::default()
            },
            pb::Child {
                informed: untold(),
                ..Default::default()
            },
        ],
        carers: vec![
            pb::Carer::default(),
            pb::Carer {
                informed: untold(),
                ..Default::default()
            },
        ],
        reporter: Some(pb::Reporter {
            unit: "Vaktseksjonen".into(),
            police_district: "Oslo".into(),
            organisation: Some(pb::ReportingOrganisation {
                address: graded(),
                ..Default::default()
            }),
            ..Default::default()
        }),
        ..Default::default()
    }
}

#[track_caller]
fn refused(change: impl FnOnce(&mut Document), field: &str) {
    let mut document = document();
    change(&mut document);
    let found: FieldViolations = join(&document, rest(), &rules()).expect_err("it is refused");
    assert_eq!(
        found.iter().map(|violation| violation.field()).collect::<Vec<_>>(),
        [field],
        "{found}"
    );
}

#[test]
fn a_document_with_the_rest_becomes_a_report_and_comes_back() {
    let report = join(&document(), rest(), &rules()).unwrap();
    let (mut back, left) = split(&report).unwrap();
    assert_eq!(
        (back.kommunenavn.as_str(), back.sendingstidspunkt.as_str()),
        ("Oslo", "2026-02-28T12:29:33Z")
    );
    // The name of the municipality follows from its number, the time has its offset now, and the reasons that the
    // document lacked stand in it: all else is as it was.
    back.kommunenavn = document().kommunenavn;
    back.sendingstidspunkt = document().sendingstidspunkt;
    for reason in [
        &mut back.offentlig_barn[1].orientert_grunn,
        &mut back.foresatte[1].orientert_grunn,
    ] {
        assert_eq!(std::mem::take(reason), "Not stated");
    }
    assert!(back == document());
    assert!(to_pb(&join(&split(&report).unwrap().0, left, &rules()).unwrap()) == to_pb(&report));
}

#[test]
fn a_document_reads_back_from_its_own_json() {
    assert!(Document::from_json(&document().to_json()).unwrap() == document());
}

#[test]
fn what_is_no_document_is_refused_without_repeating_it() {
    for json in [
        DOCUMENT.replace("\"ufoedt\": false", "\"ufoedt\": \"MARKER\""),
        DOCUMENT.replace("\"leveringskanal\"", "\"MARKER\""),
        DOCUMENT.replace("\"kommunenummer\": \"0301\",", ""),
        "MARKER".to_owned(),
    ] {
        let error = Document::from_json(json.as_bytes()).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("MARKER"));
    }
}

#[test]
fn what_a_document_lacks_is_told_and_not_made_up() {
    let found = join(&document(), pb::Report::default(), &rules()).unwrap_err();
    let fields: Vec<_> = found.iter().map(|violation| violation.field()).collect();
    assert_eq!(
        fields,
        [
            "report_id",
            "type",
            "urgency",
            "disclosure",
            "children[0].address.grading",
            "children[1].informed.reason",
            "carers[1].informed.reason",
            "reporter.unit",
            "reporter.organisation.address.grading",
            "reporter.police_district",
        ]
    );
}

#[test]
fn a_document_that_contradicts_itself_is_refused() {
    refused(|it| it.kommunenavn = "Bergen".into(), "children[0].municipality_number");
    refused(|it| it.offentlig_barn[0].ufoedt = true, "children[0].identity");
    refused(|it| it.sendingstidspunkt = "yesterday".into(), "written_time");
}

#[test]
fn a_document_is_measured_by_the_rules_of_our_contract() {
    refused(
        |it| it.offentlig_barn[0].fnr = "12345678901".into(),
        "children[0].identity_number",
    );
    refused(
        |it| it.offentlig_melder.virksomhet.orgnr = "123455780".into(),
        "reporter.organisation.organisation_number",
    );
    refused(|it| it.melding.melding.clear(), "account.observed");
}

#[test]
fn a_report_without_carers_makes_a_document_with_a_place_for_one() {
    let mut report = one_area(full());
    report.carers.clear();
    let (document, rest) = split(&parse(&report, &rules()).unwrap()).unwrap();
    assert_eq!(document.foresatte.len(), 1);
    assert!(to_pb(&join(&document, rest, &rules()).unwrap()) == report);
}

#[test]
fn what_no_document_can_say_is_told() {
    let found = split(&parse(&full(), &rules()).unwrap()).unwrap_err();
    assert_eq!(found.iter().next().unwrap().field(), "children[1].municipality_number");
    let mut report = one_area(full());
    report.reporter.as_mut().unwrap().email = "vakt+natt@politi.example".into();
    let found = split(&parse(&report, &rules()).unwrap()).unwrap_err();
    assert_eq!(found.iter().next().unwrap().field(), "reporter.email");
}

#[test]
fn a_report_in_several_areas_makes_a_document_for_each() {
    let report = parse(&full(), &rules()).unwrap();
    for (area, part) in report.split_by(|child| child.area) {
        let (document, rest) = split(&part).unwrap();
        assert_eq!(document.kommunenummer, area.municipality().to_string());
        assert!(join(&document, rest, &rules()).unwrap() == part);
    }
}

fn one_area(mut report: pb::Report) -> pb::Report {
    for child in &mut report.children {
        child.municipality_number = "0301".into();
        child.city_district_number = "05".into();
    }
    report
}

fn line() -> impl Strategy<Value = String> {
    "[A-Za-zæøåÆØÅčŋ0-9.,'-]{1,12}( [a-zæøå0-9]{1,8}){0,2}"
}

fn text() -> impl Strategy<Value = String> {
    vec(line(), 1..4).prop_map(|lines| lines.join("\n"))
}

fn maybe<S: Strategy<Value = String>>(some: S) -> impl Strategy<Value = String> {
    option::of(some).prop_map(Option::unwrap_or_default)
}

fn informed() -> impl Strategy<Value = Option<pb::Informed>> {
    (any::<bool>(), text(), any::<bool>()).prop_map(|(informed, reason, stated)| {
        Some(pb::Informed {
            informed,
            reason: if informed && !stated { String::new() } else { reason },
        })
    })
}

fn address() -> impl Strategy<Value = Option<pb::Address>> {
    let parts = (
        vec(maybe(line()), 0..=3),
        maybe("[0-9]{4}"),
        maybe(line()),
        maybe("[A-Z]{2}"),
        1..=4_i32,
    );
    option::of(parts.prop_map(|(mut lines, postal_code, city, country_code, grading)| {
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        pb::Address {
            lines,
            postal_code,
            city,
            country_code,
            grading,
        }
    }))
}

fn identity() -> impl Strategy<Value = pb::child::Identity> {
    let number = any::<u64>().prop_map(|seed| {
        let number = SyntheticNumbers::from_seed(seed).born(date(2014, 9, 30)).unwrap();
        pb::child::Identity::IdentityNumber(number.expose())
    });
    let unborn = maybe(Just("2026-05-01".to_owned()));
    prop_oneof![
        number,
        Just(pb::child::Identity::BirthDate("2020-12-31".into())),
        unborn.prop_map(|expected_date| pb::child::Identity::Unborn(pb::Unborn { expected_date })),
    ]
}

fn child(area: (String, String)) -> impl Strategy<Value = pb::Child> {
    let names = maybe(select(vec!["Frogner".to_owned(), "Bergenhus".to_owned()]));
    (
        any::<[u8; 16]>(),
        identity(),
        line(),
        address(),
        maybe(line()),
        informed(),
        names,
    )
        .prop_map(
            move |(id, identity, name, address, phone, informed, city_district_name)| pb::Child {
                child_id: uuid::Builder::from_random_bytes(id).into_uuid().to_string(),
                identity: Some(identity),
                name,
                address,
                phone,
                municipality_number: area.0.clone(),
                city_district_number: area.1.clone(),
                informed,
                city_district_name,
            },
        )
}

fn carer() -> impl Strategy<Value = pb::Carer> {
    (line(), maybe(line()), address(), informed(), maybe(line())).prop_map(
        |(name, phone, address, informed, relation)| pb::Carer {
            name,
            phone,
            identity_number: String::new(),
            address,
            informed,
            relation,
        },
    )
}

/// Reports that a document can say, in all else as varied as the contract allows.
fn report() -> impl Strategy<Value = Report> {
    let areas = [("0301", "05"), ("5501", ""), ("4601", "07"), ("1508", "")].map(|(m, d)| (m.to_owned(), d.to_owned()));
    let children = select(areas.to_vec()).prop_flat_map(|area| vec(child(area), 1..5));
    let texts = (
        text(),
        maybe(text()),
        maybe(text()),
        maybe(text()),
        maybe(text()),
        maybe(line()),
    );
    (
        children,
        vec(carer(), 0..5),
        texts,
        address(),
        1_300_000_000..1_772_000_000_i64,
        0..1_000_000_000_i32,
    )
        .prop_map(
            |(
                children,
                carers,
                (observed, history, other_views, interpreter_need, other_services, channel),
                at,
                s,
                n,
            )| {
                let mut report = full();
                report.children = children;
                report
                    .attachments
                    .iter_mut()
                    .for_each(|attachment| attachment.child_ids.clear());
                report.carers = carers;
                report.account = Some(pb::Account {
                    observed,
                    history,
                    other_views,
                    immediate_safety: String::new(),
                });
                report.interpreter_need = interpreter_need;
                report.other_services = other_services;
                report.channel = channel;
                report.reporter.as_mut().unwrap().organisation.as_mut().unwrap().address = at;
                report.written_time = Some(prost_types::Timestamp { seconds: s, nanos: n });
                parse(&report, &rules()).expect("the strategy makes reports that are right")
            },
        )
}

proptest! {
    #[test]
    fn nothing_of_a_report_is_lost_on_the_way_through_a_document(report in report()) {
        let (document, rest) = split(&report).unwrap();
        let document = Document::from_json(&document.to_json()).unwrap();
        let back = join(&document, rest, &rules()).unwrap();
        prop_assert!(back == report);
        prop_assert!(to_pb(&back) == to_pb(&report));
    }

    #[test]
    fn nothing_of_a_document_is_lost_on_the_way_through_a_report(report in report()) {
        let (document, rest) = split(&report).unwrap();
        let (back, left) = split(&join(&document, rest.clone(), &rules()).unwrap()).unwrap();
        prop_assert!(back == document);
        prop_assert!(left == rest);
    }

    #[test]
    fn the_rest_repeats_nothing_that_the_document_says(report in report()) {
        let (_, rest) = split(&report).unwrap();
        prop_assert!(rest.account.as_ref().unwrap().observed.is_empty());
        prop_assert!(rest.children.iter().all(|child| child.name.is_empty() && child.phone.is_empty()));
        prop_assert!(rest.reporter.as_ref().unwrap().name.is_empty());
        prop_assert!(rest.written_time.is_none());
    }
}

#[test]
fn norwegian_time_without_an_offset_is_read_as_such_in_summer_too() {
    let mut document = document();
    document.sendingstidspunkt = "2025-07-01T00:30:00".into();
    let report = join(&document, rest(), &rules()).unwrap();
    assert_eq!(
        to_pb(&report).written_time.unwrap(),
        time::to_pb("2025-06-30T22:30:00Z".parse().unwrap())
    );
}
