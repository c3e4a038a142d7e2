//! The rules of a register, each broken once.

use super::{Directory, Document, DutyEntry, Fault, LetterEntry, ServedEntry, ServiceEntry};

/// Organisation numbers with right check digits.
pub(super) const A: &str = "123456785";
pub(super) const B: &str = "974761076";
pub(super) const C: &str = "982531950";

/// A service with a receiver.
pub(super) fn service(organisation: &str, areas: &[&str]) -> ServiceEntry {
    ServiceEntry {
        organisation: organisation.to_owned(),
        name: format!("Barneverntjenesten {organisation}"),
        receiver: Some("https://receiver.example.no:8443".to_owned()),
        areas: areas.iter().map(|&area| area.to_owned()).collect(),
        ..ServiceEntry::default()
    }
}

/// A service that ended on a day, and who took over.
pub(super) fn ended(organisation: &str, areas: &[&str], last_day: &str, successors: &[&str]) -> ServiceEntry {
    ServiceEntry {
        valid_to: Some(last_day.to_owned()),
        successors: successors.iter().map(|&successor| successor.to_owned()).collect(),
        ..service(organisation, areas)
    }
}

/// A service that began on a day.
pub(super) fn begun(organisation: &str, areas: &[&str], first_day: &str) -> ServiceEntry {
    ServiceEntry {
        valid_from: Some(first_day.to_owned()),
        ..service(organisation, areas)
    }
}

fn letter() -> LetterEntry {
    LetterEntry {
        lines: vec!["Postboks 1".to_owned()],
        postal_code: "9008".to_owned(),
        city: "Tromsø".to_owned(),
    }
}

pub(super) fn served(area: &str, service: &str, from: Option<&str>, to: Option<&str>) -> ServedEntry {
    ServedEntry {
        area: area.to_owned(),
        service: service.to_owned(),
        valid_from: from.map(str::to_owned),
        valid_to: to.map(str::to_owned),
    }
}

pub(super) fn build(services: Vec<ServiceEntry>, served: Vec<ServedEntry>) -> Result<Directory, Vec<Fault>> {
    Directory::build(&Document { services, served })
}

/// The faults of a register, as a person reads them.
fn faults(services: Vec<ServiceEntry>) -> Vec<String> {
    let faults = build(services, Vec::new()).unwrap_err();
    faults.iter().map(Fault::to_string).collect()
}

#[test]
fn one_service_may_serve_several_municipalities() {
    let directory = build(vec![service(A, &["3405", "3441", "3440"])], Vec::new()).unwrap();
    assert_eq!(directory.services().count(), 1);
}

#[test]
fn two_services_at_the_same_time_in_one_place_are_refused() {
    assert_eq!(
        faults(vec![service(A, &["5501"]), service(B, &["5503", "5501"])]),
        [format!(
            "services[1] ({B}).areas[1] (5501): is served at the same time as in services[0] ({A}).areas[0] (5501)"
        )]
    );
    let on_the_last_day = vec![
        ended(A, &["5501"], "2025-12-31", &[B]),
        begun(B, &["5501"], "2025-12-31"),
    ];
    assert_eq!(faults(on_the_last_day).len(), 1);
    let after_it = vec![
        ended(A, &["5501"], "2025-12-31", &[B]),
        begun(B, &["5501"], "2026-01-01"),
    ];
    assert!(build(after_it, Vec::new()).is_ok());
}

#[test]
fn a_place_that_is_none_is_refused() {
    let found = faults(vec![service(A, &["9999", "0301/18", "55"])]);
    assert_eq!(
        found,
        [
            format!("services[0] ({A}).areas[0] (9999): must be the number of a municipality"),
            format!("services[0] ({A}).areas[1] (0301/18): must be a city district of Oslo, 01 to 17"),
            format!("services[0] ({A}).areas[2] (55): must be exactly 4 digits"),
        ]
    );
}

#[test]
fn a_municipality_of_former_times_must_end_with_it() {
    assert_eq!(
        faults(vec![service(A, &["1201"])]),
        [format!(
            "services[0] ({A}).areas[0] (1201): must end before 2020-01-01: the municipality was no more from that day"
        )]
    );
    assert_eq!(faults(vec![ended(A, &["1201"], "2020-01-01", &[])]).len(), 1);
    assert!(build(vec![ended(A, &["1201"], "2019-12-31", &[])], Vec::new()).is_ok());
    let until_then = served("1201", A, None, Some("2019-12-31"));
    assert!(build(vec![service(A, &["4601"])], vec![until_then]).is_ok());
}

