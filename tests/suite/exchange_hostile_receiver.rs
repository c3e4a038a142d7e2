//! A real sender and a receiver that lies: nothing turns green, and the receiver is not believed any more.

use std::sync::Arc;

use framme_demo::pki::synthetic_organisation;
use framme_shared::{
    domain::{
        digest::Digest,
        lifecycle::{Stage, Standing},
        receipt::{Pair, ReceiptClaims},
    },
    runtime::clock::SystemClock,
};
use framme_tests::{database::TestDatabase, on_both_databases};

use crate::exchange::{
    OTHER_RECEIVER, RECEIVER, TROMSO,
    authorities::Authorities,
    hostile::{Answers, Hostile},
    sender::{Known, RealSender},
    until,
};

on_both_databases!(
    an_assignment_that_another_key_signed_is_not_believed,
    an_assignment_that_another_organisation_signed_is_not_believed,
    an_assignment_in_a_chain_that_does_not_link_is_not_believed,
    an_answer_that_another_key_signed_ends_no_delivery,
    nothing_is_sent_to_another_organisation_at_the_receivers_address,
    deliveries_that_hang_leave_room_for_receipts,
);

struct Scene {
    authorities: Arc<Authorities>,
    hostile: Arc<Hostile>,
    sender: RealSender,
}

impl Scene {
    async fn new(database: TestDatabase) -> Self {
        Self::with_certificate_of(RECEIVER, database).await
    }

    async fn with_certificate_of(organisation: u32, database: TestDatabase) -> Self {
        let authorities = Authorities::new(Arc::new(SystemClock));
        let hostile = Hostile::start(&authorities, RECEIVER, &authorities.issue(organisation)).await;
        let known = Known {
            organisation: RECEIVER,
            address: &hostile.address,
            municipality: TROMSO,
        };
        let sender = RealSender::start(&authorities, database, &[known]).await;
        Self {
            authorities,
            hostile,
            sender,
        }
    }
}

/// States once truthfully that a report is stored, and then this about its assignment.
async fn assert_not_believed(database: TestDatabase, lie: impl FnOnce(&Scene, ReceiptClaims) -> String, reason: &str) {
    let scene = Scene::new(database).await;
    let report = scene.sender.submit(TROMSO).await;
    scene.sender.until_stage(&report, Stage::Stored).await;

    let claims = scene.hostile.assigned();
    scene.hostile.state_bytes(lie(&scene, claims.clone()));
    until("the receiver is distrusted", || async {
        scene.sender.receiver(RECEIVER).await.distrusted_reason.as_deref() == Some(reason)
    })
    .await;

    // Not even what it states truthfully is believed until a person has looked.
    scene.hostile.state_bytes(scene.hostile.sign(&claims));
    let later = scene.sender.submit(TROMSO).await;
    scene.sender.until_failure(&later, "receiver-distrusted").await;
    assert_eq!(scene.sender.receiver(RECEIVER).await.last_receipt, 1);
    for (report, stage) in [(&report, Stage::Stored), (&later, Stage::Queued)] {
        assert_eq!(scene.sender.stage(report).await, stage);
        assert_eq!(scene.sender.view(report).await.standing(), Standing::Open);
    }
}

async fn an_assignment_that_another_key_signed_is_not_believed(database: TestDatabase) {
    let lie = |scene: &Scene, claims: ReceiptClaims| scene.hostile.forge(&scene.hostile.sign(&claims), &claims);
    assert_not_believed(database, lie, "receipt_bad_signature").await;
}

async fn an_assignment_that_another_organisation_signed_is_not_believed(database: TestDatabase) {
    let lie = |scene: &Scene, claims: ReceiptClaims| {
        let other = scene.authorities.signer(&scene.authorities.issue(OTHER_RECEIVER));
        let receiver = synthetic_organisation(OTHER_RECEIVER);
        let pair = Pair {
            receiver,
            ..claims.pair
        };
        other.sign(&ReceiptClaims { pair, ..claims }).unwrap().into_string()
    };
    assert_not_believed(database, lie, "receipt_wrong_signer").await;
}

async fn an_assignment_in_a_chain_that_does_not_link_is_not_believed(database: TestDatabase) {
    let lie = |scene: &Scene, claims: ReceiptClaims| {
        let previous = Digest::of(b"another history");
        scene.hostile.sign(&ReceiptClaims { previous, ..claims })
    };
    assert_not_believed(database, lie, "receipt_chain_does_not_link").await;
}

async fn an_answer_that_another_key_signed_ends_no_delivery(database: TestDatabase) {
    let scene = Scene::new(database).await;
    scene.hostile.set(Answers::Forgery);
    let report = scene.sender.submit(TROMSO).await;
    scene.sender.until_failure(&report, "receipt_bad_signature").await;
    let transmission = scene.sender.view(&report).await.transmissions.remove(0);
    assert!(transmission.next_attempt_at.is_some(), "it is tried again");
    assert_eq!(scene.sender.stage(&report).await, Stage::Queued);
}

async fn nothing_is_sent_to_another_organisation_at_the_receivers_address(database: TestDatabase) {
    let scene = Scene::with_certificate_of(OTHER_RECEIVER, database).await;
    let report = scene.sender.submit(TROMSO).await;
    scene.sender.until_failure(&report, "peer-organisation-wrong").await;
    assert_eq!(scene.hostile.arrived(), 0);
    assert_eq!(scene.sender.stage(&report).await, Stage::Queued);
}

/// A receiver takes 32 requests of one connection at once, and that is how many deliveries are under way at once.
async fn deliveries_that_hang_leave_room_for_receipts(database: TestDatabase) {
    let scene = Scene::new(database).await;
    let report = scene.sender.submit(TROMSO).await;
    scene.sender.until_stage(&report, Stage::Stored).await;
    until("the first receipt is confirmed", || async {
        scene.hostile.confirmed() == 1
    })
    .await;

    scene.hostile.set(Answers::Never);
    for _ in 0..40 {
        scene.sender.submit(TROMSO).await;
    }
    until("deliveries use up what one connection may", || async {
        scene.hostile.arrived() == 1 + 32
    })
    .await;

    scene.hostile.state_bytes(scene.hostile.sign(&scene.hostile.assigned()));
    scene.sender.until_stage(&report, Stage::Assigned).await;
    until("its receipt is confirmed", || async { scene.hostile.confirmed() == 2 }).await;
}
