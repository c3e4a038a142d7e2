//! How many events the country had, when several districts sent reports about one.

use framme_shared::domain::{
    figures::EventKey,
    lifecycle::Standing::{Closed, Delivered, Open},
};

use super::files::{Country, counted};

#[test]
fn one_event_sent_by_two_districts_counts_once_for_the_one_that_sent_first() {
    let country = Country::new();
    let troms = country.figures(1, "Troms", &[(&["A-1"], 10, 2, Open), (&["A-2"], 0, 1, Delivered)]);
    let oslo = country.figures(2, "Oslo", &[(&["a - 1"], 5, 2, Delivered), (&["A-3"], 0, 1, Closed)]);

    let national = country.merge(&[country.file(&troms), country.file(&oslo)]).unwrap();

    assert!(national.is_consistent(), "{:?}", national.checks);
    assert_eq!(
        (counted(&national, "Troms").reports, counted(&national, "Oslo").reports),
        (1, 2)
    );
    assert_eq!((national.sum.sent.reports, national.sum.sent.children), (4, 6));
    assert_eq!((national.sum.counted.reports, national.sum.counted.children), (3, 4));
    assert_eq!(national.sum.counted.not_delivered, 0);
    let [duplicate] = national.duplicates.as_slice() else {
        panic!("{:?}", national.duplicates);
    };
    assert_eq!(
        (duplicate.district.as_str(), duplicate.counts_for.as_str()),
        ("Troms", "Oslo")
    );
    assert_eq!(
        (duplicate.key, duplicate.children, duplicate.standing),
        (EventKey::of_case("A-1"), 2, Open)
    );
    assert_eq!(national.signers, 2);
}

#[test]
fn the_order_of_the_files_changes_nothing() {
    let country = Country::new();
    let files: Vec<String> = [
        country.figures(1, "Troms", &[(&["A"], 10, 2, Open), (&["B"], 3, 1, Open)]),
        country.figures(2, "Oslo", &[(&["A"], 5, 2, Delivered), (&["C"], 2, 1, Open)]),
        country.figures(3, "Vest", &[(&["B"], 2, 1, Open), (&["C"], 2, 4, Open)]),
    ]
    .iter()
    .map(|figures| country.file(figures))
    .collect();
    let merged = country.merge(&files).unwrap();
    for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        assert_eq!(country.merge(&order.map(|index| files[index].clone())).unwrap(), merged);
    }
    // Oslo and Vest sent C in the same second: the first by name counts.
    assert_eq!(counted(&merged, "Oslo").reports, 2);
}

#[test]
fn several_reports_of_one_district_about_an_event_all_count() {
    let country = Country::new();
    let troms = country.figures(1, "Troms", &[(&["A"], 0, 1, Open), (&["A"], 60, 2, Open)]);
    let oslo = country.figures(2, "Oslo", &[(&["A"], 30, 1, Open)]);
    let national = country.merge(&[country.file(&troms), country.file(&oslo)]).unwrap();
    assert_eq!(
        (counted(&national, "Troms").reports, counted(&national, "Oslo").reports),
        (2, 0)
    );
}

#[test]
fn reports_that_a_third_one_joins_are_about_one_event() {
    let country = Country::new();
    let troms = country.figures(1, "Troms", &[(&["A"], 0, 1, Open)]);
    let oslo = country.figures(2, "Oslo", &[(&["B"], 1, 1, Open)]);
    let both = country.figures(3, "Vest", &[(&["A", "B"], 2, 1, Open)]);
    let files = [&troms, &oslo, &both].map(|figures| country.file(figures));

    let apart = country.merge(&files[..2]).unwrap();
    assert_eq!(apart.sum.counted.reports, 2);
    let joined = country.merge(&files).unwrap();
    assert_eq!((joined.sum.counted.reports, joined.duplicates.len()), (1, 2));
    assert_eq!(counted(&joined, "Troms").reports, 1);
    assert!(joined.is_consistent());
}

#[test]
fn districts_without_reports_are_in_the_table() {
    let country = Country::new();
    let file = country.file(&country.figures(1, "Finnmark", &[]));
    let national = country.merge(&[file]).unwrap();
    assert_eq!(national.districts.len(), 1);
    assert_eq!(national.sum.sent.reports, 0);
    assert!(national.is_consistent());
}
