//! Personal data never lies about: not in a log at its most talkative, not in a database or beside it, not in a
//! receipt, not in what callers are told when a call fails, not in what `Debug` prints, not in what a mail server and a
//! webhook get.

mod drive;
mod marks;
mod report;
mod written;

use std::fs;

use framme_demo::world::{Process, Storage, World};
use framme_shared::wire::pb::sender::SubmitReportRequest;
use framme_tests::{
    database::{Folder, postgres_server},
    tables::database_url,
    worlds::{TestWorld, eventually},
};
use prost_reflect::ReflectMessage as _;
use sqlx::{AnyConnection, Connection as _};

use self::{
    drive::everything_that_can_be_done,
    marks::{MARK, Search},
    report::{Marked, POLICE_DISTRICT, dynamic, personal_paths, texts_at},
    written::{Found, everything_written},
};
use crate::notification::{
    peers::{Peer, Secrets},
    told_by,
};

#[test]
fn every_text_of_a_report_has_a_mark_or_is_known_to_be_open() {
    let marked = Marked::new(&("5501".to_owned(), String::new()));
    let message = dynamic(&marked.report);
    for path in personal_paths(&message.descriptor()) {
        let texts = texts_at(&message, &path);
        assert!(!texts.is_empty(), "{path} is empty");
        for text in texts {
            let is_number = marked.numbers.contains(&text);
            assert!(is_number || text.contains(MARK), "{path} has no mark");
        }
    }
}

#[test]
fn debug_of_a_generated_message_prints_nothing_of_its_content() {
    let marked = Marked::new(&("5501".to_owned(), String::new()));
    let report = &marked.report;
    let request = SubmitReportRequest {
        report: Some(report.clone()),
    };
    let printed = format!(
        "{request:?} {report:#?} {:?} {:?} {:?} {:?}",
        report.children, report.children[0].identity, report.reporter, report.attachments
    );
    assert_eq!(search_for(&marked, []).find("Debug", printed.as_bytes()), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_personal_data_lies_about_on_sqlite() {
    nothing_lies_about(Storage::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_personal_data_lies_about_on_postgresql() {
    let server = postgres_server();
    nothing_lies_about(Storage::Postgres { server }).await;
}

async fn nothing_lies_about(storage: Storage) {
    let world = TestWorld::start("personal-data", storage, 1).await;
    let desk = Folder::new("personal-data-desk");
    let told = world.directory.join("told");
    let secrets = Secrets::make(&told);
    let mail = Peer::mail(&told.join("mail"), "starttls", &secrets, None);
    let hook = Peer::webhook(&told.join("webhook"), "tls", &secrets);
    for process in [&world.sender.process, &world.receivers[0].process] {
        process.kill().await.unwrap();
        process.log("trace");
        let mut config = fs::read_to_string(process.config_file()).unwrap();
        config.push_str(&told_by(&secrets, mail.port));
        config.push_str(&format!(
            "\n[[contacts]]\nname = \"board\"\nlanguage = \"en\"\nwebhook = \"https://127.0.0.1:{}/\"\n\
             secret_file = {:?}\nfallback = true\n",
            hook.port, secrets.hook
        ));
        fs::write(process.config_file(), config).unwrap();
        process.start().await.unwrap();
    }

    let marked = Marked::new(&world.receivers[0].areas[0]);
    let mut found = everything_that_can_be_done(&world, &marked, desk.path()).await;
    for process in [&world.sender.process, &world.receivers[0].process] {
        somebody_must_look(process, &marked.report.report_id).await;
    }
    eventually("people are told of both sides' tasks", async || {
        (mail.received().len() > 1 && hook.received().len() > 1).then_some(())
    })
    .await;
    // Killed, so that what is beside a database stays there.
    world.sender.process.kill().await.unwrap();
    world.receivers[0].process.kill().await.unwrap();
    found.extend(everything_written(&world).await);

    let receiver = &world.receivers[0];
    let tokens = [
        &world.sender.desk_token,
        &receiver.intake_leader_token,
        &receiver.case_system_token,
    ];
    let search = search_for(&marked, tokens.map(String::as_str));
    let leaks: Vec<String> = found.iter().flat_map(|it| search.find(&it.place, &it.bytes)).collect();
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
    assert_search_sees(&world, &marked, &found);
}

/// A task about the marked report, of which the desks' people are told.
async fn somebody_must_look(process: &Process, report_id: &str) {
    sqlx::any::install_default_drivers();
    let mut database = AnyConnection::connect(&database_url(&process.config_file()))
        .await
        .unwrap();
    let raised = sqlx::query(
        "INSERT INTO task (number, kind, subject, desk, data, opened_at, closed_at, closed_by, outcome)
        SELECT COALESCE((SELECT MAX(number) FROM task), 0) + 1, 'of_the_test', $1, 'operator', 'for the test', 1, NULL,
            NULL, NULL",
    );
    raised.bind(report_id.to_owned()).execute(&mut database).await.unwrap();
}

/// For marks, numbers that are as good as marks, and secrets.
fn search_for<'a>(marked: &'a Marked, secrets: impl IntoIterator<Item = &'a str>) -> Search {
    let numbers = marked.numbers.iter().map(String::as_str);
    Search::new([MARK].into_iter().chain(numbers).chain(secrets))
}

/// The control: what lies open on purpose is found in every kind of place by the same search.
fn assert_search_sees(world: &World, marked: &Marked, found: &[Found]) {
    let address = world.sender.local.address.to_string();
    let report_id = &marked.report.report_id;
    let receiver_log = world.receivers[0].process.log_file();
    let receiver_log = receiver_log
        .strip_prefix(&world.directory)
        .unwrap()
        .display()
        .to_string();
    let mut expected = vec![
        (POLICE_DISTRICT, "sender table report.police_district"),
        (address.as_str(), "sender/sender.log"),
        (" TRACE ", "sender/sender.log"),
        (" TRACE ", receiver_log.as_str()),
        (address.as_str(), "sender/sender.ready.json"),
        (report_id.as_str(), "sender receipt payload"),
        (report_id.as_str(), "receiver receipt payload"),
        ("x5c", "sender receipt header"),
        ("x5c", "receiver receipt header"),
        ("must be", "told"),
    ];
    for (text, place) in [
        ("board.example.no", "told/mail/"),
        ("board.example.no", "told/webhook/"),
    ] {
        expected.push((text, place));
        let of_the_report = Search::new([report_id.as_str()]);
        let told = found.iter().filter(|it| it.place.starts_with(place));
        let leaks: Vec<String> = told.flat_map(|it| of_the_report.find(&it.place, &it.bytes)).collect();
        assert!(leaks.is_empty(), "{leaks:?}");
    }
    if world.directory.join("sender/sender.db").exists() {
        expected.push((POLICE_DISTRICT, "sender/sender.db"));
    }
    for (text, place) in expected {
        let search = Search::new([text]);
        let mut places = found.iter().filter(|it| it.place.starts_with(place));
        assert!(
            places.any(|it| !search.find(&it.place, &it.bytes).is_empty()),
            "{text} is not found in {place}"
        );
    }
}
