//! A client in another language works both sides, knowing the contract only by reflection.

use std::{path::Path, process::Command};

use framme_demo::world::{LocalClient, LocalTransport, Storage, World, WorldOptions, programs_beside_this_one};
use framme_tests::database::Folder;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_python_client_submits_a_report_and_assigns_its_child_by_reflection_alone() {
    let folder = Folder::new("python-client");
    let options = WorldOptions {
        directory: folder.path().join("world"),
        storage: Storage::Sqlite,
        receivers: 1,
        programs: programs_beside_this_one().unwrap(),
        local: LocalTransport::default(),
    };
    let world = World::start(&options).await.unwrap();
    let receiver = &world.receivers[0];
    let (municipality, _) = &receiver.areas[0];

    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = project.join("../target/tests/python/bin/python");
    assert!(
        python.exists(),
        "the Python packages are not installed: run tests/setup or tests/run"
    );
    let place = |local: &LocalClient| [local.address.to_string(), local.trust.trust.display().to_string()];
    let output = Command::new(python)
        .arg(project.join("python/client.py"))
        .args(place(&world.sender.local))
        .arg(&world.sender.desk_token)
        .args(place(&receiver.local))
        .arg(&receiver.intake_leader_token)
        .arg(municipality)
        .output()
        .unwrap();

    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let saw: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = serde_json::json!({
        "same_answer_twice": true,
        "observed": true,
        "stage_at_receiver": "STAGE_ASSIGNED",
        "stage_at_sender": "STAGE_ASSIGNED",
        "standing": "STANDING_DELIVERED",
    });
    assert_eq!(saw, expected);
}
