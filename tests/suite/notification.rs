//! People are told: a real mail server and a real verifier of webhooks take what is sent, nothing stays unsent in silence.

pub(crate) mod peers;
mod post;

use std::sync::Arc;

use framme_shared::{
    db::{
        notices::{ClaimMessage, Taken},
        tasks::Desk,
    },
    domain::{
        language::Language,
        notice::{DeliveryFailure, LEASE, hook, text},
        report::Urgency,
    },
    runtime::{clock::Clock as _, notify::Parcel},
    workers::notification::{ChannelWorker, examine},
};
use framme_tests::{commands::Ran, database::TestDatabase, on_both_databases};
use serde_json::{Value, json};

use self::{
    peers::Peer,
    post::{PLACE, Post, name},
};

on_both_databases!(
    a_mail_server_takes_a_mail_over_tls_that_says_only_that_something_waits,
    a_mail_server_that_begins_tls_when_asked_takes_a_mail,
    a_webhook_is_verified_by_the_library_of_the_standard,
    a_webhook_that_fails_gets_the_same_again_under_the_same_id,
    a_hundred_notices_are_one_message,
    a_process_that_dies_after_sending_sends_again_under_the_same_id,
    what_is_refused_for_now_is_tried_again_until_it_is_taken,
    a_server_that_hangs_costs_a_bounded_time_and_one_that_is_away_is_tried_again,
    a_refusal_for_ever_is_a_task_and_others_are_told_until_it_works_again,
    failures_that_last_make_a_channel_dead_sooner_when_something_acute_waits,
    two_contacts_that_stand_in_for_each_other_do_not_tell_each_other_for_ever,
    a_contact_that_is_not_configured_is_told_of_elsewhere_and_ends_there,
    a_desk_hears_of_each_of_its_tasks_at_once_and_every_day,
    the_doctor_names_what_waits_longer_than_an_hour,
);

/// The header of the only mail.
fn header<'a>(mail: &'a Value, name: &str) -> &'a str {
    mail["headers"][name].as_str().unwrap()
}

async fn mail_arrives_over(mode: &str, test: TestDatabase) {
    let mut post = Post::open(test).await;
    let server = post.mail_server(mode);
    post.mailed("desk", Language::Bokmal, None);
    post.enqueue("desk", &["secret-subject"], Urgency::Acute).await;
    post.send("desk").await;

    let mails = server.received();
    assert_eq!(mails.len(), 1, "{mails:?}");
    let mail = &mails[0];
    assert_eq!(mail["is_tls"], true);
    assert_eq!(mail["user"], "framme");
    assert_eq!(mail["envelope"], json!(["framme@example.no", "desk@example.no"]));
    assert_eq!(
        header(mail, "subject"),
        "AKUTT: En melding venter på å bli tatt hånd om"
    );
    assert_eq!(header(mail, "auto-submitted"), "auto-generated");
    assert!(header(mail, "message-id").ends_with("@example.no>"));
    let body = mail["body"].as_str().unwrap();
    assert!(body.contains(PLACE) && body.contains("Frist: "), "{body}");
    assert!(!mail.to_string().contains("secret-subject"), "{mail}");
    assert_eq!(post.notices().await, ["desk waiting secret-subject 0 sent"]);
    assert_eq!(post.ledger().await, ["notice_sent"]);
    let channel = post.channel("desk").await.unwrap();
    assert_eq!(channel.last_success_at, Some(post.clock.now()));
}

async fn a_mail_server_takes_a_mail_over_tls_that_says_only_that_something_waits(test: TestDatabase) {
    mail_arrives_over("implicit", test).await;
}

async fn a_mail_server_that_begins_tls_when_asked_takes_a_mail(test: TestDatabase) {
    mail_arrives_over("starttls", test).await;
}

