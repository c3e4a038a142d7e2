//! The commands as people at both ends use them: what they print, how they end, and what they say when they fail.

mod attachments;
mod directory;
mod evidence;
mod failures;
mod figures;
mod operation;
mod people;
mod statements;

use std::{fs, process::Command};

use framme_demo::world::{ReceiverNode, Storage};
use framme_shared::runtime::random::{OsRandom, Random as _};
use framme_tests::{
    commands::Tool,
    database::Folder,
    worlds::{TestWorld, eventually},
};
use serde_json::{Value, json};

/// The programs of a world with one receiver, each with the token of who uses it most.
struct Desk {
    world: TestWorld,
    sender: Tool,
    receiver: Tool,
}

impl Desk {
    async fn open(name: &str) -> Self {
        let world = TestWorld::start(name, Storage::Sqlite, 1).await;
        let sender = Tool::of(&world.sender.process, &world.sender.desk_token);
        let leader = &world.receivers[0];
        let receiver = Tool::of(&leader.process, &leader.intake_leader_token);
        Self {
            world,
            sender,
            receiver,
        }
    }

    fn service(&self) -> &ReceiverNode {
        &self.world.receivers[0]
    }

    /// Submits a report from a file; returns its id.
    async fn submit(&self) -> String {
        let (file, id) = self.write_report(json!({}));
        let state = self.sender.run(&["--json", "report", "submit", &file]).await.json();
        assert_eq!(state["report_id"], id.as_str());
        assert_eq!(state["standing"], "STANDING_OPEN");
        id
    }

    /// Writes a report as a JSON file, with these fields changed; returns the file and the report's id.
    fn write_report(&self, changes: Value) -> (String, String) {
        let (municipality, district) = &self.service().areas[0];
        let id = OsRandom.new_uuid().to_string();
        let mut report = json!({
            "report_id": id,
            "type": "REPORT_TYPE_CONCERN_REPORT",
            "urgency": "URGENCY_NORMAL",
            "disclosure": {
                "legal_basis": "LEGAL_BASIS_DUTY_TO_REPORT",
                "decided_by_name": "Testleder Oppdiktet",
                "decided_by_role": "jourhavende",
            },
            "account": { "observed": "Barnet var alene ute sent på kvelden. Oppdiktet." },
            "children": [{
                "birth_date": "2015-05-17",
                "name": "Barn Oppdiktet",
                "municipality_number": municipality,
                "city_district_number": district,
                "informed": { "informed": true },
            }],
            "carers": [{ "name": "Foresatt Oppdiktet", "informed": { "informed": true } }],
            "reporter": {
                "name": "Betjent Oppdiktet",
                "role": "politibetjent",
                "unit": "Testseksjonen",
                "phone": "+47 00 00 00 00",
                "email": "betjent@politi.example",
                "organisation": { "name": "Politiet (test)", "organisation_number": "999000002" },
                "police_district": "Oslo",
            },
            "written_time": "2026-06-01T10:00:00Z",
            "channel": "test",
        });
        for (field, value) in changes.as_object().unwrap() {
            report[field] = value.clone();
        }
        let file = self.world.directory.join(format!("{id}.json"));
        fs::write(&file, report.to_string()).unwrap();
        (file.display().to_string(), id)
    }

    /// The transmission and the child of a report, once the receiver lists it.
    async fn listed(&self, report: &str) -> (String, String) {
        eventually("the receiver lists it", || async {
            let list = self.receiver.run(&["--json", "worklist", "list"]).await.json();
            let all = list["transmissions"].as_array().unwrap().clone();
            let entry = all.into_iter().find(|entry| entry["report_id"] == report)?;
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            Some((text(&entry["transmission_id"]), text(&entry["children"][0]["child_id"])))
        })
        .await
    }

