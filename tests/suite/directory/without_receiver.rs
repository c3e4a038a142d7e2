//! A service without a receiver is a member like any other: its reports are taken, numbered, listed, and wait.

use std::{sync::Arc, time::Duration};

use framme_shared::{
    domain::lifecycle::Stage as ChildStage, runtime::clock::ManualClock, wire::pb::sender::ListReceiversRequest,
};
use framme_tests::{
    database::{Folder, TestDatabase},
    on_both_databases,
};

use super::{
    Scene, parts,
    register::{A, letter_only, service},
    transmission_of,
};
use crate::exchange::{RECEIVER, TROMSO, authorities::Authorities, receiver::RealReceiver, sender::RealSender, until};
use framme_demo::pki::synthetic_organisation;

on_both_databases!(
    its_reports_are_taken_and_shown_and_a_letter_is_asked_for,
    when_it_gets_a_receiver_what_waited_needs_no_letter,
    when_it_gets_a_receiver_what_waited_is_delivered_without_a_restart,
);

async fn its_reports_are_taken_and_shown_and_a_letter_is_asked_for(database: TestDatabase) {
    let mut scene = Scene::set(database, &letter_only(A, &["5501"])).await;
    let state = scene.submit(&["5501"]).await;
    assert_eq!(parts(&state), [(A, 1)]);
    assert_eq!(state.transmissions[0].sequence, 1);
    let tasks = scene.tasks_of("letter_needed").await;
    assert_eq!(tasks[0].0, transmission_of(&state).to_string());
    assert!(tasks[0].1.contains(A), "{tasks:?}");
    assert_eq!(scene.exchanges.receivers(), [], "nobody can deliver it");

    let listed = scene
        .stage
        .desk()
        .list_receivers(ListReceiversRequest {})
        .await
        .unwrap();
    let listed = listed.into_inner().receivers;
    let it = listed.iter().find(|it| it.organisation_number == A).unwrap();
    assert_eq!((it.waiting, it.last_transmission_sequence), (1, 1));
    assert!(listed.iter().all(|it| it.organisation_number != "000000000"));
}

async fn when_it_gets_a_receiver_what_waited_needs_no_letter(database: TestDatabase) {
    let mut scene = Scene::set(database, &letter_only(A, &["5501"])).await;
    scene.submit(&["5501"]).await;
    scene.change(&service(A, &["5501"], "")).await;
    assert_eq!(scene.tasks_of("letter_needed").await, []);
    assert_eq!(scene.exchanges.receivers(), [A.parse().unwrap()]);
}

async fn when_it_gets_a_receiver_what_waited_is_delivered_without_a_restart(database: TestDatabase) {
    let clock = Arc::new(ManualClock::new("2026-03-02T08:00:00Z".parse().unwrap()));
    let authorities = Authorities::new(clock.clone());
    let of_the_sender = TestDatabase::new(database.config().dialect().unwrap()).await;
    let receiver = RealReceiver::start(&authorities, database).await;
    let folder = Folder::new("directory");
    let file = folder.path().join("directory.toml");
    let organisation = synthetic_organisation(RECEIVER).to_string();
    std::fs::write(&file, letter_only(&organisation, &[TROMSO])).unwrap();
    let sender = RealSender::start_with_directory(&authorities, of_the_sender, &file, 30).await;
    let report = sender.submit(TROMSO).await;
    assert_eq!(sender.stage(&report).await, ChildStage::Queued);

    let at = format!("https://{}", receiver.address());
    let register = service(&organisation, &[TROMSO], "").replace("https://127.0.0.1:1", &at);
    std::fs::write(&file, register).unwrap();
    let number = synthetic_organisation(RECEIVER);
    until("the new register is in force", || async {
        clock.advance(Duration::from_secs(30));
        let now = sender.sender.context().directory.now();
        now.service(&number).is_some_and(|service| !service.is_letter_only())
    })
    .await;
    // Slowly from here on: no lease may run out on a busy machine.
    until("the receiver of the new register has stored it", || async {
        clock.advance(Duration::from_millis(100));
        sender.stage(&report).await == ChildStage::Stored
    })
    .await;
}
