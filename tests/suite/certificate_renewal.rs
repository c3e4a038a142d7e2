//! Both enterprise certificates are renewed, each with a new key, while the services run.

use std::process::Command;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use framme_demo::{
    pki::{self, POLICE_DISTRICT},
    verdict::Verdict,
    world::{Process, Storage},
};
use framme_shared::{
    domain::organisation::OrganisationNumber,
    wire::pb::sender::{ListReceiptsRequest, ListReceiversRequest},
};
use framme_tests::{
    traffic::Traffic,
    worlds::{TestWorld, eventually},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn renewed_certificates_are_taken_up_and_old_receipts_hold() {
    let world = TestWorld::start("renewal", Storage::Sqlite, 1).await;
    let receiver = &world.receivers[0];
    let senders = [&world.sender.local];
    let assigning = [(&receiver.local, receiver.intake_leader_token.as_str())];
    let before = Traffic::default();
    before.submit(&world, &senders, 5, 1).await;
    before.assign_until_delivered(&world, &assigning, 5).await;
    let old = signers(&world, &before).await;
    assert_eq!(old.len(), 1);

    renew(&world, &receiver.process, receiver.organisation).await;
    renew(&world, &world.sender.process, POLICE_DISTRICT.number()).await;
    let after = Traffic::default();
    eventually("receipts are signed with the new certificate", || async {
        after.submit(&world, &senders, 1, after.answered() as u64 + 2).await;
        let count = 5 + after.answered() as u64;
        after.assign_until_delivered(&world, &assigning, count).await;
        let new = signers(&world, &after).await;
        new.iter().any(|signer| !old.contains(signer)).then_some(())
    })
    .await;

    assert_eq!(signers(&world, &before).await, old, "receipts are kept as they came");
    let request = ListReceiversRequest {};
    let receivers = world
        .sender
        .desk()
        .unwrap()
        .list_receivers(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(receivers.receivers[0].distrusted_reason, "");
    for service in [&world.sender.process, &receiver.process] {
        let doctor = service.command(&["doctor", "--full"]).await.unwrap();
        assert!(doctor.contains("whole"), "{doctor}");
        // Also from nothing: everything is read and verified anew.
        service.kill().await.unwrap();
        service.start().await.unwrap();
        service.command(&["doctor"]).await.unwrap();
    }
    let all = before.submitted().union(&after.submitted()).cloned().collect();
    let verdict = Verdict::of(&world, &all).await.unwrap();
    assert!(verdict.is_clean(), "{verdict}");
}

/// Installs a new certificate with a new key where the old ones lie, and tells the service (SIGHUP).
async fn renew(world: &TestWorld, service: &Process, organisation: OrganisationNumber) {
    let issued = world.pki.enterprise(organisation).unwrap();
    let (tls, trust) = (service.directory().join("tls"), service.directory().join("trust"));
    pki::install(&world.pki, &issued, &tls, &trust, &[]).unwrap();
    let pid = service.pid().await.unwrap().to_string();
    let told = Command::new("kill").args(["-HUP", &pid]).status().unwrap();
    assert!(told.success());
}

/// The certificates that have signed the receipts behind these reports, by thumbprint, each once.
async fn signers(world: &TestWorld, traffic: &Traffic) -> Vec<String> {
    let mut desk = world.sender.desk().unwrap();
    let mut found = Vec::new();
    for report_id in traffic.submitted() {
        let receipts = desk.list_receipts(ListReceiptsRequest { report_id }).await.unwrap();
        for receipt in receipts.into_inner().receipts {
            let (header, _) = receipt.split_once('.').unwrap();
            let header = URL_SAFE_NO_PAD.decode(header).unwrap();
            let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
            let thumbprint = header["x5t#S256"].as_str().unwrap().to_owned();
            if !found.contains(&thumbprint) {
                found.push(thumbprint);
            }
        }
    }
    found
}
