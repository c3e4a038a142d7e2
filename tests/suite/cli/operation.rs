//! Looking after a service: its configuration, its health, its backup.

use std::{fs, os::unix::fs::PermissionsExt as _};

use framme_demo::world::Process;
use framme_tests::commands::Ran;
use serde_json::Value;
use sqlx::{AnyConnection, Connection as _};

use super::Desk;

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

        let large = "[attachments]\nmax_bytes = 4293918721\n\n[database]\n";
        let rule = "attachments.max_bytes must be 1-4293918720";
        key_is_named("[database]\n", large, rule).await;
        let ran = tool.with_config(&other).run(&["serve"]).await.ends_with(2);
        assert!(format!("{}{}", ran.out, ran.err).contains(rule), "{ran:?}");

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
