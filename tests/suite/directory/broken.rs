//! A register that is broken changes nothing, and somebody is told.

use framme_sender::{
    StartError,
    config::Config,
    directory::{Looked, in_force},
};
use framme_tests::{database::TestDatabase, on_both_databases};

use super::{
    Scene, parts,
    register::{A, B, service},
};
use crate::sender::doctor::config;

on_both_databases!(
    a_broken_register_keeps_the_old_one_in_force_until_it_is_mended,
    a_register_that_is_gone_is_a_broken_one,
    a_start_with_a_broken_register_goes_on_with_the_last_good_one,
    a_first_start_with_a_broken_register_does_not_begin,
);

async fn a_broken_register_keeps_the_old_one_in_force_until_it_is_mended(database: TestDatabase) {
    let mut scene = Scene::set(database, &service(A, &["5501"], "")).await;
    let overlapping = [service(A, &["5501"], ""), service(B, &["5501"], "")].concat();
    assert_eq!(scene.change(&overlapping).await, Looked::Refused);
    assert_eq!(parts(&scene.submit(&["5501"]).await), [(A, 1)]);
    let tasks = scene.tasks_of("directory_broken").await;
    assert!(
        tasks[0].1.contains("services[1] (974761076).areas[0] (5501)"),
        "{tasks:?}"
    );
    assert_eq!(scene.look().await, Looked::Same, "one content is refused once");
    assert_eq!(scene.tasks_of("directory_broken").await.len(), 1);

    let mended = [service(A, &["5503"], ""), service(B, &["5501"], "")].concat();
    assert_eq!(scene.change(&mended).await, Looked::Taken);
    assert_eq!(scene.tasks_of("directory_broken").await, []);
    assert_eq!(parts(&scene.submit(&["5501"]).await), [(B, 1)]);
}

async fn a_register_that_is_gone_is_a_broken_one(database: TestDatabase) {
    let register = service(A, &["5501"], "");
    let mut scene = Scene::set(database, &register).await;
    std::fs::remove_file(scene.stage.database.folder().join("directory.toml")).unwrap();
    assert_eq!(scene.look().await, Looked::Refused);
    assert_eq!(parts(&scene.submit(&["5501"]).await), [(A, 1)]);
    assert_eq!(scene.tasks_of("directory_broken").await.len(), 1);
    // The same as before comes back: nothing is new, and nothing is wrong any more.
    assert_eq!(scene.change(&register).await, Looked::Same);
    assert_eq!(scene.tasks_of("directory_broken").await, []);
}

fn with_file(scene: &Scene) -> Config {
    Config {
        directory: Some(scene.stage.database.folder().join("directory.toml")),
        receivers: Vec::new(),
        ..config(&scene.stage)
    }
}

async fn a_start_with_a_broken_register_goes_on_with_the_last_good_one(database: TestDatabase) {
    let scene = Scene::set(database, &service(A, &["5501"], "")).await;
    scene.write("[[services]]\norganisation = \"1\"");
    let directory = in_force(&with_file(&scene), &scene.stage.context.database)
        .await
        .unwrap();
    assert_eq!(directory, *scene.stage.context.directory.now());
    assert_eq!(scene.tasks_of("directory_broken").await.len(), 1);
}

async fn a_first_start_with_a_broken_register_does_not_begin(database: TestDatabase) {
    let scene = Scene::set(database, "services = 1").await;
    let refused = in_force(&with_file(&scene), &scene.stage.context.database).await;
    assert!(matches!(refused, Err(StartError::Directory(_))));
}
