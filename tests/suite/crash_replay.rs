//! Fifty SIGKILLs during the replay: every report exactly once, every chain whole, nothing falsely delivered, and evidence
//! of all of it that holds.

use std::{collections::HashSet, time::Duration};

use framme_demo::{
    replay::{Replay, expected_after, expected_before},
    verdict::Verdict,
    world::{LocalTransport, Process, Storage, World, WorldOptions, programs_beside_this_one},
};
use framme_shared::{
    domain::{
        evidence::{Package, verify},
        jws::TrustedIssuers,
        receipt::ReceiptVerifier,
    },
    runtime::clock::{Clock as _, SystemClock},
    wire::{
        pb::sender::{EvidencePeriod, ExportEvidenceRequest, export_evidence_request::Scope},
        time::to_pb,
    },
};
use framme_tests::database::{Folder, postgres_server};
use jiff::Timestamp;
use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};

/// How many times a service is killed.
const KILLS: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_kills_during_the_replay_lose_duplicate_and_feign_nothing_on_sqlite() {
    survives_fifty_kills(Storage::Sqlite, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_kills_during_the_replay_lose_duplicate_and_feign_nothing_on_postgresql() {
    let server = postgres_server();
    survives_fifty_kills(Storage::Postgres { server }, 2).await;
}

async fn survives_fifty_kills(storage: Storage, seed: u64) {
    let folder = Folder::new("crash-replay");
    let options = WorldOptions {
        directory: folder.path().join("world"),
        storage,
        receivers: 2,
        programs: programs_beside_this_one().unwrap(),
        local: LocalTransport::default(),
    };
    let world = World::start(&options).await.unwrap();
    let replay = Replay::new(seed).unwrap();

    let replaying = async {
        replay.submit(&world).await.unwrap();
        replay.wait_until_stored(&world).await.unwrap();
        let before = replay.table(&world).await.unwrap();
        let delivered = replay.assign_all_but_those_who_reached_nobody(&world).await.unwrap();
        (before, delivered)
    };
    let killing = kill_at_random_moments(&world, &replay, SmallRng::seed_from_u64(seed));
    let ((before, delivered), ()) = tokio::join!(replaying, killing);
    replay.wait_until_delivered(&world, delivered).await.unwrap();

    assert_eq!(before, expected_before().unwrap());
    assert_eq!(replay.table(&world).await.unwrap(), expected_after().unwrap());
    assert_every_report_is_there_once(&world, &replay).await;
    assert_both_sides_hold_whole_chains(&world).await;
    assert_the_evidence_holds(&world, &replay).await;
}

/// Kills one of the services, and starts it again, at fifty moments spread at random over the calls of the replay: each
/// a little after a call was answered, so that some hit between calls and some in the middle of one.
async fn kill_at_random_moments(world: &World, replay: &Replay, mut rng: SmallRng) {
    let receivers = world.receivers.iter().map(|receiver| &receiver.process);
    let services: Vec<&Process> = [&world.sender.process].into_iter().chain(receivers).collect();
    let mut moments: Vec<usize> = (0..KILLS).map(|_| rng.random_range(0..replay.calls() - 1)).collect();
    moments.sort_unstable();
    for moment in moments {
        let mut look = tokio::time::interval(Duration::from_micros(200));
        while replay.answered() < moment {
            look.tick().await;
        }
        let mut after = tokio::time::interval(Duration::from_micros(rng.random_range(1..20_000)));
        after.tick().await;
        after.tick().await;
        let service = services[rng.random_range(0..services.len())];
        service.kill().await.unwrap();
        service.start().await.unwrap();
    }
}

async fn assert_every_report_is_there_once(world: &World, replay: &Replay) {
    let submitted: HashSet<String> = replay.report_ids().map(str::to_owned).collect();
    let verdict = Verdict::of(world, &submitted).await.unwrap();
    // The four that reached nobody are at their receivers, and rightly not delivered.
    assert_eq!(
        verdict,
        Verdict {
            not_delivered: 4,
            ..Verdict::default()
        }
    );
}

/// `doctor` follows every receipt chain and opens and digests every content.
async fn assert_both_sides_hold_whole_chains(world: &World) {
    world.sender.process.command(&["doctor", "--full"]).await.unwrap();
    for receiver in &world.receivers {
        receiver.process.command(&["doctor", "--full"]).await.unwrap();
    }
}

/// Every report's package and that of everything that passed to each receiver verify by the roots alone, and tell of each
/// child what the sender's figures tell.
async fn assert_the_evidence_holds(world: &World, replay: &Replay) {
    let roots = std::fs::read(&world.sender.local.trust.trust).unwrap();
    let verifier = ReceiptVerifier::new(TrustedIssuers::from_pem(&roots, b"").unwrap());
    let verdict = async |scope: Scope| {
        let package = Package::read(&export(world, scope).await).unwrap();
        let verdict = verify(&package, &verifier, SystemClock.now()).unwrap();
        assert_eq!(verdict.faults, []);
        (
            verdict.children.len(),
            verdict.children.iter().filter(|child| child.is_delivered()).count(),
        )
    };
    let (mut children, mut delivered) = (0, 0);
    for report in replay.report_ids() {
        let (of_report, and_delivered) = verdict(Scope::ReportId(report.to_owned())).await;
        (children, delivered) = (children + of_report, delivered + and_delivered);
    }
    assert_eq!((children, delivered), (279, 271));
    let (mut children, mut delivered) = (0, 0);
    for receiver in &world.receivers {
        let now = SystemClock.now();
        let period = EvidencePeriod {
            receiver_organisation_number: receiver.organisation.to_string(),
            from_time: Some(to_pb(Timestamp::UNIX_EPOCH)),
            until_time: Some(to_pb(Timestamp::from_second(now.as_second() + 1).unwrap())),
        };
        let (of_receiver, and_delivered) = verdict(Scope::Period(period)).await;
        (children, delivered) = (children + of_receiver, delivered + and_delivered);
    }
    assert_eq!((children, delivered), (279, 271));
}

async fn export(world: &World, scope: Scope) -> Vec<u8> {
    let request = ExportEvidenceRequest { scope: Some(scope) };
    let mut client = world.sender.local.evidence(&world.sender.desk_token).unwrap();
    let mut chunks = client.export_evidence(request).await.unwrap().into_inner();
    let mut file = Vec::new();
    while let Some(message) = chunks.message().await.unwrap() {
        file.extend_from_slice(&message.chunk);
    }
    file
}
