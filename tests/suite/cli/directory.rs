//! Who answers for whom, and what a person says where nobody certain is known.

use serde_json::{Value, json};

use super::Desk;

/// Marka, which the receivers of these worlds leave out.
const NOBODYS: &str = "0301/17";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_directory_is_checked_and_shown_from_the_files() {
    let desk = Desk::open("cli-directory").await;
    let organisation = desk.service().organisation.to_string();

    let checked = desk.sender.run(&["directory", "check", "--connect"]).await.ends_with(6);
    assert!(
        checked.out.contains(&format!("FAULT  gap {NOBODYS}: Oslo, Marka")),
        "{}",
        checked.out
    );
    assert!(!checked.out.contains("gap 5501"), "{}", checked.out);
    let reached = format!("ok     receiver {organisation}: ");
    assert!(checked.out.contains(&reached), "{}", checked.out);

    let shown = desk.sender.run(&["--json", "directory", "show", "5401"]).await.json();
    assert_eq!(
        shown["is_certain"], true,
        "Tromsø of before 2024 leads to Tromsø of today"
    );
    assert_eq!(shown["services"][0]["organisation"], organisation);
    let several = desk.sender.run(&["directory", "show", "1507"]).await.ends_with(0);
    assert!(several.out.contains("municipality_retired"), "{}", several.out);
    desk.sender.run(&["directory", "show", NOBODYS]).await.ends_with(5);
    desk.sender.run(&["directory", "show", "9999"]).await.ends_with(2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_about_a_child_of_nobody_is_taken_and_routed_by_a_person() {
    let desk = Desk::open("cli-route").await;
    let (_, district) = NOBODYS.split_once('/').unwrap();
    let child = json!({
        "birth_date": "2015-05-17",
        "name": "Barn Oppdiktet",
        "municipality_number": "0301",
        "city_district_number": district,
        "informed": { "informed": true },
    });
    let (file, report) = desk.write_report(json!({ "children": [child] }));
    let state = desk.sender.run(&["--json", "report", "submit", &file]).await.json();
    let transmission = state["transmissions"][0]["transmission_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let shown = desk.sender.run(&["report", "show", &report]).await.ends_with(0);
    assert!(shown.out.contains("waits for a person to route it"), "{}", shown.out);
    let tasks = desk.sender.run(&["task", "list"]).await.ends_with(0);
    assert!(
        tasks.out.contains("route_needed") && tasks.out.contains(&transmission),
        "{}",
        tasks.out
    );

    let to = desk.service().organisation.to_string();
    let reason = "Bydelen svarer for Marka.";
    let route = [
        "--json",
        "report",
        "route-transmission",
        &report,
        &transmission,
        "--to",
        &to,
        "--reason",
        reason,
    ];
    let state: Value = desk.sender.run(&route).await.json();
    assert_eq!(state["transmissions"][0]["receiver_organisation_number"], to.as_str());
    // Its people do not serve Marka in this world, so none of them lists it; it is there.
    desk.reaches(&report, "STAGE_STORED").await;
}
