//! Believing receipts, and not believing them.

use std::time::Duration;

use framme_sender::{store::receiver, tracking::TrustReceiver};
use framme_shared::{
    domain::{
        digest::Digest,
        ids::{ReportId, TransmissionId},
        lifecycle::{Stage as ChildStage, Standing},
        receipt::Statement,
    },
    wire::pb::{report::Urgency, sender::ListReceiptsRequest},
};
use framme_tests::{database::TestDatabase, on_both_databases};

use super::{
    receiver::{caseworker, signer},
    stage::{HARSTAD, Stage, TROMSO, soon},
};

on_both_databases!(
    assigned_children_make_a_delivered_report,
    a_revoked_assignment_makes_it_undelivered_again,
    receipts_are_kept_verbatim_and_confirmed,
    a_receipt_signed_by_another_is_not_believed,
    a_receipt_with_another_digest_is_not_believed,
    a_receipt_that_skips_a_number_is_not_believed,
    a_receipt_that_comes_again_is_not_believed,
    a_receipt_about_what_was_never_sent_is_not_believed,
    a_move_that_is_not_possible_is_not_believed,
    what_came_before_the_fault_counts_and_what_comes_after_does_not,
    a_person_who_has_looked_lets_the_stream_go_on,
    a_receiver_that_forgot_receipts_is_distrusted,
    a_sender_that_lacks_receipts_asks_for_them_from_the_last_that_it_has,
    a_closed_child_stays_closed_whatever_the_receiver_says_later,
);

/// A report about one child in Tromsø that the receiver has stored.
async fn stored(stage: &mut Stage) -> ReportId {
    let report = stage.submit(&[TROMSO], Urgency::Normal).await;
    soon(stage.deliver(0)).await;
    report
}

async fn distrusted(stage: &Stage) -> Option<String> {
    let reader = stage.context.database.reader();
    receiver::look_up(reader, &stage.receiver_number(0))
        .await
        .unwrap()
        .unwrap()
        .distrusted_reason
}

async fn assert_not_believed(stage: &Stage, report: &ReportId, reason: &str) {
    soon(stage.track(0)).await;
    assert_eq!(distrusted(stage).await.as_deref(), Some(reason));
    assert_ne!(stage.view(report).await.standing(), Standing::Delivered);
}

async fn assigned_children_make_a_delivered_report(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.submit(&[TROMSO, HARSTAD], Urgency::Normal).await;
    for receiver in [0, 1] {
        soon(stage.deliver(receiver)).await;
    }
    stage.first.assigns_all();
    soon(stage.track(0)).await;
    assert_eq!(
        stage.view(&report).await.standing(),
        Standing::Open,
        "one child is still without a caseworker"
    );
    stage.clock.advance(Duration::from_secs(5));
    stage.second.assigns_all();
    soon(stage.track(1)).await;
    let view = stage.view(&report).await;
    assert_eq!(view.standing(), Standing::Delivered);
    assert_eq!(view.delivered_at().unwrap().to_string(), "2026-03-02T08:00:05Z");
}

async fn a_revoked_assignment_makes_it_undelivered_again(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stored(&mut stage).await;
    stage.first.assigns_all();
    soon(stage.track(0)).await;
    assert_eq!(stage.view(&report).await.standing(), Standing::Delivered);
    let child = stage.first.children()[0];
    stage.first.states(Statement::Revoked, Some(child));
    soon(stage.track(0)).await;
    assert_eq!(stage.view(&report).await.standing(), Standing::Open);
    let reader = stage.context.database.reader();
    let figures = framme_sender::store::figures::by_district(reader).await.unwrap();
    assert_eq!((figures[0].reports_open, figures[0].reports_delivered), (1, 0));
}

async fn receipts_are_kept_verbatim_and_confirmed(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stored(&mut stage).await;
    stage.first.assigns_all();
    let mut worker = stage.tracking(0);
    while stage.first.confirmed() < 2 {
        soon(worker.step()).await.unwrap();
        stage.clock.advance(Duration::from_secs(1));
    }
    let request = ListReceiptsRequest {
        report_id: report.to_string(),
    };
    let kept = stage
        .system()
        .list_receipts(request)
        .await
        .unwrap()
        .into_inner()
        .receipts;
    assert_eq!(kept, stage.first.receipts());
}

async fn a_receipt_signed_by_another_is_not_believed(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stored(&mut stage).await;
    let child = stage.first.children()[0];
    let mut claims = stage.first.claims(Statement::Assigned(caseworker()), Some(child));
    claims.pair = stage.second.pair;
    let forged = signer(&stage.pki, stage.second.pair).sign(&claims).unwrap();
    stage.first.state_bytes(forged.into_string());
    assert_not_believed(&stage, &report, "receipt_wrong_signer").await;
}

