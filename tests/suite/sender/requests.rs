//! Withdrawing and closing.

use framme_shared::{
    domain::{digest::Digest, ids::ReportId, lifecycle::Standing},
    wire::{
        pb::{
            report::{ErrorReason, Urgency},
            sender::{CloseReportRequest, WithdrawReportRequest},
        },
        status::reason_of,
    },
};
use framme_tests::{database::TestDatabase, on_both_databases, tables::Tables};
use prost::Message as _;

use super::stage::{HARSTAD, Stage, TROMSO, soon};

on_both_databases!(
    a_withdrawal_reaches_every_receiver_and_its_receipts_end_the_report,
    a_withdrawal_before_delivery_waits_for_it,
    the_same_request_gets_the_first_answer_and_another_under_its_id_is_refused,
    a_request_id_of_another_report_is_refused,
    the_digest_of_a_reason_is_kept_nowhere,
    a_request_from_before_digests_were_sealed_gets_its_first_answer,
    closing_ends_what_is_open_and_leaves_what_is_delivered,
    only_a_person_at_the_desk_closes,
    an_ended_report_cannot_be_ended_again,
);

pub(super) const REQUEST: &str = "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20";
const OTHER: &str = "76b7cf28-8bc9-59f4-9134-0894e0d7d8b7";

pub(super) fn withdrawal(report: &ReportId, request: &str) -> WithdrawReportRequest {
    WithdrawReportRequest {
        report_id: report.to_string(),
        request_id: request.to_owned(),
        reason: "Sendt ved en feil.".to_owned(),
    }
}

fn closing(report: &ReportId, request: &str) -> CloseReportRequest {
    CloseReportRequest {
        report_id: report.to_string(),
        request_id: request.to_owned(),
        reason: "Tatt over telefon.".to_owned(),
        child_ids: Vec::new(),
        kind: 0,
    }
}

pub(crate) async fn close(stage: &Stage, report: &ReportId) {
    stage.desk().close_report(closing(report, OTHER)).await.unwrap();
}

async fn a_withdrawal_reaches_every_receiver_and_its_receipts_end_the_report(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.submit(&[TROMSO, HARSTAD], Urgency::Normal).await;
    for receiver in [0, 1] {
        soon(stage.deliver(receiver)).await;
        soon(stage.track(receiver)).await;
    }
    stage
        .desk()
        .withdraw_report(withdrawal(&report, REQUEST))
        .await
        .unwrap();
    assert_eq!(
        stage.view(&report).await.standing(),
        Standing::Open,
        "the receivers have not said so yet"
    );
    for receiver in [0, 1] {
        soon(stage.deliver(receiver)).await;
        soon(stage.track(receiver)).await;
    }
    assert_eq!(stage.view(&report).await.standing(), Standing::Closed);
    let asked = stage.first.withdrawn();
    assert_eq!(
        (
            asked.len(),
            asked[0].request_id.as_str(),
            asked[0].withdrawn_by.as_str()
        ),
        (1, REQUEST, "desk-1")
    );
}

async fn a_withdrawal_before_delivery_waits_for_it(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.submit(&[TROMSO], Urgency::Normal).await;
    stage
        .officer()
        .withdraw_report(withdrawal(&report, REQUEST))
        .await
        .unwrap();
    soon(stage.deliver(0)).await;
    soon(stage.deliver(0)).await;
    assert_eq!((stage.first.arrived().len(), stage.first.withdrawn().len()), (1, 1));
    soon(stage.track(0)).await;
    assert_eq!(stage.view(&report).await.standing(), Standing::Closed);
}

async fn the_same_request_gets_the_first_answer_and_another_under_its_id_is_refused(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.submit(&[TROMSO], Urgency::Normal).await;
    let first = stage
        .desk()
        .close_report(closing(&report, REQUEST))
        .await
        .unwrap()
        .into_inner();
    let again = stage
        .desk()
        .close_report(closing(&report, REQUEST))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first.encode_to_vec(), again.encode_to_vec());
    let mut other = closing(&report, REQUEST);
    other.reason.push('!');
    let refused = stage.desk().close_report(other).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::ContentDiffers));
}

async fn a_request_id_of_another_report_is_refused(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let (one, other) = (
        stage.submit(&[TROMSO], Urgency::Normal).await,
        stage.submit(&[TROMSO], Urgency::Normal).await,
    );
    stage.desk().close_report(closing(&one, REQUEST)).await.unwrap();
    let refused = stage.desk().close_report(closing(&other, REQUEST)).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::ContentDiffers));
    assert_eq!(stage.view(&other).await.standing(), Standing::Open);
}

fn digest_of(request: &CloseReportRequest) -> Vec<u8> {
    Digest::of(&request.encode_to_vec()).as_bytes().to_vec()
}

async fn the_digest_of_a_reason_is_kept_nowhere(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.submit(&[TROMSO], Urgency::Normal).await;
    let request = closing(&report, REQUEST);
    stage.desk().close_report(request.clone()).await.unwrap();

    let digests = [
        digest_of(&request),
        Digest::of(request.reason.as_bytes()).as_bytes().to_vec(),
    ];
    let mut tables = Tables::open(&stage.database.config().url).await;
    for (column, value) in tables.values().await {
        let holds = |digest: &Vec<u8>| value.windows(digest.len()).any(|window| window == digest);
        assert!(!digests.iter().any(holds), "{column}");
    }
}

async fn a_request_from_before_digests_were_sealed_gets_its_first_answer(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.submit(&[TROMSO], Urgency::Normal).await;
    let request = closing(&report, REQUEST);
    let first = stage.desk().close_report(request.clone()).await.unwrap().into_inner();
    let mut connection = stage.database.connect().await;
    let made_old = sqlx::query("UPDATE request SET fingerprint = $1").bind(digest_of(&request));
    assert_eq!(made_old.execute(&mut connection).await.unwrap().rows_affected(), 1);

    let again = stage.desk().close_report(request.clone()).await.unwrap().into_inner();
    assert_eq!(first.encode_to_vec(), again.encode_to_vec());
    let mut other = request;
    other.reason.push('!');
    let refused = stage.desk().close_report(other).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::ContentDiffers));
}

async fn closing_ends_what_is_open_and_leaves_what_is_delivered(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.submit(&[TROMSO, HARSTAD], Urgency::Normal).await;
    soon(stage.deliver(0)).await;
    stage.first.assigns_all();
    soon(stage.track(0)).await;
    close(&stage, &report).await;
    assert_eq!(stage.view(&report).await.standing(), Standing::Delivered);
}

async fn only_a_person_at_the_desk_closes(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.submit(&[TROMSO], Urgency::Normal).await;
    for mut caller in [stage.officer(), stage.system()] {
        let refused = caller.close_report(closing(&report, REQUEST)).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(ErrorReason::PermissionDenied));
    }
    assert_eq!(stage.view(&report).await.standing(), Standing::Open);
}

async fn an_ended_report_cannot_be_ended_again(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.submit(&[TROMSO], Urgency::Normal).await;
    close(&stage, &report).await;
    let closed = stage.desk().close_report(closing(&report, REQUEST)).await.unwrap_err();
    assert_eq!(reason_of(&closed), Some(ErrorReason::InvalidTransition));
    let withdrawn = stage
        .desk()
        .withdraw_report(withdrawal(&report, REQUEST))
        .await
        .unwrap_err();
    assert_eq!(reason_of(&withdrawn), Some(ErrorReason::InvalidTransition));
}
