//! Files that go with reports.

use std::time::Duration;

use framme_shared::{
    domain::{digest::Digest, ids::ReportId},
    wire::{
        pb::{
            report::{
                Attachment, AttachmentChunk, AttachmentUploadHeader, ErrorReason, Report, Urgency,
                attachment_chunk::Part,
            },
            sender::{GetAttachmentUploadRequest, UploadAttachmentRequest},
        },
        status::reason_of,
    },
};
use framme_tests::{database::TestDatabase, on_both_databases};
use tonic::Status;

use super::stage::{Stage, TROMSO, drain, soon};

on_both_databases!(
    a_file_is_uploaded_and_delivered_before_its_report,
    an_interrupted_upload_goes_on_where_it_stopped,
    an_interrupted_delivery_goes_on_where_it_stopped,
    a_file_with_another_digest_leaves_nothing,
    a_report_whose_file_is_not_complete_is_refused,
    another_file_under_the_same_id_is_refused,
    a_file_beyond_the_limit_is_refused,
);

pub(crate) const ID: &str = "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20";
pub(crate) const SIZE: usize = 3 * 1024 * 1024 + 17;

pub(crate) fn content() -> Vec<u8> {
    (0..SIZE).map(|place| (place % 251) as u8).collect()
}

pub(crate) fn with_attachment(stage: &mut Stage) -> Report {
    let mut report = stage.report(&[TROMSO], Urgency::Normal);
    report.attachments.push(Attachment {
        attachment_id: ID.to_owned(),
        file_name: "bilde.jpg".to_owned(),
        media_type: "image/jpeg".to_owned(),
        size_bytes: SIZE as u64,
        sha256: Digest::of(&content()).as_bytes().to_vec().into(),
        child_ids: Vec::new(),
    });
    report
}

pub(crate) fn message(part: Part) -> UploadAttachmentRequest {
    UploadAttachmentRequest {
        chunk: Some(AttachmentChunk { part: Some(part) }),
    }
}

/// The announcement of the file, from `offset` on.
pub(crate) fn header(report: &Report, offset: usize) -> UploadAttachmentRequest {
    message(Part::Header(AttachmentUploadHeader {
        owner_id: report.report_id.clone(),
        attachment_id: ID.to_owned(),
        size_bytes: SIZE as u64,
        sha256: Digest::of(&content()).as_bytes().to_vec().into(),
        offset: offset as u64,
    }))
}

/// Uploads `bytes` as if they were the whole file from `offset` on.
pub(crate) async fn upload(stage: &Stage, report: &Report, offset: usize, bytes: &[u8]) -> Result<(), Status> {
    let mut messages = vec![header(report, offset)];
    messages.extend(
        bytes
            .chunks(256 * 1024)
            .map(|data| message(Part::Data(data.to_vec().into()))),
    );
    stage
        .system()
        .upload_attachment(tokio_stream::iter(messages))
        .await
        .map(drop)
}

/// A report with its file, submitted.
pub(crate) async fn uploaded(stage: &mut Stage) -> ReportId {
    let report = with_attachment(stage);
    upload(stage, &report, 0, &content()).await.unwrap();
    let id = ReportId::parse(&report.report_id).unwrap();
    stage.send(report).await.unwrap();
    id
}

pub(crate) async fn committed(stage: &Stage, report: &Report) -> Option<u64> {
    let request = GetAttachmentUploadRequest {
        report_id: report.report_id.clone(),
        attachment_id: ID.to_owned(),
    };
    let answer = stage.system().get_attachment_upload(request).await.ok()?;
    answer.into_inner().state.map(|state| state.committed_bytes)
}

async fn a_file_is_uploaded_and_delivered_before_its_report(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = with_attachment(&mut stage);
    upload(&stage, &report, 0, &content()).await.unwrap();
    stage.send(report.clone()).await.unwrap();
    soon(stage.deliver(0)).await;
    assert!(stage.first.files() == [content()]);
    assert_eq!(stage.first.stated(), 1);
    upload(&stage, &report, 0, &[])
        .await
        .expect("a repeated upload is complete at once");
}

