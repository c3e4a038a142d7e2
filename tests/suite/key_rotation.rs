//! A new master key, end to end: both services serve and reports flow all the while.

use std::{collections::HashSet, fs, path::PathBuf, time::Duration};

use framme_demo::{
    verdict::Verdict,
    world::{Process, Storage, World},
};
use framme_shared::wire::pb::{
    receiver::{GetTransmissionRequest, ListTransmissionsRequest},
    sender::GetReportRequest,
};
use framme_tests::{commands::Tool, database::postgres_server, traffic::Traffic, worlds::TestWorld};

/// Enough that rewrapping takes several commits.
const BEFORE: usize = 300;
const DURING: usize = 100;
const AFTER: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_key_is_changed_under_traffic_on_sqlite() {
    Box::pin(a_master_key_is_changed_under_traffic(Storage::Sqlite)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_key_is_changed_under_traffic_on_postgresql() {
    let server = postgres_server();
    Box::pin(a_master_key_is_changed_under_traffic(Storage::Postgres { server })).await;
}

async fn a_master_key_is_changed_under_traffic(storage: Storage) {
    let world = TestWorld::start("key-rotation", storage, 1).await;
    let receiver = &world.receivers[0];
    let services = [&world.sender.process, &receiver.process];
    let traffic = Traffic::default();
    let senders = [&world.sender.local];
    let assigning = [(&receiver.local, receiver.intake_leader_token.as_str())];
    traffic.submit(&world, &senders, BEFORE, 1).await;

    let rotating = async {
        for service in services {
            let tool = Tool::of(service, "");
            tool.run(&["keys", "add", "--name", "second"]).await.ends_with(0);
            for delay in [10, 40, 80] {
                killed_after(&tool, Duration::from_millis(delay)).await;
            }
            tool.run(&["keys", "rewrap"]).await.ends_with(0);
        }
    };
    let flowing = traffic.submit(&world, &senders, DURING, 2);
    let all = (BEFORE + DURING + AFTER) as u64;
    let working = async {
        tokio::join!(flowing, rotating);
        for service in services {
            let tool = Tool::of(service, "");
            let again = tool.run(&["--json", "keys", "rewrap"]).await.json();
            assert_eq!(again["rewrapped"], 0, "{}", service.name);
            take_out_the_old_key(service);
        }
        // Nobody was restarted, and nothing needs the old key.
        traffic.submit(&world, &senders, AFTER, 3).await;
    };
    tokio::join!(working, traffic.assign_until_delivered(&world, &assigning, all));

    let verdict = Verdict::of(&world, &traffic.submitted()).await.unwrap();
    assert!(verdict.is_clean(), "{verdict}");
    for service in services {
        service.command(&["doctor", "--full"]).await.unwrap();
        service.kill().await.unwrap();
        service.start().await.unwrap();
    }
    everything_opens(&world, &traffic.submitted()).await;
}

/// Runs `keys rewrap` and kills it (SIGKILL) after a while, wherever it is.
async fn killed_after(tool: &Tool, delay: Duration) {
    let mut rewrapping = tool.start(&["keys", "rewrap"]);
    let mut after = tokio::time::interval(delay);
    after.tick().await;
    after.tick().await;
    rewrapping.kill().await.unwrap();
}

fn key_file(service: &Process) -> PathBuf {
    service.directory().join("master.keys")
}

fn take_out_the_old_key(service: &Process) {
    let text = fs::read_to_string(key_file(service)).unwrap();
    let new: Vec<&str> = text.lines().filter(|line| line.starts_with("second = ")).collect();
    assert_eq!(new.len(), 1);
    fs::write(key_file(service), format!("{}\n", new[0])).unwrap();
}

/// The content of every report, at both sides, by who may read it.
async fn everything_opens(world: &World, submitted: &HashSet<String>) {
    let mut desk = world.sender.desk().unwrap();
    for report_id in submitted {
        let request = GetReportRequest {
            report_id: report_id.clone(),
            include_content: true,
        };
        let answer = desk.get_report(request).await.unwrap().into_inner();
        assert_eq!(&answer.content.unwrap().report_id, report_id);
    }
    let mut work_list = world.receivers[0].intake_leader().unwrap();
    let request = ListTransmissionsRequest {
        page_size: 1_000,
        ..ListTransmissionsRequest::default()
    };
    let listed = work_list
        .list_transmissions(request)
        .await
        .unwrap()
        .into_inner()
        .transmissions;
    assert_eq!(listed.len(), submitted.len());
    for entry in listed.iter().step_by(10) {
        let request = GetTransmissionRequest {
            transmission_id: entry.transmission_id.clone(),
        };
        let answer = work_list.get_transmission(request).await.unwrap().into_inner();
        assert_eq!(answer.report.unwrap().report_id, entry.report_id);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_does_not_start_with_the_wrong_master_key_and_names_it() {
    let world = TestWorld::start("key-wrong", Storage::Sqlite, 1).await;
    let receiver = &world.receivers[0];
    let traffic = Traffic::default();
    traffic.submit(&world, &[&world.sender.local], 2, 1).await;
    let assigning = [(&receiver.local, receiver.intake_leader_token.as_str())];
    traffic.assign_until_delivered(&world, &assigning, 2).await;

    for service in [&world.sender.process, &receiver.process] {
        service.kill().await.unwrap();
        let right = fs::read_to_string(key_file(service)).unwrap();
        let name = Tool::of(service, "").run(&["--json", "keys", "rewrap"]).await.json()["master_key"].clone();
        let name = name.as_str().unwrap();
        let wrong = format!("{name} = AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n");
        for (keys, says) in [
            (wrong.clone(), "is not the one that stored content is sealed under"),
            (wrong.replacen(name, "another", 1), "not in the key file: put it back"),
        ] {
            fs::write(key_file(service), keys).unwrap();
            let refused = Tool::of(service, "").run(&["serve"]).await.ends_with(2);
            assert!(
                refused.err.contains(says) && refused.err.contains(name),
                "{}",
                refused.err
            );
        }
        fs::write(key_file(service), right).unwrap();
        service.start().await.unwrap();
    }
}
