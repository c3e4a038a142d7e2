//! The commands as people at both ends use them: what they print, how they end, and what they say when they fail.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf, process::Command};

use framme_demo::world::{Process, ReceiverNode, Storage};
use framme_shared::runtime::random::{OsRandom, Random as _};
use framme_tests::{
    commands::{Ran, Tool},
    worlds::{TestWorld, eventually},
};
use serde_json::{Value, json};
use sqlx::{AnyConnection, Connection as _};

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
    desk.sender.run(&["credential", "revoke", id]).await.ends_with(0);
    eventually("the sender refuses it", || async {
        (officer.run(&["report", "list"]).await.code == 3).then_some(())
    })
    .await;
    let listed = desk.sender.run(&["--json", "credential", "list"]).await;
    assert!(listed.out.contains(id), "{}", listed.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_failure_has_its_exit_code_and_says_what_to_do() {
    let desk = Desk::open("cli-codes").await;
    let services = [
        (&desk.sender, ["report", "list"], &desk.world.sender.process),
        (&desk.receiver, ["worklist", "list"], &desk.service().process),
    ];
    let says = |ran: Ran, code: i32, word: &str| {
        let ran = ran.ends_with(code);
        assert!(ran.err.contains(word), "{word}: {}", ran.err);
        assert!(ran.out.is_empty(), "{}", ran.out);
    };
    let unknown = OsRandom.new_uuid().to_string();
    says(desk.sender.run(&["report", "show", &unknown]).await, 5, "NOT_FOUND");
    says(desk.receiver.run(&["worklist", "show", &unknown]).await, 5, "NOT_FOUND");
    says(desk.sender.run(&["report", "show", "no-id"]).await, 2, "--help");

    let (file, _) = desk.write_report(json!({ "children": [] }));
    says(desk.sender.run(&["report", "submit", &file]).await, 3, "children");
    let (file, _) = desk.write_report(json!({ "childern": [] }));
    says(desk.sender.run(&["report", "submit", &file]).await, 2, "line 1");
    says(
        desk.sender.run(&["report", "submit", "/no/such/file"]).await,
        2,
        "/no/such/file",
    );

    for (tool, command, process) in services {
        says(tool.with_token("wrong").run(&command).await, 3, "credential issue");
        says(
            tool.with_config(&PathBuf::from("/no/such.toml")).run(&command).await,
            2,
            "/no/such.toml",
        );
        says(
            tool.with_flags(&["--token-file", "/no/token"]).run(&command).await,
            2,
            "",
        );

        // Where everything is said by flags, no configuration is needed.
        let address = local_address(process);
        let trust = process.directory().join("trust/trust.pem").display().to_string();
        let flags = ["--address", &address, "--trust", &trust];
        tool.with_flags(&flags).run(&command).await.ends_with(0);

        process.kill().await.unwrap();
        says(tool.run(&command).await, 4, "cannot be reached");
        process.start().await.unwrap();
        tool.run(&command).await.ends_with(0);
        tool.run(&["migrate"]).await.ends_with(0);
        tool.run(&["migrate"]).await.ends_with(0);
    }
}

fn local_address(process: &Process) -> String {
    let ready = process.directory().join(format!("{}.ready.json", process.name));
    let ready: Value = serde_json::from_str(&fs::read_to_string(ready).unwrap()).unwrap();
    ready["local"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_config_names_each_thing_that_is_wrong() {
    let desk = Desk::open("cli-config").await;
    for (tool, process) in [
        (&desk.sender, &desk.world.sender.process),
        (&desk.receiver, &desk.service().process),
    ] {
        let good = fs::read_to_string(process.config_file()).unwrap();
        let other = process.directory().join("other.toml");
        let check = async |text: String| {
            fs::write(&other, text).unwrap();
            tool.with_config(&other).run(&["check-config"]).await
        };
        let fine = check(good.clone()).await.ends_with(0);
        assert!(fine.out.contains("ok     tls: "), "{}", fine.out);

        let key_is_named = async |from: &str, to: &str, word: &str| {
            let ran = check(good.replacen(from, to, 1)).await.ends_with(2);
            assert!(ran.err.contains(word), "{word}: {}", ran.err);
        };
        key_is_named("production =", "produktion =", "produktion").await;
        key_is_named("[database]\n", "[database]\nulr = \"x\"\n", "database.ulr").await;
        key_is_named("production = false", "production = 7", "production").await;
        key_is_named("organisation = ", "# organisation = ", "organisation").await;
        key_is_named("[local]\naddress = \"", "[local]\naddress = \"here ", "local.address").await;

        let thing_is_named = async |from: &str, to: &str, word: &str| {
            let ran = check(good.replacen(from, to, 1)).await.ends_with(6);
            assert!(
                ran.out
                    .lines()
                    .any(|line| line.starts_with("FAULT") && line.contains(word)),
                "{}",
                ran.out
            );
        };
        thing_is_named("master.keys", "no.keys", "database.master_key_file").await;
        thing_is_named("certificate.pem", "no.pem", "no.pem").await;
        thing_is_named("url = \"sqlite:", "url = \"mysql:", "database.url").await;
        let own = good.lines().next().unwrap();
        thing_is_named(own, "organisation = \"982531950\"", "982531950").await;

        let keys = process.directory().join("master.keys");
        fs::set_permissions(&keys, fs::Permissions::from_mode(0o644)).unwrap();
        thing_is_named("", "", "chmod 600").await;
        let json = tool.run(&["--json", "check-config"]).await.ends_with(6);
        let json: Value = serde_json::from_str(&json.out).unwrap();
        assert_eq!(json["is_well"], false);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_is_content_with_a_healthy_service_and_finds_a_flipped_byte() {
    let desk = Desk::open("cli-doctor").await;
    let report = desk.submit().await;
    let (transmission, child) = desk.listed(&report).await;
    desk.receiver
        .run(&["assign", &transmission, &child, "--to", "cw-1"])
        .await
        .ends_with(0);
    desk.reaches(&report, "STAGE_ASSIGNED").await;
    let sender_db = database_of(&desk.world.sender.process).await;
    let receiver_db = database_of(&desk.service().process).await;

    let cases = [
        (
            &desk.sender,
            &desk.world.sender.process,
            sender_db,
            "transmission_content",
            "content",
        ),
        (
            &desk.receiver,
            &desk.service().process,
            receiver_db,
            "transmission_content",
            "content_sealed",
        ),
    ];
    for (tool, _process, mut database, table, column) in cases {
        let doctor = async || tool.run(&["doctor", "--full"]).await;
        let well = doctor().await.ends_with(0);
        assert!(!well.out.contains("FAULT"), "{}", well.out);

        let finds = async |ran: Ran, word: &str| {
            let ran = ran.ends_with(6);
            let is_it = |line: &str| line.starts_with("FAULT") && line.contains(word);
            assert!(ran.out.lines().any(is_it), "{word}: {}", ran.out);
        };
        let bytes: Vec<u8> = read(&mut database, &format!("SELECT {column} FROM {table}")).await;
        let mut flipped = bytes.clone();
        *flipped.last_mut().unwrap() ^= 1;
        write(&mut database, &format!("UPDATE {table} SET {column} = $1"), flipped).await;
        finds(doctor().await, &format!("transmission {transmission}")).await;
        write(&mut database, &format!("UPDATE {table} SET {column} = $1"), bytes).await;

        let jws: Vec<u8> = read(
            &mut database,
            "SELECT CAST(jws AS BLOB) FROM receipt WHERE sequence = 2",
        )
        .await;
        let mut flipped = jws.clone();
        let middle = flipped.len() / 2;
        flipped[middle] = if flipped[middle] == b'A' { b'B' } else { b'A' };
        let put = "UPDATE receipt SET jws = CAST($1 AS TEXT) WHERE sequence = 2";
        write(&mut database, put, flipped).await;
        finds(doctor().await, "number 2").await;
        write(&mut database, put, jws).await;
        doctor().await.ends_with(0);

        let json = tool.run(&["--json", "doctor"]).await.json();
        assert_eq!(json["is_well"], true);
        write(
            &mut database,
            "UPDATE ledger SET actor = CAST($1 AS TEXT) WHERE seq = 2",
            b"nobody".to_vec(),
        )
        .await;
        finds(doctor().await, "ledger").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_running_service_is_whole_and_never_overwrites() {
    let desk = Desk::open("cli-backup").await;
    let report = desk.submit().await;
    desk.reaches(&report, "STAGE_STORED").await;
    for (tool, process) in [
        (&desk.sender, &desk.world.sender.process),
        (&desk.receiver, &desk.service().process),
    ] {
        let copy = process.directory().join("copy.db");
        let target = copy.display().to_string();
        tool.run(&["backup", &target]).await.ends_with(0);
        assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
        tool.run(&["backup", &target]).await.ends_with(1);

        let config = fs::read_to_string(process.config_file()).unwrap();
        let url = config.lines().find(|line| line.starts_with("url = ")).unwrap();
        let other = process.directory().join("of-copy.toml");
        fs::write(&other, config.replacen(url, &format!("url = \"sqlite:{target}\""), 1)).unwrap();
        let found = tool.with_config(&other).run(&["doctor", "--full"]).await.ends_with(0);
        assert!(found.out.contains("1 contents"), "{}", found.out);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_finds_a_child_that_shows_as_assigned_without_a_receipt() {
    let desk = Desk::open("cli-doctor-false").await;
    let report = desk.submit().await;
    desk.reaches(&report, "STAGE_STORED").await;
    let mut database = database_of(&desk.world.sender.process).await;

    let forged = "UPDATE child SET stage = 'assigned', assigned_role = 'caseworker', assigned_staff = CAST($1 AS TEXT),
        assigned_time = stage_time";
    write(&mut database, forged, b"cw-1".to_vec()).await;

    let found = desk.sender.run(&["doctor"]).await.ends_with(6);
    assert!(
        found.out.contains("shows as assigned, and its receipts say stored"),
        "{}",
        found.out
    );
}

/// The database of a service, past all guards.
async fn database_of(process: &Process) -> AnyConnection {
    sqlx::any::install_default_drivers();
    let config = fs::read_to_string(process.config_file()).unwrap();
    let line = config.lines().find(|line| line.starts_with("url = ")).unwrap();
    let url = line.trim_start_matches("url = ").trim_matches('"');
    AnyConnection::connect(url).await.unwrap()
}

async fn read(database: &mut AnyConnection, sql: &str) -> Vec<u8> {
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql.to_owned()))
        .fetch_one(database)
        .await
        .unwrap()
}

async fn write(database: &mut AnyConnection, sql: &str, value: Vec<u8>) {
    let done = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned()))
        .bind(value)
        .execute(database)
        .await
        .unwrap();
    assert_eq!(done.rows_affected(), 1, "{sql}");
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
                let checked = Command::new("bash").args(["-n", "-c", &script]).status().unwrap();
                assert!(checked.success(), "{program}");
            }
        }
    }
}
