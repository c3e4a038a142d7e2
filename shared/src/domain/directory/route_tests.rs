//! Where reports go: today, before, and after reforms.

use jiff::civil::{Date, date};

use super::{
    Directory, Doubt, Place, Route,
    build_tests::{A, B, C, begun, build, ended, served, service},
};

const TODAY: Date = date(2026, 3, 2);

fn route<'a>(directory: &'a Directory, place: &str, day: Date) -> Route<'a> {
    directory.route(Place::parse(place).unwrap(), day)
}

/// The one service, or nothing.
fn leads_to(directory: &Directory, place: &str, day: Date) -> Option<String> {
    route(directory, place, day)
        .service()
        .map(|service| service.organisation.to_string())
}

/// Why a person must say, and who may be right.
fn doubt(directory: &Directory, place: &str, day: Date) -> (Doubt, Vec<String>) {
    match route(directory, place, day) {
        Route::ToAPerson { reason, candidates } => {
            let numbers = candidates.iter().map(|service| service.organisation.to_string());
            (reason, numbers.collect())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_intermunicipal_service_answers_for_each_of_its_municipalities() {
    let directory = build(
        vec![service(A, &["3405", "3441", "3440"]), service(B, &["5501"])],
        Vec::new(),
    )
    .unwrap();
    for place in ["3405", "3441", "3440"] {
        assert_eq!(leads_to(&directory, place, TODAY).as_deref(), Some(A));
    }
    assert_eq!(leads_to(&directory, "5501", TODAY).as_deref(), Some(B));
    assert_eq!(route(&directory, "5503", TODAY), Route::Nobody);
}

#[test]
fn a_city_district_goes_before_its_municipality() {
    let directory = build(vec![service(A, &["0301"]), service(B, &["0301/05"])], Vec::new()).unwrap();
    assert_eq!(leads_to(&directory, "0301/05", TODAY).as_deref(), Some(B));
    assert_eq!(leads_to(&directory, "0301/04", TODAY).as_deref(), Some(A));
    assert_eq!(leads_to(&directory, "0301", TODAY).as_deref(), Some(A));
}

#[test]
fn oslo_without_a_district_goes_to_a_person_with_the_districts_as_candidates() {
    let directory = build(
        vec![service(A, &["0301/05", "0301/06"]), service(B, &["0301/12"])],
        Vec::new(),
    )
    .unwrap();
    assert_eq!(
        doubt(&directory, "0301", TODAY),
        (Doubt::DistrictMissing, vec![A.to_owned(), B.to_owned()])
    );
    assert_eq!(route(&directory, "0301/07", TODAY), Route::Nobody);
}

#[test]
fn a_municipality_that_was_merged_in_2020_leads_to_its_one_successor() {
    let directory = build(
        vec![service(A, &["4601"])],
        vec![served("1201", A, None, Some("2019-12-31"))],
    )
    .unwrap();
    assert_eq!(leads_to(&directory, "1201", date(2019, 12, 31)).as_deref(), Some(A));
    assert_eq!(leads_to(&directory, "1201", TODAY).as_deref(), Some(A));
    // Also where the register does not know the number, which is in the national one.
    assert_eq!(leads_to(&directory, "1246", TODAY), None, "Øygarden is not served");
    let bare = build(vec![service(A, &["4601"])], Vec::new()).unwrap();
    assert_eq!(leads_to(&bare, "1201", TODAY).as_deref(), Some(A));
    assert_eq!(
        route(&bare, "1201", date(2019, 12, 31)),
        Route::Nobody,
        "nobody is known for that time"
    );
}

#[test]
fn a_municipality_that_became_several_in_2024_goes_to_a_person() {
    // Ålesund (1507) became Ålesund (1508) and Haram (1580).
    let apart = build(vec![service(A, &["1508"]), service(B, &["1580"])], Vec::new()).unwrap();
    assert_eq!(
        doubt(&apart, "1507", TODAY),
        (Doubt::MunicipalityRetired, vec![A.to_owned(), B.to_owned()])
    );
    let together = build(vec![service(A, &["1508", "1580"])], Vec::new()).unwrap();
    assert_eq!(
        doubt(&together, "1507", TODAY),
        (Doubt::MunicipalityRetired, vec![A.to_owned()]),
        "whom the paper meant is not known, though one service answers for both"
    );
}

#[test]
fn a_municipality_with_a_new_number_in_2024_is_served_before_and_after() {
    // Tromsø was 5401 from 2020 to 2023, and 1902 before.
    let directory = build(
        vec![service(A, &["5501"])],
        vec![served("5401", A, Some("2020-01-01"), Some("2023-12-31"))],
    );
    let directory = directory.unwrap();
    for (place, day) in [
        ("5401", date(2023, 6, 1)),
        ("5401", TODAY),
        ("1902", TODAY),
        ("5501", TODAY),
    ] {
        assert_eq!(leads_to(&directory, place, day).as_deref(), Some(A), "{place} on {day}");
    }
}

#[test]
fn a_retired_service_with_one_successor_leads_there_through_several_steps() {
    let chain = vec![
        ended(A, &["5501"], "2024-12-31", &[B]),
        ended(B, &[], "2025-12-31", &[C]),
        service(C, &[]),
    ];
    let directory = build(chain, Vec::new()).unwrap();
    assert_eq!(leads_to(&directory, "5501", date(2024, 12, 31)).as_deref(), Some(A));
    assert_eq!(leads_to(&directory, "5501", date(2025, 1, 1)).as_deref(), Some(B));
    assert_eq!(leads_to(&directory, "5501", TODAY).as_deref(), Some(C));
}

#[test]
fn a_retired_service_with_several_successors_goes_to_a_person() {
    let split = vec![
        ended(A, &["5501"], "2025-12-31", &[C, B]),
        begun(B, &[], "2026-01-01"),
        begun(C, &[], "2026-01-01"),
    ];
    let directory = build(split, Vec::new()).unwrap();
    assert_eq!(
        doubt(&directory, "5501", TODAY),
        (Doubt::ServiceRetired, vec![B.to_owned(), C.to_owned()])
    );
}

#[test]
fn a_place_that_another_has_taken_over_does_not_follow_successors() {
    let split = vec![
        ended(A, &["5501", "5503"], "2025-12-31", &[B, C]),
        begun(B, &["5501"], "2026-01-01"),
        begun(C, &["5503"], "2026-01-01"),
    ];
    let directory = build(split, Vec::new()).unwrap();
    assert_eq!(leads_to(&directory, "5501", TODAY).as_deref(), Some(B));
    assert_eq!(leads_to(&directory, "5503", TODAY).as_deref(), Some(C));
}

#[test]
fn a_service_that_ended_without_a_successor_and_one_that_is_to_come_go_to_a_person() {
    let directory = build(vec![ended(A, &["5501"], "2025-12-31", &[])], Vec::new()).unwrap();
    assert_eq!(doubt(&directory, "5501", TODAY), (Doubt::ServiceRetired, Vec::new()));
    let later = vec![ended(A, &["5501"], "2025-12-31", &[B]), begun(B, &[], "2026-07-01")];
    let directory = build(later, Vec::new()).unwrap();
    assert_eq!(
        doubt(&directory, "5501", TODAY),
        (Doubt::ServiceRetired, vec![B.to_owned()])
    );
}

#[test]
fn a_place_that_a_living_service_has_given_up_is_served_by_nobody() {
    let directory = build(
        vec![service(A, &["5501"])],
        vec![served("5503", A, None, Some("2025-12-31"))],
    )
    .unwrap();
    assert_eq!(leads_to(&directory, "5503", date(2025, 12, 31)).as_deref(), Some(A));
    assert_eq!(route(&directory, "5503", TODAY), Route::Nobody);
}

#[test]
fn gaps_are_every_municipality_and_district_without_one_service() {
    let directory = build(vec![service(A, &["5501", "0301/05"])], Vec::new()).unwrap();
    let gaps = directory.gaps(TODAY);
    // 357 municipalities, Oslo as 17 districts, less the two that are served.
    assert_eq!(gaps.len(), 356 + 17 - 2);
    assert!(
        gaps.iter()
            .all(|gap| !["5501", "0301/05"].contains(&gap.area.to_string().as_str()))
    );
    let everywhere: Vec<String> = gaps.iter().map(|gap| gap.area.to_string()).collect();
    let everywhere: Vec<&str> = everywhere.iter().map(String::as_str).collect();
    let whole = build(
        vec![service(A, &["5501", "0301/05"]), service(B, &everywhere)],
        Vec::new(),
    )
    .unwrap();
    assert_eq!(whole.gaps(TODAY), []);
}

#[test]
fn endings_are_those_after_which_nobody_is_certain() {
    let services = vec![
        ended(A, &["5501"], "2026-03-20", &[B]),
        service(B, &[]),
        ended(C, &["5503"], "2026-03-25", &[]),
    ];
    let directory = build(services, Vec::new()).unwrap();
    let found: Vec<String> = directory
        .endings(TODAY, 30)
        .iter()
        .map(|ending| format!("{} {} {}", ending.last_day, ending.place, ending.service))
        .collect();
    assert_eq!(found, [format!("2026-03-25 5503 {C}")]);
    assert_eq!(directory.endings(TODAY, 10), []);
}

#[test]
fn the_areas_of_a_service_are_those_that_lead_to_it_and_oslo_is_named_by_district() {
    let services = vec![
        service(A, &["0301", "5501"]),
        ended(B, &["0301/05", "5503"], "2025-12-31", &[C]),
        service(C, &["4601/08"]),
    ];
    let directory = build(services, Vec::new()).unwrap();
    let areas = |organisation: &str, day| -> Vec<String> {
        let areas = directory.areas_of(&organisation.parse().unwrap(), day);
        areas.iter().map(|area| area.to_string()).collect()
    };
    let of_a = areas(A, TODAY);
    assert_eq!(of_a.len(), 17, "16 districts of Oslo and Tromsø: {of_a:?}");
    assert!(of_a.contains(&"5501".to_owned()) && !of_a.contains(&"0301/05".to_owned()));
    assert_eq!(areas(B, TODAY), [""; 0]);
    assert_eq!(areas(B, date(2025, 12, 31)), ["0301/05", "5503"]);
    assert_eq!(areas(C, TODAY), ["0301/05", "4601/08", "5503"]);
}
