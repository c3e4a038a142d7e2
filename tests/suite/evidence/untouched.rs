//! Packages as they were exported: they hold, and say no more than they show.

use framme_shared::domain::{
    evidence::{KnownBy, Missing, Package},
    lifecycle::Stage,
    receipt::Statement,
};

use super::bench::{Bench, at, caseworker, later, now, period, written};

fn stages(bench: &Bench, package: &Package) -> Vec<(Stage, bool)> {
    let verdict = bench.verify(package);
    assert_eq!(bench.faults(package), [""; 0]);
    let of_child = |story: &framme_shared::domain::evidence::ChildStory| (story.state.stage(), story.is_delivered());
    verdict.children.iter().map(of_child).collect()
}

#[test]
fn the_package_of_a_report_says_where_each_child_is() {
    let bench = Bench::set();
    assert_eq!(
        stages(&bench, &bench.of_report(1)),
        [(Stage::Opened, false), (Stage::Assigned, true)]
    );
    assert_eq!(stages(&bench, &bench.of_report(2)), [(Stage::Assigned, true)]);
    assert_eq!(
        stages(&bench, &bench.of_report(3)),
        [(Stage::Opened, false), (Stage::Opened, false)]
    );
    assert_eq!(stages(&bench, &bench.of_report(4)), [(Stage::Queued, false)]);
}

#[test]
fn the_package_of_a_period_says_where_each_child_was_at_its_end() {
    let bench = Bench::set();
    let package = bench.of_period();
    // The third was opened after the period.
    assert_eq!(
        stages(&bench, &package),
        [
            (Stage::Opened, false),
            (Stage::Assigned, true),
            (Stage::Assigned, true),
            (Stage::Stored, false),
            (Stage::Queued, false)
        ]
    );
    let complete = bench.verify(&package).completeness;
    assert_eq!(complete.len(), 1);
    assert_eq!(complete[0].until, Some(period().1));
    assert_eq!(complete[0].known_by, KnownBy::ReceiptAfterPeriod { number: 10 });
}

#[test]
fn a_period_without_anything_a_receipt_before_it_or_one_after_it_holds_as_well() {
    let bench = Bench::set();
    for (from, until) in [
        (at("1T00:00"), at("1T00:01")),
        (at("1T00:00"), at("9T00:00")),
        (at("2T12:00"), at("2T13:00")),
        (at("6T00:00"), at("7T00:00")),
    ] {
        let package = bench.of_period_between(from, until);
        assert_eq!(bench.faults(&package), [""; 0], "{from}");
    }
    let nothing = Bench::empty();
    let package = nothing.of_period();
    assert_eq!(nothing.faults(&package), [""; 0]);
    assert_eq!(nothing.verify(&package).completeness[0].known_by, KnownBy::Nothing);
}

#[test]
fn a_period_whose_last_receipt_lies_in_it_is_complete_no_longer_than_up_to_that() {
    let bench = Bench::set();
    let package = bench.of_period_between(at("2T00:00"), at("9T00:00"));
    let complete = bench.verify(&package).completeness[0];
    assert_eq!(complete.known_by, KnownBy::Chain { number: 10 });
    assert_eq!(complete.until, Some(at("5T08:00")));
}

#[test]
fn the_package_of_a_report_is_complete_no_longer_than_up_to_its_last_receipt() {
    let bench = Bench::set();
    let complete = bench.verify(&bench.of_report(2)).completeness[0];
    assert_eq!(complete.known_by, KnownBy::LastReceiptShown { number: 8 });
    assert_eq!(complete.until, Some(at("3T09:00")));
    let complete = bench.verify(&bench.of_report(4)).completeness[0];
    assert_eq!((complete.known_by, complete.until), (KnownBy::Nothing, None));
}

#[test]
fn a_later_holding_by_the_receiver_makes_the_package_of_a_report_complete_up_to_then() {
    let bench = Bench::set();
    let mut package = bench.of_report(2);
    package.signed.push(bench.holding(1, at("6T07:00"), true));
    let package = bench.sealed(package);
    assert_eq!(bench.faults(&package), [""; 0]);
    let verdict = bench.verify(&package);
    assert_eq!(verdict.completeness[0].known_by, KnownBy::Holding);
    assert_eq!(verdict.completeness[0].until, Some(at("6T07:00")));
    assert!(verdict.children[0].is_delivered());
    assert_eq!(verdict.signed.len(), 1);
}

#[test]
fn what_the_receiver_itself_finds_missing_is_not_delivered_whatever_it_has_stated_before() {
    let bench = Bench::set();
    let mut package = bench.of_report(2);
    package.signed.push(bench.holding(1, at("6T07:00"), false));
    let package = bench.sealed(package);
    let verdict = bench.verify(&package);
    assert!(verdict.holds());
    let story = &verdict.children[0];
    assert!(!story.is_delivered());
    assert_eq!(story.lost, Some(at("6T07:00")));
    assert!(story.missing().contains(&Missing::Stored));
    assert_ne!(verdict.completeness[0].known_by, KnownBy::Holding);
}

#[test]
fn what_was_lost_is_not_delivered_until_it_is_stored_and_assigned_anew() {
    let mut bench = Bench::set();
    let delivered = |bench: &Bench, holdings: &[&framme_shared::domain::evidence::SignedText]| {
        let mut package = bench.of_report(2);
        package.signed.extend(holdings.iter().map(|text| (*text).clone()));
        let package = bench.sealed(package);
        assert_eq!(bench.faults(&package), [""; 0]);
        bench.verify(&package).children[0].is_delivered()
    };
    let lost = bench.holding(1, at("6T07:00"), false);
    assert!(!delivered(&bench, &[&lost]));
    // A caseworker is no proof that there is anything to work with.
    bench.state(1, Some(0), Statement::Assigned(caseworker()), at("6T08:00"));
    assert!(!delivered(&bench, &[&lost]));
    // Found again: the receiver had looked in the wrong place.
    let found = bench.holding(1, at("6T09:00"), true);
    assert!(delivered(&bench, &[&lost, &found]));
    // Stored anew, it has to be given to a caseworker anew.
    bench.state(1, None, Statement::Stored, at("7T08:00"));
    assert!(!delivered(&bench, &[&lost]));
    bench.state(1, Some(0), Statement::Assigned(caseworker()), at("7T09:00"));
    assert!(delivered(&bench, &[&lost]));
}

#[test]
fn a_package_reads_back_from_its_file_and_holds_years_later() {
    let bench = Bench::set();
    let package = bench.of_period();
    let file = written(&bench.sender, &package, now());
    let read = Package::read(file.as_bytes()).unwrap();
    assert_eq!((&read.receipts, &read.scope), (&package.receipts, &package.scope));
    let years_later = "2040-01-01T00:00:00Z".parse().unwrap();
    let verdict = framme_shared::domain::evidence::verify(&read, &bench.verifier, years_later).unwrap();
    assert!(verdict.holds());
    assert_eq!(verdict.sealed.unwrap().time, now());
    assert_eq!(verdict.sealed.unwrap().exporter, bench.sender.organisation());
}

#[test]
fn the_receiver_may_export_as_well_as_the_sender() {
    let bench = Bench::set();
    let issued = &bench.receivers[0].issued;
    let receiver =
        framme_shared::domain::jws::JwsSigner::from_pem(issued.chain_pem.as_bytes(), issued.key_pem.as_bytes());
    let package = bench.sealed_by(&receiver.unwrap(), bench.of_period());
    assert!(bench.verify(&package).holds());
    assert!(later(now()) > now());
}