    /// The stage of a report's child at the sender, when it is this one.
    async fn reaches(&self, report: &str, stage: &str) {
        eventually(stage, || async {
            let shown = self.sender.run(&["--json", "report", "show", report]).await.json();
            (shown["report"]["transmissions"][0]["children"][0]["stage"] == stage).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_goes_all_its_ways_by_commands_alone() {
    let desk = Desk::open("cli-ways").await;
    let (sender, receiver) = (&desk.sender, &desk.receiver);

    let id = desk.submit().await;
    let following = sender.start(&["report", "follow", &id]);
    let (transmission, child) = desk.listed(&id).await;
    let shown = receiver.run(&["worklist", "show", &transmission]).await.ends_with(0);
    assert!(shown.out.contains("Barnet var alene ute"), "{}", shown.out);
    desk.reaches(&id, "STAGE_OPENED").await;
    let changed = receiver
        .run(&["--json", "assign", &transmission, &child, "--to", "cw-1"])
        .await
        .json();
    assert_eq!(changed["child"]["assigned_staff_id"], "cw-1");
    assert_eq!(changed["receipt"].as_str().unwrap().split('.').count(), 3);
    let followed = following.wait_with_output().await.unwrap();
    assert!(followed.status.success());
    let followed = String::from_utf8(followed.stdout).unwrap();
    assert!(
        followed.contains("delivered") && followed.contains("to cw-1"),
        "{followed}"
    );
    receiver
        .run(&["assess", &transmission, &child, "--outcome", "followed-up"])
        .await
        .ends_with(0);
    desk.reaches(&id, "STAGE_ASSESSED").await;

    let receipts = sender.run(&["--json", "report", "receipts", &id]).await.json();
    assert_eq!(
        receipts["receipts"].as_array().unwrap().len(),
        4,
        "stored, opened, assigned, assessed"
    );
    let shown = sender.run(&["--json", "report", "show", &id, "--content"]).await.json();
    assert_eq!(shown["content"]["reporter"]["police_district"], "Oslo");
    assert_eq!(shown["report"]["standing"], "STANDING_DELIVERED");

    let rejected = desk.submit().await;
    let (transmission, child) = desk.listed(&rejected).await;
    receiver
        .run(&["reject", &transmission, &child, "--reason", "not-our-area"])
        .await
        .ends_with(0);
    desk.reaches(&rejected, "STAGE_REJECTED").await;
    let again = receiver
        .run(&["assign", &transmission, &child, "--to", "cw-1"])
        .await
        .ends_with(3);
    assert!(again.err.contains("INVALID_TRANSITION"), "{}", again.err);
    sender
        .run(&["report", "close", &rejected, "--reason", "tatt på telefon"])
        .await
        .ends_with(0);
    desk.reaches(&rejected, "STAGE_CLOSED").await;

    let redirected = desk.submit().await;
    let (transmission, child) = desk.listed(&redirected).await;
    receiver
        .run(&["redirect", &transmission, &child, "--to", "974761076"])
        .await
        .ends_with(0);
    desk.reaches(&redirected, "STAGE_REDIRECTED").await;
    sender
        .run(&["report", "withdraw", &redirected, "--reason", "sendt ved en feil"])
        .await
        .ends_with(0);
    desk.reaches(&redirected, "STAGE_WITHDRAWN").await;

    let list = sender
        .run(&["--json", "report", "list", "--standing", "closed"])
        .await
        .ends_with(0);
    let closed: Vec<Value> = list
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(closed.len(), 2);
    let figures = sender.run(&["--json", "figures"]).await.json();
    assert_eq!(figures["districts"][0]["reports"], "3");
    let receivers = sender.run(&["--json", "receiver", "list"]).await.json();
    assert_eq!(
        receivers["receivers"][0]["organisation_number"],
        desk.service().organisation.to_string().as_str()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_has_the_names_of_the_contract_at_both_ends() {
    let desk = Desk::open("cli-json").await;
    let report = desk.submit().await;
    let (transmission, child) = desk.listed(&report).await;
    desk.reaches(&report, "STAGE_STORED").await;
    let (sender, receiver) = (&desk.sender, &desk.receiver);

    let here = receiver.run(&["--json", "worklist", "list"]).await.json()["transmissions"][0].clone();
    let there = sender.run(&["--json", "report", "show", &report]).await.json()["report"].clone();
    assert_eq!(here["children"][0], there["transmissions"][0]["children"][0]);
    assert_eq!(here["children"][0]["stage"], "STAGE_STORED");
    for field in ["type", "urgency", "submitted_time"] {
        assert_eq!(here[field], there[field], "{field}");
    }
    let here = receiver
        .run(&["--json", "worklist", "show", &transmission])
        .await
        .json();
    let there = sender
        .run(&["--json", "report", "show", &report, "--content"])
        .await
        .json();
    assert_eq!(here["report"], there["content"]);
    let moved = ["--json", "assign", &transmission, &child, "--to", "cw-1"];
    assert_eq!(receiver.run(&moved).await.json()["child"]["stage"], "STAGE_ASSIGNED");

    let administrator = receiver.with_token(&desk.service().administrator_token);
    let staff = administrator.run(&["--json", "staff", "list"]).await.json();
    let all = staff["staff"].as_array().unwrap();
    let is_administrator = |member: &Value| member["roles"] == json!(["STAFF_ROLE_ADMINISTRATOR"]);
    assert!(all.iter().any(is_administrator), "{staff}");
}

#[test]
fn completions_are_there_for_every_shell_and_bash_accepts_its_own() {
    let programs = framme_demo::world::programs_beside_this_one().unwrap();
    for program in ["sender", "receiver"] {
        for shell in ["bash", "zsh", "fish"] {
            let output = Command::new(programs.join(program))
                .args(["completions", shell])
                .output()
                .unwrap();
            assert!(output.status.success(), "{program} {shell}");
            let script = String::from_utf8(output.stdout).unwrap();
            assert!(script.contains("check-config"), "{program} {shell}");
            if shell == "bash" {
                // Longer than one argument may be.
                let folder = Folder::new("completions");
                let file = folder.path().join(program);
                fs::write(&file, &script).unwrap();
                let checked = Command::new("bash").arg("-n").arg(&file).status().unwrap();
                assert!(checked.success(), "{program}");
            }
        }
    }
}