#[test]
fn successors_are_services_of_the_register_and_take_over_at_an_end() {
    assert_eq!(
        faults(vec![ended(A, &[], "2025-12-31", &[B])]),
        [format!(
            "services[0] ({A}).successors[0] ({B}): must be a service of this register"
        )]
    );
    let without_end = ServiceEntry {
        valid_to: None,
        ..ended(A, &[], "", &[B])
    };
    assert_eq!(
        faults(vec![without_end, service(B, &[])]),
        [format!(
            "services[0] ({A}).valid_to: must be there when there are successors"
        )]
    );
}

#[test]
fn a_circle_of_successors_is_refused() {
    let circle = vec![
        ended(A, &[], "2024-12-31", &[B]),
        ended(B, &[], "2025-12-31", &[C]),
        ended(C, &[], "2026-12-31", &[A]),
    ];
    let found = faults(circle);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].ends_with(&format!("must not lead back to {A}")), "{found:?}");
    assert_eq!(faults(vec![ended(A, &[], "2024-12-31", &[A])]).len(), 1);
}

#[test]
fn without_a_receiver_there_must_be_a_letter_address_and_a_phone() {
    let silent = ServiceEntry {
        receiver: None,
        ..service(A, &["5501"])
    };
    assert_eq!(
        faults(vec![silent.clone()]),
        [
            format!("services[0] ({A}).letter_address: must be there when there is no receiver"),
            format!("services[0] ({A}).office_phone: must be there when there is no receiver"),
        ]
    );
    let reachable = ServiceEntry {
        letter_address: Some(letter()),
        office_phone: Some("77 00 00 00".to_owned()),
        ..silent
    };
    let directory = build(vec![reachable], Vec::new()).unwrap();
    assert!(directory.services().all(super::Service::is_letter_only));
}

#[test]
fn every_field_has_its_rule() {
    let broken = ServiceEntry {
        receiver: Some("receiver.example.no".to_owned()),
        name: String::new(),
        duty: Some(DutyEntry {
            hours: "Hele døgnet".to_owned(),
            ..DutyEntry::default()
        }),
        letter_address: Some(LetterEntry {
            lines: Vec::new(),
            postal_code: "908".to_owned(),
            ..letter()
        }),
        valid_from: Some("2025-1-1".to_owned()),
        ..service("123456780", &[])
    };
    let at = "services[0] (123456780)";
    assert_eq!(
        faults(vec![broken]),
        [
            format!("{at}.organisation: must have a right check digit"),
            format!("{at}.name: must not be blank"),
            format!("{at}.valid_from: must be a date, YYYY-MM-DD"),
            format!("{at}.receiver: must be https://host:port"),
            format!("{at}.duty: must have a name or an organisation"),
            format!("{at}.letter_address.lines: must have one or two lines"),
            format!("{at}.letter_address.postal_code: must be 4 digits"),
        ]
    );
}

#[test]
fn a_service_stands_once_is_somebody_and_does_not_end_before_it_begins() {
    assert!(faults(vec![service(A, &[]), service(A, &[])])[0].ends_with("stands there twice"));
    assert!(faults(vec![service("000000000", &[])])[0].contains("belongs to nobody"));
    let backwards = ServiceEntry {
        valid_from: Some("2026-01-01".to_owned()),
        ..ended(A, &[], "2025-12-31", &[])
    };
    assert!(faults(vec![backwards])[0].ends_with("must not end before it begins"));
    assert!(faults(Vec::new())[0].ends_with("must have at least one service"));
}

#[test]
fn what_is_served_for_a_time_names_a_service_that_exists_then() {
    let of_nobody = build(vec![service(A, &[])], vec![served("5501", B, None, None)]);
    assert!(
        of_nobody.unwrap_err()[0]
            .to_string()
            .ends_with("must be a service of this register")
    );
    let after_its_end = served("5501", A, Some("2026-01-01"), None);
    let gone = build(vec![ended(A, &[], "2025-12-31", &[])], vec![after_its_end]);
    assert!(
        gone.unwrap_err()[0]
            .to_string()
            .ends_with("must not end before it begins")
    );
}
