//! Who may do what: staff and credentials.

use framme_tests::worlds::eventually;
use jiff::Timestamp;
use serde_json::Value;

use super::Desk;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_and_credentials_are_kept_by_commands() {
    let desk = Desk::open("cli-staff").await;
    let administrator = desk.receiver.with_token(&desk.service().administrator_token);
    let (municipality, district) = &desk.service().areas[0];
    let area = if district.is_empty() {
        municipality.clone()
    } else {
        format!("{municipality}/{district}")
    };

    let added = administrator
        .run(&[
            "--json",
            "staff",
            "add",
            "cw-9",
            "--name",
            "Ansatt Oppdiktet",
            "--role",
            "caseworker",
            "--municipality",
            &area,
        ])
        .await
        .json();
    assert_eq!(added["staff_id"], "cw-9");
    let issue = ["--json", "credential", "issue", "--kind", "person", "--holder", "cw-9"];
    let issued = administrator.run(&issue).await.json();
    let caseworker = desk.receiver.with_token(issued["token"].as_str().unwrap());
    caseworker.run(&["worklist", "list"]).await.ends_with(0);

    let report = desk.submit().await;
    let (transmission, child) = desk.listed(&report).await;
    let denied = caseworker.run(&["assign", &transmission, &child, "--to", "cw-9"]).await;
    assert!([3, 5].contains(&denied.code), "{denied:?}");
    desk.receiver
        .run(&["assign", &transmission, &child, "--to", "cw-9"])
        .await
        .ends_with(0);
    desk.reaches(&report, "STAGE_ASSIGNED").await;
    let left = administrator
        .run(&["--json", "staff", "deactivate", "cw-9"])
        .await
        .json();
    assert_eq!(left["revoked_assignments"], 1);
    desk.reaches(&report, "STAGE_STORED").await;
    let inactive = desk
        .receiver
        .run(&["assign", &transmission, &child, "--to", "cw-9"])
        .await
        .ends_with(3);
    assert!(inactive.err.contains("STAFF_INACTIVE"), "{}", inactive.err);

    let everybody = administrator.run(&["--json", "staff", "list"]).await.json();
    let is_inactive = |member: &Value| member["staff_id"] == "cw-9" && member["active"] == false;
    assert!(everybody["staff"].as_array().unwrap().iter().any(is_inactive));
    let nobody = administrator.run(&["staff", "deactivate", "cw-99"]).await.ends_with(5);
    assert!(nobody.err.contains("receiver: "), "{}", nobody.err);

    let issued = administrator
        .run(&["--json", "credential", "issue", "--kind", "person", "--holder", "cw-1"])
        .await
        .json();
    let caseworker = desk.receiver.with_token(issued["token"].as_str().unwrap());
    caseworker.run(&["worklist", "list"]).await.ends_with(0);
    administrator
        .run(&["credential", "revoke", issued["credential_id"].as_str().unwrap()])
        .await
        .ends_with(0);
    caseworker.run(&["worklist", "list"]).await.ends_with(3);

    let issue = [
        "--json",
        "credential",
        "issue",
        "--role",
        "officer",
        "--holder",
        "off-1",
    ];
    let issued = desk.sender.run(&issue).await.json();
    let officer = desk.sender.with_token(issued["token"].as_str().unwrap());
    officer.run(&["report", "list"]).await.ends_with(0);
    let id = issued["credential_id"].as_str().unwrap();
    let listed = desk.sender.run(&["--json", "credential", "list"]).await.ends_with(0);
    let listed = listed
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let entry = listed.into_iter().find(|entry| entry["credential_id"] == id).unwrap();
    assert_eq!(entry["expire_time"], issued["expire_time"]);
    let time = |name: &str| entry[name].as_str().unwrap().parse::<Timestamp>().unwrap();
    let days = time("expire_time").duration_since(time("issue_time")).as_hours() / 24;
    assert!((89..=90).contains(&days), "{entry}");
    for (days, code) in [("0", 2), ("401", 2), ("400", 0)] {
        let ran = desk.sender.run(&[&issue[..], &["--days", days]].concat()).await;
        assert_eq!(ran.code, code, "{days}: {ran:?}");
    }
    desk.sender.run(&["credential", "revoke", id]).await.ends_with(0);
    eventually("the sender refuses it", || async {
        (officer.run(&["report", "list"]).await.code == 3).then_some(())
    })
    .await;
    let listed = desk.sender.run(&["--json", "credential", "list"]).await;
    assert!(listed.out.contains(id), "{}", listed.out);
}