async fn a_webhook_is_verified_by_the_library_of_the_standard(test: TestDatabase) {
    let mut post = Post::open(test).await;
    let hook = post.webhook("hook");
    post.hooked("board", hook.port, true);
    post.enqueue("board", &["secret-subject"], Urgency::Acute).await;
    post.send("board").await;

    let requests = hook.received();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0]["is_verified"], true);
    assert_eq!(requests[0]["path"], "/hooks/framme?of=board");
    assert_eq!(requests[0]["headers"]["content-type"], "application/json");
    let body: Value = serde_json::from_str(requests[0]["raw"].as_str().unwrap()).unwrap();
    assert_eq!(body["type"], "framme.notice");
    assert_eq!(body["data"]["occasion"], "waiting");
    assert_eq!(body["data"]["urgency"], "acute");
    assert_eq!(body["data"]["where"], PLACE);
    assert_eq!(body["data"]["counts"][0]["count"], 1);
    assert!(!requests[0].to_string().contains("secret-subject"));
    assert_eq!(post.notices().await, ["board waiting secret-subject 0 sent"]);
}

async fn a_webhook_that_fails_gets_the_same_again_under_the_same_id(test: TestDatabase) {
    let mut post = Post::open(test).await;
    let hook = post.webhook("hook");
    hook.behave("500 429");
    post.hooked("board", hook.port, true);
    post.enqueue("board", &["a"], Urgency::Acute).await;
    post.send("board").await;
    // What comes meanwhile is another message.
    post.enqueue("board", &["b"], Urgency::Acute).await;
    post.fail("board", 2, 60).await;
    post.send("board").await;

    let requests = hook.received();
    let statuses: Vec<_> = requests.iter().map(|it| it["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [500, 429, 204, 204]);
    let id = |number: usize| requests[number]["headers"]["webhook-id"].clone();
    assert_eq!((id(0), &requests[0]["raw"]), (id(1), &requests[1]["raw"]));
    assert_eq!((id(1), &requests[1]["raw"]), (id(2), &requests[2]["raw"]));
    assert_ne!(id(2), id(3));
    assert_eq!(
        post.notices().await,
        ["board waiting a 0 sent", "board waiting b 0 sent"]
    );
}

async fn a_hundred_notices_are_one_message(test: TestDatabase) {
    let mut post = Post::open(test).await;
    let server = post.mail_server("implicit");
    post.mailed("desk", Language::Nynorsk, None);
    let subjects: Vec<String> = (0..100).map(|number| format!("late-{number}")).collect();
    let subjects: Vec<&str> = subjects.iter().map(String::as_str).collect();
    post.enqueue("desk", &subjects[..60], Urgency::Urgent).await;
    post.send("desk").await;
    assert_eq!(server.received().len(), 0, "they are gathered first");
    post.pass(299);
    post.enqueue("desk", &subjects[60..], Urgency::Normal).await;
    post.send("desk").await;
    post.pass(1);
    post.send("desk").await;

    let mails = server.received();
    assert_eq!(mails.len(), 1);
    assert_eq!(header(&mails[0], "subject"), "Hastar: 100 ting ventar");
    let body = mails[0]["body"].as_str().unwrap();
    assert!(
        body.contains("60 meldingar ventar") && body.contains("40 meldingar ventar"),
        "{body}"
    );
    assert!(post.notices().await.iter().all(|line| line.ends_with(" sent")));
}

async fn a_process_that_dies_after_sending_sends_again_under_the_same_id(test: TestDatabase) {
    let mut post = Post::open(test).await;
    let server = post.webhook("hook");
    post.hooked("board", server.port, true);
    post.enqueue("board", &["a"], Urgency::Acute).await;
    let claim = ClaimMessage {
        contact: name("board"),
        service: post.office.service.clone(),
        token: "of-the-dead".to_owned(),
        gather: post.office.notification.gather,
    };
    let claimed = post.office.database.change(claim).await.unwrap().unwrap();
    let now = post.clock.now();
    let parcel = Parcel {
        id: &claimed.id,
        text: &text(Language::Bokmal, &claimed.message, PLACE, now),
        hook: &hook(&claimed.message, PLACE, claimed.made_at),
        made_at: claimed.made_at,
    };
    let contact = post.office.notification.contact(&name("board")).unwrap();
    post.office.courier.deliver(contact, &parcel).await.unwrap();

    post.send("board").await;
    assert_eq!(
        server.received().len(),
        1,
        "it is the other worker's until its lease runs out"
    );
    post.pass(LEASE.as_secs());
    post.send("board").await;
    let requests = server.received();
    assert_eq!(requests.len(), 2);
    assert_eq!(
        requests[0]["headers"]["webhook-id"],
        requests[1]["headers"]["webhook-id"]
    );
    assert_eq!(requests[0]["raw"], requests[1]["raw"]);
    assert_eq!(post.notices().await, ["board waiting a 0 sent"]);
    // And the dead one, had it lived, would change nothing any more.
    let late = Taken {
        contact: name("board"),
        id: claimed.id,
        token: "of-the-dead".to_owned(),
    };
    assert!(!post.office.database.change(late).await.unwrap());
}

async fn what_is_refused_for_now_is_tried_again_until_it_is_taken(test: TestDatabase) {
    let mut post = Post::open(test).await;
    let server = post.mail_server("implicit");
    server.behave("451 later");
    post.mailed("desk", Language::English, None);
    post.enqueue("desk", &["a"], Urgency::Urgent).await;
    post.pass(300);
    post.send("desk").await;
    let channel = post.channel("desk").await.unwrap();
    assert_eq!(channel.last_failure, Some(DeliveryFailure::RefusedForNow));
    assert!(!channel.is_dead());
    server.behave("");
    post.pass(300);
    post.send("desk").await;
    assert_eq!(server.received().len(), 1);
    assert_eq!(post.channel("desk").await.unwrap().failing_since, None);
}

async fn a_server_that_hangs_costs_a_bounded_time_and_one_that_is_away_is_tried_again(test: TestDatabase) {
    let mut post = Post::open(test).await;
    let server = post.mail_server("implicit");
    let port = server.port;
    server.behave("hang");
    post.mailed("desk", Language::English, None);
    post.enqueue("desk", &["a"], Urgency::Acute).await;
    let worker = ChannelWorker::new(Arc::clone(&post.office), name("desk"));
    let hanging = tokio::spawn(async move { worker.step().await });
    framme_tests::worlds::eventually("the server hangs", async || server.has("hanging").then_some(())).await;
    post.pass(30);
    hanging.await.unwrap().unwrap();
    let failure = async || post.channel("desk").await.unwrap().last_failure;
    assert_eq!(failure().await, Some(DeliveryFailure::Timeout));

    drop(server);
    post.pass(60);
    post.send("desk").await;
    assert_eq!(failure().await, Some(DeliveryFailure::Unreachable));

    let back = Peer::mail(&post.test.folder().join("back"), "implicit", &post.secrets, Some(port));
    post.pass(60);
    post.send("desk").await;
    assert_eq!(back.received().len(), 1);
}

async fn a_refusal_for_ever_is_a_task_and_others_are_told_until_it_works_again(test: TestDatabase) {
    let mut post = Post::open(test).await;
    let server = post.mail_server("implicit");
    server.behave("550 nobody here");
    let hook = post.webhook("hook");
    post.hooked("board", hook.port, false);
    post.mailed("desk", Language::English, Some("board"));
    post.enqueue("desk", &["a"], Urgency::Acute).await;
    post.send("desk").await;
    assert!(post.channel("desk").await.unwrap().is_dead());
    let task = ("contact_unreachable".to_owned(), "desk".to_owned());
    assert_eq!(post.open_tasks().await, [task]);
    post.keep().await;
    post.send("board").await;
    let told = hook.received();
    let told: Value = serde_json::from_str(told[0]["raw"].as_str().unwrap()).unwrap();
    assert_eq!(told["data"]["occasion"], "unreachable");
    assert_eq!(told["data"]["urgency"], "acute");
    assert!(told["data"]["until"].is_string());

    // What comes later is told elsewhere at once, and once.
    post.enqueue("desk", &["b"], Urgency::Acute).await;
    post.keep().await;
    post.keep().await;
    post.send("board").await;
    let relayed = |lines: &[String]| {
        let told = lines
            .iter()
            .filter(|line| line.starts_with("board unreachable desk/waiting/"));
        told.count()
    };
    assert_eq!(relayed(&post.notices().await), 2);

    server.behave("");
    post.pass(60);
    post.send("desk").await;
    assert!(
        post.notices()
            .await
            .iter()
            .filter(|line| line.starts_with("desk"))
            .all(|line| line.ends_with("sent"))
    );
    assert!(!post.channel("desk").await.unwrap().is_dead());
    assert!(
        !post
            .open_tasks()
            .await
            .iter()
            .any(|(kind, _)| kind == "contact_unreachable")
    );
}

async fn failures_that_last_make_a_channel_dead_sooner_when_something_acute_waits(test: TestDatabase) {
    let mut post = Post::open(test).await;
    let server = post.mail_server("implicit");
    server.behave("451 later");
    post.mailed("desk", Language::English, None);
    post.enqueue("desk", &["a"], Urgency::Normal).await;
    post.pass(300);
    post.fail("desk", 5, 300).await;
    assert!(
        !post.channel("desk").await.unwrap().is_dead(),
        "20 minutes are not enough"
    );
    post.enqueue("desk", &["b"], Urgency::Acute).await;
    post.send("desk").await;
    assert!(post.channel("desk").await.unwrap().is_dead());
}

async fn two_contacts_that_stand_in_for_each_other_do_not_tell_each_other_for_ever(test: TestDatabase) {
    let mut post = Post::open(test).await;
    let server = post.mail_server("implicit");
    server.behave("550 nobody here");
    post.mailed("desk", Language::English, None);
    post.mailed("operator", Language::English, None);
    post.enqueue("desk", &["a"], Urgency::Acute).await;
    for _ in 0..3 {
        for contact in ["desk", "operator"] {
            post.send(contact).await;
            post.pass(300);
            post.keep().await;
        }
    }
    let told = post.notices().await;
    let relayed: Vec<&String> = told
        .iter()
        .filter(|line| line.contains(" unreachable desk/waiting/a/0 "))
        .collect();
    assert_eq!(relayed, ["operator unreachable desk/waiting/a/0 0 waiting"]);

    server.behave("");
    post.pass(300);
    for contact in ["desk", "operator"] {
        post.send(contact).await;
    }
    assert!(post.notices().await.iter().all(|line| line.ends_with("sent")));
}

async fn a_contact_that_is_not_configured_is_told_of_elsewhere_and_ends_there(test: TestDatabase) {
    let mut post = Post::open(test).await;
    let hook = post.webhook("hook");
    post.hooked("board", hook.port, true);
    post.enqueue("gone", &["a"], Urgency::Acute).await;
    post.keep().await;
    let task = ("contact_unreachable".to_owned(), "gone".to_owned());
    assert!(post.open_tasks().await.contains(&task));
    post.send("board").await;
    post.keep().await;
    let notices = post.notices().await;
    assert!(
        notices.contains(&"gone waiting a 0 elsewhere".to_owned()),
        "{notices:?}"
    );
    assert!(
        notices.contains(&"board unreachable gone/waiting/a/0 0 sent".to_owned()),
        "{notices:?}"
    );
}

async fn a_desk_hears_of_each_of_its_tasks_at_once_and_every_day(test: TestDatabase) {
    let mut post = Post::open(test).await;
    let hook = post.webhook("hook");
    post.hooked("board", hook.port, true);
    post.raise("lost", Desk::District).await;
    post.keep().await;
    post.keep().await;
    assert_eq!(post.notices().await, ["board incident 1 0 waiting"]);
    post.pass(24 * 3_600 - 1);
    post.keep().await;
    assert_eq!(post.notices().await.len(), 1);
    post.pass(1);
    post.keep().await;
    post.pass(3 * 24 * 3_600);
    post.keep().await;
    let lines = post.notices().await;
    let turns = lines.iter().map(|line| line.trim_end_matches(" waiting"));
    let turns: Vec<&str> = turns.filter(|line| line.starts_with("board incident 1 ")).collect();
    assert_eq!(
        turns,
        ["board incident 1 0", "board incident 1 1", "board incident 1 4"],
        "days on which nobody looked are not made up for"
    );
}

async fn the_doctor_names_what_waits_longer_than_an_hour(test: TestDatabase) {
    let mut post = Post::open(test).await;
    let hook = post.webhook("hook");
    hook.behave("404");
    post.hooked("board", hook.port, true);
    post.enqueue("board", &["a"], Urgency::Acute).await;
    let faults = async || {
        let (reader, told) = (post.office.database.reader(), &post.office.notification);
        let findings = examine(reader, told, true, post.clock.now()).await.unwrap();
        let faults = findings.iter().filter(|finding| !finding.is_good);
        faults.map(|finding| finding.check.clone()).collect::<Vec<_>>()
    };
    assert_eq!(faults().await, [""; 0]);
    post.send("board").await;
    assert_eq!(faults().await, ["contact board"]);
    post.pass(3_601);
    assert_eq!(faults().await, ["notices", "contact board"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_tries_a_contact_from_the_command_line() {
    let folder = framme_tests::database::Folder::new("notification-test");
    let secrets = peers::Secrets::make(folder.path());
    let server = Peer::mail(&folder.path().join("mail"), "starttls", &secrets, None);
    for (program, example) in [
        ("sender", include_str!("../../sender-service/sender.example.toml")),
        ("receiver", include_str!("../../receiver-service/receiver.example.toml")),
    ] {
        let config = folder.path().join(format!("{program}.toml"));
        let (before, _) = example.split_once("[notification]").unwrap();
        let others = ["\n[[receivers]]", "\n[[peers]]"];
        let peers = &example[others.iter().find_map(|others| example.find(others)).unwrap()..];
        let own = told_by(&secrets, server.port);
        std::fs::write(&config, format!("{before}{own}\n{peers}")).unwrap();
        let tried = run(program, &config, &["notification", "test", "desk"])
            .await
            .ends_with(0);
        assert!(tried.out.contains("was taken"), "{}", tried.out);
        run(program, &config, &["notification", "test", "nobody"])
            .await
            .ends_with(5);
        server.behave("550 nobody here");
        let tried = run(program, &config, &["--json", "notification", "test", "desk"])
            .await
            .ends_with(3);
        assert_eq!(serde_json::from_str::<Value>(&tried.out).unwrap()["failure"], "refused");
        server.behave("");
    }
    let mails = server.received();
    assert_eq!(mails.len(), 2);
    assert_eq!(header(&mails[0], "subject"), "Prøve: varsler kommer fram");
}

async fn run(program: &str, config: &std::path::Path, arguments: &[&str]) -> Ran {
    let program = framme_demo::world::programs_beside_this_one().unwrap().join(program);
    let ran = tokio::process::Command::new(program)
        .arg("--config")
        .arg(config)
        .args(arguments)
        .output()
        .await
        .unwrap();
    Ran {
        code: ran.status.code().unwrap(),
        out: String::from_utf8(ran.stdout).unwrap(),
        err: String::from_utf8(ran.stderr).unwrap(),
    }
}

/// The part of a configuration by which people are told through a mail server on this machine.
pub(crate) fn told_by(secrets: &peers::Secrets, port: u16) -> String {
    format!(
        "\n[notification]\nwhere = \"{PLACE}\"\ndigest_seconds = 0\nauthorities = {:?}\n\n[notification.smtp]\n\
        host = \"127.0.0.1\"\nport = {port}\ntls = \"starttls\"\nuser = \"framme\"\npassword_file = {:?}\n\
        from = \"framme@example.no\"\n\n[[contacts]]\nname = \"desk\"\nlanguage = \"nb\"\n\
        email = \"desk@example.no\"\nfallback = true\n",
        secrets.tls.trust, secrets.password
    )
}
