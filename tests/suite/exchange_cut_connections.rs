//! Fifty reports over connections that break at random bytes: every report once, every chain whole.

use std::{collections::HashSet, time::Duration};

use framme_demo::{
    replay::all_reports,
    samples::{SampleReport, Samples},
    verdict::Verdict,
    world::{CASEWORKERS, ReceiverNode, Storage, World},
};
use framme_shared::{
    runtime::clock::{Clock as _, SystemClock},
    wire::pb::{
        receiver::{AssignChildRequest, ChildChange, ListTransmissionsRequest},
        report::{Report, Urgency},
        sender::{Standing, SubmitReportRequest},
    },
};
use framme_tests::{database::postgres_server, proxy::Proxy, worlds::TestWorld};
use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};

use crate::exchange::receiver::new_id;

const REPORTS: usize = 50;
/// To each receiver.
const CUTS: usize = 20;
/// Bytes. A handshake takes about 5,000, and a report with its receipts as many.
const LONGEST_LIFE: usize = 15_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_cut_at_random_bytes_lose_and_duplicate_nothing_on_sqlite() {
    survives_cut_connections(Storage::Sqlite, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_cut_at_random_bytes_lose_and_duplicate_nothing_on_postgresql() {
    let server = postgres_server();
    survives_cut_connections(Storage::Postgres { server }, 2).await;
}

async fn survives_cut_connections(storage: Storage, seed: u64) {
    let world = TestWorld::start("cut-connections", storage, 2).await;
    let mut rng = SmallRng::seed_from_u64(seed);
    let proxies = put_between(&world).await;
    for proxy in &proxies {
        proxy.cut_next((0..CUTS).map(|_| rng.random_range(0..LONGEST_LIFE)));
    }

    let reports = reports(&world, seed);
    let submitted: HashSet<String> = reports.iter().map(|report| report.report_id.clone()).collect();
    for report in reports {
        let request = SubmitReportRequest { report: Some(report) };
        world.sender.system().unwrap().submit_report(request).await.unwrap();
        assign_what_has_come(&world).await;
    }
    assign_until_all_are_delivered(&world).await;

    let verdict = Verdict::of(&world, &submitted).await.unwrap();
    assert!(verdict.is_clean(), "{verdict}");
    let cut: usize = proxies.iter().map(Proxy::connections_cut).sum();
    assert!(cut >= CUTS, "only {cut} connections were cut");
    // `doctor` follows every chain of receipts and opens and digests every content.
    world.sender.process.command(&["doctor", "--full"]).await.unwrap();
    for receiver in &world.receivers {
        receiver.process.command(&["doctor", "--full"]).await.unwrap();
    }
}

/// Puts a proxy before each receiver, and tells the sender.
async fn put_between(world: &World) -> Vec<Proxy> {
    let path = world.directory.join("sender/sender.toml");
    let mut config = std::fs::read_to_string(&path).unwrap();
    let mut proxies = Vec::new();
    for receiver in &world.receivers {
        let proxy = Proxy::before(&receiver.exchange).await;
        config = config.replace(&receiver.exchange, &proxy.address());
        proxies.push(proxy);
    }
    world.sender.process.kill().await.unwrap();
    std::fs::write(&path, config).unwrap();
    world.sender.process.start().await.unwrap();
    proxies
}

/// Reports about one child of each receiver, and every third about one of both.
fn reports(world: &World, seed: u64) -> Vec<Report> {
    let areas = world.receivers.iter().map(|receiver| receiver.areas[0].clone());
    let areas: Vec<_> = areas.collect();
    let mut samples = Samples::new(seed);
    let report = |number: usize| {
        let children = if number.is_multiple_of(3) {
            areas.clone()
        } else {
            vec![areas[number % areas.len()].clone()]
        };
        samples.report(&SampleReport {
            police_district: "Troms".to_owned(),
            children,
            urgency: Urgency::Normal,
            written: SystemClock.now(),
        })
    };
    (0..REPORTS).map(report).collect()
}

async fn assign_what_has_come(world: &World) {
    for receiver in &world.receivers {
        assign_all(receiver).await;
    }
}

async fn assign_all(receiver: &ReceiverNode) {
    let mut leader = receiver.intake_leader().unwrap();
    let request = ListTransmissionsRequest {
        page_size: 200,
        page_token: String::new(),
        unassigned_only: true,
    };
    for transmission in leader
        .list_transmissions(request)
        .await
        .unwrap()
        .into_inner()
        .transmissions
    {
        for child in transmission.children {
            let request = AssignChildRequest {
                change: Some(ChildChange {
                    request_id: new_id(),
                    transmission_id: transmission.transmission_id.clone(),
                    child_id: child.child_id,
                    on_behalf_of_staff_id: String::new(),
                }),
                caseworker_staff_id: CASEWORKERS[0].to_owned(),
                known_to_service: 0,
            };
            leader.assign_child(request).await.unwrap();
        }
    }
}

async fn assign_until_all_are_delivered(world: &World) {
    let waiting = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(100));
        loop {
            ticks.tick().await;
            assign_what_has_come(world).await;
            let reports = all_reports(world).await.unwrap();
            let delivered = |standing| standing == i32::from(Standing::Delivered);
            if reports.iter().all(|report| delivered(report.standing)) {
                return;
            }
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(120), waiting).await;
    waited.expect("every report is delivered in the end");
}
