//! The failure of 2018-2023 seen from the police directorate: the signed files of twelve districts make the official table,
//! to the child, and say by the receivers' own counts how many nobody knew of.

use std::collections::HashSet;

use framme_demo::replay::official;
use framme_shared::{
    domain::figures::{National, Refused, Why, merge},
    wire::pb::{receiver::KnownToService, report::Report},
};
use framme_tests::database::TestDatabase;

use super::country::Country;

framme_tests::on_both_databases! {
    the_files_of_twelve_districts_make_the_official_table,
}

async fn the_files_of_twelve_districts_make_the_official_table(database: TestDatabase) {
    let mut country = Country::start(database.config().dialect().unwrap()).await;
    let planned = country.planned();
    let reports: Vec<Report> = planned.iter().map(|(_, report)| report.clone()).collect();
    country.submit(reports.clone()).await;

    // As it was found in 2023: nothing with a caseworker.
    let national = merged(&country, &country.export("before").await).unwrap();
    assert_eq!(national.districts.len(), 12);
    assert_eq!(national.signers, 12);
    assert!(national.is_consistent() && national.duplicates.is_empty());
    let sum = national.sum.counted;
    assert_eq!(
        (sum.reports, sum.children, sum.not_delivered, sum.children_not_delivered),
        (172, 279, 172, 279)
    );
    assert_official(&national, |row| {
        (row.counted.not_delivered, row.counted.children_not_delivered)
    });

    // Then everybody is found, and the services say of whom nobody had known.
    let nobody_knew: HashSet<&str> = planned
        .iter()
        .filter(|(planned, _)| planned.reached_nobody)
        .map(|(_, report)| report.report_id.as_str())
        .collect();
    let known = |report: &str| match nobody_knew.contains(report) {
        true => KnownToService::NotKnown,
        false => KnownToService::Known,
    };
    country.assign_all(known, &reports).await;
    let national = merged(&country, &country.export("after").await).unwrap();
    assert!(national.is_consistent());
    assert_official(&national, |row| (row.counted.reports, row.counted.children));
    assert_eq!((national.sum.counted.delivered, national.sum.late), (172, 0));
    assert_eq!((national.sum.answered, national.sum.not_known), (279, 8));
    for official in official::rows().unwrap() {
        let row = national
            .districts
            .iter()
            .find(|row| row.district == official.police_district);
        assert_eq!(
            row.unwrap().not_known,
            u64::from(official.children_not_known_to_service)
        );
    }

    // One of the events is sent by another district too, as in 2023.
    let oslo_too = again_from("Oslo", reports.last().unwrap());
    assert_ne!(
        reports.last().unwrap().reporter.as_ref().unwrap().police_district,
        "Oslo"
    );
    country.submit([oslo_too]).await;
    let files = country.export("twice").await;
    let national = merged(&country, &files).unwrap();
    assert_eq!((national.sum.sent.reports, national.sum.counted.reports), (173, 172));
    assert_official(&national, |row| (row.counted.reports, row.counted.children));
    let counted_for: Vec<&str> = national
        .duplicates
        .iter()
        .map(|found| found.counts_for.as_str())
        .collect();
    assert_eq!(counted_for, ["Øst"]);
    assert!(national.is_consistent());

    // A digit of one file is changed on its way.
    let text = std::fs::read_to_string(&files[5]).unwrap();
    std::fs::write(&files[5], framme_tests::figures::altered_by_one_digit(&text)).unwrap();
    let refused = merged(&country, &files).unwrap_err();
    assert!(
        matches!(
            refused.as_slice(),
            [Refused {
                why: Why::NotBelieved(_),
                ..
            }]
        ),
        "{refused:?}"
    );

    // A service that is away is named, and its children are not counted as known.
    country.stop_service().await;
    let national = merged(&country, &country.export("away").await).unwrap();
    assert_eq!((national.sum.answered, national.sum.not_known), (0, 0));
    assert_eq!(
        national.sum.receivers_without_answer, 11,
        "Finnmark sent nothing, so nobody was asked"
    );
}

fn merged(country: &Country, files: &[std::path::PathBuf]) -> Result<National, Vec<Refused>> {
    let verified = files
        .iter()
        .map(|file| (file.display().to_string(), country.verify(file)));
    merge(verified.collect(), &[])
}

/// Every district's reports and children are those of the official table.
fn assert_official(
    national: &National,
    reports_and_children: impl Fn(&framme_shared::domain::figures::DistrictRow) -> (u64, u64),
) {
    for official in official::rows().unwrap() {
        let row = national
            .districts
            .iter()
            .find(|row| row.district == official.police_district);
        assert_eq!(
            reports_and_children(row.unwrap()),
            (official.unopened_reports.into(), official.children_concerned.into()),
            "{}",
            official.police_district
        );
    }
}

/// The same event, reported by another district.
fn again_from(district: &str, report: &Report) -> Report {
    let mut again = report.clone();
    again.report_id = crate::exchange::receiver::new_id();
    for child in &mut again.children {
        child.child_id.clear();
    }
    again.reporter.as_mut().unwrap().police_district = district.to_owned();
    again
}
