//! What was answered once is answered the same, whatever has changed since.

use framme_demo::{
    samples::{SampleReport, Samples},
    world::{LocalTransport, Storage, World, WorldOptions, programs_beside_this_one},
};
use framme_shared::wire::{
    pb::{report::Urgency, sender::SubmitReportRequest},
    status::reason_of,
};
use framme_tests::database::Folder;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_that_was_taken_is_answered_the_same_under_rules_that_would_refuse_it_now() {
    let folder = Folder::new("repetition");
    let options = WorldOptions {
        directory: folder.path().join("world"),
        storage: Storage::Sqlite,
        receivers: 1,
        programs: programs_beside_this_one().unwrap(),
        local: LocalTransport::default(),
    };
    let world = World::start(&options).await.unwrap();
    let mut samples = Samples::new(1);
    let sample = SampleReport {
        police_district: "Troms".to_owned(),
        children: vec![world.receivers[0].areas[0].clone()],
        urgency: Urgency::Normal,
        written: "2024-05-01T12:00:00Z".parse().unwrap(),
    };
    let request = SubmitReportRequest {
        report: Some(samples.report(&sample)),
    };
    let first = world
        .sender
        .desk()
        .unwrap()
        .submit_report(request.clone())
        .await
        .unwrap();

    // In production synthetic identity numbers are refused.
    let config = world.directory.join("sender/sender.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("production = false", "production = true")).unwrap();
    world.sender.process.kill().await.unwrap();
    world.sender.process.start().await.unwrap();
    let again = world.sender.desk().unwrap().submit_report(request).await.unwrap();
    let new = SubmitReportRequest {
        report: Some(samples.report(&sample)),
    };
    let refused = world.sender.desk().unwrap().submit_report(new).await.unwrap_err();

    assert_eq!(again.into_inner(), first.into_inner());
    assert!(reason_of(&refused).is_some(), "{refused:?}");
}