async fn an_interrupted_upload_goes_on_where_it_stopped(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = with_attachment(&mut stage);
    let cut = upload(&stage, &report, 0, &content()[..SIZE / 2]).await.unwrap_err();
    assert_eq!(reason_of(&cut), Some(ErrorReason::InvalidField));
    let durable = usize::try_from(committed(&stage, &report).await.unwrap()).unwrap();
    assert_eq!(durable, SIZE / 2);
    let elsewhere = upload(&stage, &report, durable - 1, &content()[durable - 1..])
        .await
        .unwrap_err();
    assert_eq!(reason_of(&elsewhere), Some(ErrorReason::UploadOffset));
    upload(&stage, &report, durable, &content()[durable..]).await.unwrap();
    stage.send(report).await.unwrap();
    soon(stage.deliver(0)).await;
    assert!(stage.first.files() == [content()]);
}

async fn an_interrupted_delivery_goes_on_where_it_stopped(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = with_attachment(&mut stage);
    upload(&stage, &report, 0, &content()).await.unwrap();
    stage.send(report).await.unwrap();
    stage.first.break_upload_after(SIZE / 3);
    let mut worker = stage.outbox(0);
    soon(drain(&mut worker)).await;
    assert_eq!(stage.first.stated(), 0);
    stage.clock.advance(Duration::from_secs(60));
    soon(drain(&mut worker)).await;
    assert!(stage.first.files() == [content()]);
    assert_eq!(stage.first.stated(), 1);
}

async fn a_file_with_another_digest_leaves_nothing(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = with_attachment(&mut stage);
    let mut wrong = content();
    wrong[SIZE - 1] ^= 1;
    let refused = upload(&stage, &report, 0, &wrong).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::DigestMismatch));
    assert_eq!(committed(&stage, &report).await, None);
    let mut connection = stage.database.connect().await;
    let pieces: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM attachment_chunk")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(pieces, 0);
}

async fn a_report_whose_file_is_not_complete_is_refused(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = with_attachment(&mut stage);
    let refused = stage.send(report.clone()).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::AttachmentIncomplete));
    let _ = upload(&stage, &report, 0, &content()[..100]).await;
    let refused = stage.send(report).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::AttachmentIncomplete));
}

async fn another_file_under_the_same_id_is_refused(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = with_attachment(&mut stage);
    upload(&stage, &report, 0, &content()).await.unwrap();
    let header = AttachmentUploadHeader {
        owner_id: report.report_id.clone(),
        attachment_id: ID.to_owned(),
        size_bytes: 3,
        sha256: Digest::of(b"abc").as_bytes().to_vec().into(),
        offset: 0,
    };
    let other = tokio_stream::iter(vec![message(Part::Header(header))]);
    let refused = stage.system().upload_attachment(other).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::ContentDiffers));
}

async fn a_file_beyond_the_limit_is_refused(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = with_attachment(&mut stage);
    let header = AttachmentUploadHeader {
        owner_id: report.report_id.clone(),
        attachment_id: ID.to_owned(),
        size_bytes: 100 * 1024 * 1024 + 1,
        sha256: vec![0; 32].into(),
        offset: 0,
    };
    let large = tokio_stream::iter(vec![message(Part::Header(header))]);
    let refused = stage.system().upload_attachment(large).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::TooLarge));
}

/// Uploads a small file for each of these lists of children, and lets the report name it; returns their ids.
pub(crate) async fn with_files(stage: &Stage, report: &mut Report, concerns: &[&[&str]]) -> Vec<String> {
    let mut ids = Vec::new();
    for (number, children) in concerns.iter().enumerate() {
        let bytes = format!("file {number}").into_bytes();
        let id = format!("0190b8a4-0000-4000-8000-{number:012}");
        let sha256 = Digest::of(&bytes).as_bytes().to_vec();
        let header = AttachmentUploadHeader {
            owner_id: report.report_id.clone(),
            attachment_id: id.clone(),
            size_bytes: bytes.len() as u64,
            sha256: sha256.clone().into(),
            offset: 0,
        };
        let messages = [Part::Header(header), Part::Data(bytes.clone().into())].map(message);
        stage
            .system()
            .upload_attachment(tokio_stream::iter(messages))
            .await
            .unwrap();
        report.attachments.push(Attachment {
            attachment_id: id.clone(),
            file_name: format!("{number}.txt"),
            media_type: "text/plain".to_owned(),
            size_bytes: bytes.len() as u64,
            sha256: sha256.into(),
            child_ids: children.iter().map(|child| (*child).to_owned()).collect(),
        });
        ids.push(id);
    }
    ids
}