async fn a_receipt_with_another_digest_is_not_believed(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stored(&mut stage).await;
    let child = stage.first.children()[0];
    let mut claims = stage.first.claims(Statement::Assigned(caseworker()), Some(child));
    claims.digest = Digest::of(b"something else");
    stage.first.state_claims(&claims);
    assert_not_believed(&stage, &report, "receipt_digest_differs").await;
}

async fn a_receipt_that_skips_a_number_is_not_believed(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stored(&mut stage).await;
    let child = stage.first.children()[0];
    let mut claims = stage.first.claims(Statement::Assigned(caseworker()), Some(child));
    claims.sequence += 1;
    stage.first.state_claims(&claims);
    assert_not_believed(&stage, &report, "receipt_number_skipped").await;
}

async fn a_receipt_that_comes_again_is_not_believed(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stored(&mut stage).await;
    let first = stage.first.receipts()[0].clone();
    stage.first.state_bytes(first);
    assert_not_believed(&stage, &report, "receipt_number_repeated").await;
}

async fn a_receipt_about_what_was_never_sent_is_not_believed(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stored(&mut stage).await;
    let child = stage.first.children()[0];
    let mut claims = stage.first.claims(Statement::Assigned(caseworker()), Some(child));
    claims.transmission = TransmissionId::parse("6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20").unwrap();
    stage.first.state_claims(&claims);
    assert_not_believed(&stage, &report, "receipt_unknown_transmission").await;
}

async fn a_move_that_is_not_possible_is_not_believed(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stored(&mut stage).await;
    let child = stage.first.children()[0];
    stage.first.states(Statement::Revoked, Some(child));
    assert_not_believed(&stage, &report, "receipt_impossible_move").await;
}

async fn what_came_before_the_fault_counts_and_what_comes_after_does_not(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stored(&mut stage).await;
    stage.first.state_bytes("not.a.receipt".to_owned());
    stage.first.assigns_all();
    soon(stage.track(0)).await;
    assert_eq!(distrusted(&stage).await.as_deref(), Some("receipt_malformed"));
    let view = stage.view(&report).await;
    assert_eq!(view.transmissions[0].children[0].state.stage(), ChildStage::Stored);
}

async fn a_person_who_has_looked_lets_the_stream_go_on(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stored(&mut stage).await;
    stage.first.state_bytes("not.a.receipt".to_owned());
    soon(stage.track(0)).await;
    stage.first.forget_last();
    stage.first.assigns_all();
    soon(stage.track(0)).await;
    assert_eq!(
        stage.view(&report).await.standing(),
        Standing::Open,
        "nothing is believed before somebody has looked"
    );
    let trust = TrustReceiver {
        receiver: stage.receiver_number(0),
        by: "adm-1".to_owned(),
    };
    assert!(stage.context.database.change(trust).await.unwrap());
    soon(stage.track(0)).await;
    assert_eq!(stage.view(&report).await.standing(), Standing::Delivered);
}

async fn a_receiver_that_forgot_receipts_is_distrusted(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stored(&mut stage).await;
    stage.first.assigns_all();
    soon(stage.track(0)).await;
    stage.first.forget_last();
    soon(stage.tracking(0).step()).await.unwrap();
    assert_eq!(distrusted(&stage).await.as_deref(), Some("receiver_forgot_receipts"));
    assert_eq!(
        stage.view(&report).await.standing(),
        Standing::Delivered,
        "the receipt is still held"
    );
}

async fn a_sender_that_lacks_receipts_asks_for_them_from_the_last_that_it_has(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stored(&mut stage).await;
    soon(stage.track(0)).await;
    stage.first.assigns_all();
    soon(stage.track(0)).await;
    assert_eq!(stage.view(&report).await.standing(), Standing::Delivered);

    let mut connection = stage.database.connect().await;
    for forget in [
        "DELETE FROM receipt WHERE sequence > 1",
        "UPDATE receiver SET last_receipt = 1, confirmed_receipt = 1,
            last_receipt_sha256 = (SELECT sha256 FROM receipt WHERE sequence = 1) WHERE last_receipt > 0",
        "UPDATE child SET stage = 'stored', assigned_role = NULL, assigned_staff = NULL, assigned_time = NULL",
        "UPDATE report SET standing = 'open', delivered_at = NULL, children_open = children",
    ] {
        sqlx::query(forget).execute(&mut connection).await.unwrap();
    }
    soon(stage.track(0)).await;
    assert_eq!(stage.view(&report).await.standing(), Standing::Delivered);
    assert_eq!(stage.first.confirmed(), stage.first.stated());
}

async fn a_closed_child_stays_closed_whatever_the_receiver_says_later(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stored(&mut stage).await;
    super::requests::close(&stage, &report).await;
    stage.first.assigns_all();
    soon(stage.track(0)).await;
    assert_eq!(distrusted(&stage).await, None);
    assert_eq!(stage.view(&report).await.standing(), Standing::Closed);
}
