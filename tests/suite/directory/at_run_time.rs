//! Receivers come, move and go while the service runs.

use framme_sender::directory::{Looked, receivers_of};
use framme_tests::{database::TestDatabase, on_both_databases};

use super::{
    Scene, number, parts,
    register::{A, B, letter_only, service},
};

on_both_databases!(
    a_new_receiver_has_its_row_its_workers_and_its_reports_without_a_restart,
    a_receiver_that_moves_has_workers_at_its_new_place,
    a_receiver_that_is_gone_keeps_its_workers_while_anything_is_open,
);

async fn a_new_receiver_has_its_row_its_workers_and_its_reports_without_a_restart(database: TestDatabase) {
    let mut scene = Scene::set(database, &service(A, &["5501"], "")).await;
    assert_eq!(scene.exchanges.receivers(), [number(A)]);
    assert_eq!(scene.look().await, Looked::Same);
    let both = [service(A, &["5501"], ""), service(B, &["4601"], "")].concat();
    assert_eq!(scene.change(&both).await, Looked::Taken);
    assert_eq!(scene.exchanges.receivers(), [number(A), number(B)]);
    assert_eq!(parts(&scene.submit(&["4601"]).await), [(B, 1)]);
}

async fn a_receiver_that_moves_has_workers_at_its_new_place(database: TestDatabase) {
    let register = service(A, &["5501"], "");
    let mut scene = Scene::set(database, &register).await;
    let moved = register.replace("127.0.0.1:1", "127.0.0.1:2");
    assert_eq!(scene.change(&moved).await, Looked::Taken);
    assert_eq!(scene.exchanges.receivers(), [number(A)]);
    let directory = scene.stage.context.directory.now();
    let known = receivers_of(&directory, &scene.stage.context.database).await.unwrap();
    assert_eq!(known, [(number(A), "https://127.0.0.1:2".to_owned())]);
}

async fn a_receiver_that_is_gone_keeps_its_workers_while_anything_is_open(database: TestDatabase) {
    let mut scene = Scene::set(database, &service(A, &["5501"], "")).await;
    let state = scene.submit(&["5501"]).await;
    let without = letter_only(B, &["5501"]);
    scene.change(&without).await;
    assert_eq!(scene.exchanges.receivers(), [number(A)]);
    let tasks = scene.tasks_of("receiver_retired").await;
    assert_eq!(tasks[0].0, A);
    assert!(tasks[0].1.contains("stands in the directory no more"), "{tasks:?}");
    // Also after a restart, which knows of it from the database only.
    let directory = scene.stage.context.directory.now();
    let database = &scene.stage.context.database;
    let known = receivers_of(&directory, database).await.unwrap();
    assert_eq!(known, [(number(A), "https://127.0.0.1:1".to_owned())]);

    let request = framme_shared::wire::pb::sender::CloseReportRequest {
        report_id: state.report_id.clone(),
        request_id: "5b1f4a4e-6c1e-4a3b-9a55-0d3f6c1e7b01".to_owned(),
        reason: "Tatt på telefon.".to_owned(),
        child_ids: Vec::new(),
        kind: 0,
    };
    scene.stage.desk().close_report(request).await.unwrap();
    scene.look().await;
    assert_eq!(scene.exchanges.receivers(), []);
    assert_eq!(scene.tasks_of("receiver_retired").await, []);
    let database = &scene.stage.context.database;
    assert_eq!(receivers_of(&directory, database).await.unwrap(), []);
}
