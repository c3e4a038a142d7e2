//! What still waits for a service that is no more is told to the desk, and moved by nobody else.

use std::time::Duration;

use framme_tests::{database::TestDatabase, on_both_databases};

use super::{
    Scene, TODAY, YESTERDAY, parts,
    register::{A, B, C, ended, service},
};

on_both_databases!(
    what_waits_for_a_retired_service_is_told_with_its_successor,
    a_service_retires_with_its_last_day_though_the_file_stays_the_same,
    of_several_successors_a_person_must_choose,
);

async fn what_waits_for_a_retired_service_is_told_with_its_successor(database: TestDatabase) {
    let mut scene = Scene::set(database, &service(A, &["5501"], "")).await;
    let state = scene.submit(&["5501"]).await;
    assert_eq!(scene.tasks_of("receiver_retired").await, []);
    scene
        .change(&[service(A, &["5501"], &ended(YESTERDAY, &[B])), service(B, &[], "")].concat())
        .await;
    let tasks = scene.tasks_of("receiver_retired").await;
    assert_eq!(tasks.len(), 1);
    assert_eq!(tasks[0].0, A);
    assert!(
        tasks[0].1.contains("1 transmissions wait") && tasks[0].1.contains(B),
        "{tasks:?}"
    );
    let report = state.report_id.parse().unwrap();
    let view = scene.stage.view(&report).await;
    assert_eq!(
        view.transmissions[0].receiver.to_string(),
        A,
        "nothing is moved by itself"
    );
    assert_eq!(parts(&scene.submit(&["5501"]).await), [(B, 1)]);
}

async fn a_service_retires_with_its_last_day_though_the_file_stays_the_same(database: TestDatabase) {
    let register = [service(A, &["5501"], &ended(TODAY, &[B])), service(B, &[], "")];
    let mut scene = Scene::set(database, &register.concat()).await;
    assert_eq!(parts(&scene.submit(&["5501"]).await), [(A, 1)]);
    scene.look().await;
    assert_eq!(scene.tasks_of("receiver_retired").await, []);
    // 09:00 in Norway: fifteen hours later it is tomorrow there.
    scene.stage.clock.advance(Duration::from_secs(15 * 3_600));
    scene.look().await;
    assert_eq!(scene.tasks_of("receiver_retired").await.len(), 1);
    assert_eq!(parts(&scene.submit(&["5501"]).await), [(B, 1)]);
}

async fn of_several_successors_a_person_must_choose(database: TestDatabase) {
    let mut scene = Scene::set(database, &service(A, &["5501"], "")).await;
    scene.submit(&["5501"]).await;
    let split = [
        service(A, &["5501"], &ended(YESTERDAY, &[B, C])),
        service(B, &[], ""),
        service(C, &[], ""),
    ];
    scene.change(&split.concat()).await;
    let tasks = scene.tasks_of("receiver_retired").await;
    assert!(tasks[0].1.contains("a person must choose"), "{tasks:?}");
}
