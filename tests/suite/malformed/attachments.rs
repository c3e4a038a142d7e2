//! Files that are not what they are said to be.

use framme_shared::{
    domain::digest::Digest,
    wire::{
        pb::{
            exchange as exchange_pb,
            report::{
                self as pb, Attachment, AttachmentChunk, AttachmentUploadHeader, ErrorReason, attachment_chunk::Part,
            },
            sender as sender_pb,
        },
        status::reason_of,
    },
};
use framme_tests::database::Folder;
use prost::Message as _;
use tonic::Status;

use super::{
    assert_nothing_is_there,
    sides::{Exchange, right_report, transmission},
    world,
};

const FILE: &[u8] = b"what the file holds";
const ATTACHMENT: &str = "5b1f8a11-5f0b-4b55-9d0e-3b8f5b1f8a11";

fn announced(owner: &str, size_bytes: u64, sha256: Digest, data: &'static [u8]) -> Vec<AttachmentChunk> {
    let header = AttachmentUploadHeader {
        owner_id: owner.to_owned(),
        attachment_id: ATTACHMENT.to_owned(),
        size_bytes,
        sha256: sha256.as_bytes().to_vec().into(),
        offset: 0,
    };
    let parts = [Part::Header(header), Part::Data(data.into())];
    parts.map(|part| AttachmentChunk { part: Some(part) }).into()
}

/// Uploads that must fail, and why. A file that is cut off has no reason of its own: its upload is just not complete.
fn wrong_uploads(owner: &str) -> Vec<(Option<ErrorReason>, Vec<AttachmentChunk>)> {
    let size = FILE.len() as u64;
    vec![
        (
            Some(ErrorReason::TooLarge),
            announced(owner, 101 * 1024 * 1024, Digest::of(FILE), FILE),
        ),
        (
            Some(ErrorReason::DigestMismatch),
            announced(owner, size, Digest::of(b"another file"), FILE),
        ),
        (None, announced(owner, size, Digest::of(FILE), &FILE[..5])),
    ]
}

fn with_the_file(mut report: pb::Report) -> pb::Report {
    report.attachments = vec![Attachment {
        attachment_id: ATTACHMENT.to_owned(),
        file_name: "notat.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        size_bytes: FILE.len() as u64,
        sha256: Digest::of(FILE).as_bytes().to_vec().into(),
        child_ids: Vec::new(),
    }];
    report
}

fn assert_refused(side: &str, expected: Option<ErrorReason>, answer: Result<bool, Status>) {
    match (expected, answer) {
        (None, Ok(complete)) => assert!(!complete, "{side}: a file that was cut off is not complete"),
        (None, Err(_)) => {}
        (Some(reason), Err(status)) => assert_eq!(reason_of(&status), Some(reason), "{side}: {status:?}"),
        (Some(reason), Ok(_)) => panic!("{side}: {} was accepted", reason.as_str_name()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_not_what_was_announced_is_refused_and_no_report_with_it_is_taken() {
    let folder = Folder::new("malformed-file");
    let world = world(&folder).await;
    let mut exchange = Exchange::connect(&world);
    let mut desk = world.sender.desk().unwrap();
    let report = with_the_file(right_report(&world));
    let submission = transmission(1, report.encode_to_vec());

    for (reason, chunks) in wrong_uploads(&submission.transmission_id) {
        let parts = chunks
            .into_iter()
            .map(|chunk| exchange_pb::UploadAttachmentRequest { chunk: Some(chunk) });
        let answer = exchange.upload(parts.collect()).await;
        let complete = answer.map(|it| it.into_inner().state.is_some_and(|state| state.complete));
        assert_refused("receiver", reason, complete);
    }
    let refused = exchange.submit(submission).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::AttachmentIncomplete));

    for (reason, chunks) in wrong_uploads(&report.report_id) {
        let parts: Vec<_> = chunks
            .into_iter()
            .map(|chunk| sender_pb::UploadAttachmentRequest { chunk: Some(chunk) })
            .collect();
        let answer = desk.upload_attachment(tokio_stream::iter(parts)).await;
        let complete = answer.map(|it| it.into_inner().state.is_some_and(|state| state.complete));
        assert_refused("sender", reason, complete);
    }
    let refused = desk
        .submit_report(sender_pb::SubmitReportRequest { report: Some(report) })
        .await
        .unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::AttachmentIncomplete));

    assert_nothing_is_there(&world).await;
}
