//! `framme.exchange.v1`.

use framme_demo::world::World;
use framme_shared::{
    domain::digest::Digest,
    runtime::clock::{Clock as _, SystemClock},
    wire::{
        pb::{
            exchange::{
                CheckReadinessRequest, ConfirmReceiptsRequest, CountKnownChildrenRequest, ExchangeStatementRequest,
                GetAttachmentUploadRequest, StreamReceiptsRequest, SubmitTransmissionRequest, UploadAttachmentRequest,
                WithdrawTransmissionRequest,
            },
            report::{AttachmentChunk, AttachmentUploadHeader, ErrorReason, attachment_chunk::Part},
        },
        time::to_pb,
    },
};
use jiff::ToSpan as _;
use prost::{Message as _, bytes::Bytes};

use super::{A_NAME, Case, ID, NIL, OTHER_ID, UPPER_CASE, breaks, right_report, stream, transmission, with_reason};

pub(super) fn cases(world: &World) -> Vec<Case> {
    let submissions = submissions(world);
    submissions.into_iter().chain(others()).chain(uploads()).collect()
}

/// What a sender asks when it makes figures.
pub(super) fn figures() -> Vec<Case> {
    let call = "CountKnownChildren";
    let count = |from: Option<i64>, until: Option<i64>| {
        let time = |seconds| prost_types::Timestamp { seconds, nanos: 0 };
        CountKnownChildrenRequest {
            from_time: from.map(time),
            until_time: until.map(time),
        }
    };
    vec![
        breaks(&["from_time"], call, count(None, Some(1))),
        breaks(&["until_time"], call, count(Some(1), None)),
        breaks(&["until_time"], call, count(Some(1), Some(1))),
        breaks(&["from_time"], call, count(Some(i64::MIN), Some(1))),
    ]
}

/// `ReadinessService`.
pub(super) fn readiness() -> Vec<Case> {
    let call = "CheckReadiness";
    let now = SystemClock.now();
    let right = CheckReadinessRequest {
        sender_time: Some(to_pb(now)),
        software_version: "0.1.0".to_owned(),
        clocks_beat_time: None,
        areas: vec!["5501".to_owned()],
    };
    let with = |change: &dyn Fn(&mut CheckReadinessRequest)| {
        let mut request = right.clone();
        change(&mut request);
        request
    };
    let no_time = prost_types::Timestamp {
        seconds: i64::MAX,
        nanos: 0,
    };
    vec![
        breaks(&["sender_time"], call, with(&|it| it.sender_time = None)),
        breaks(&["sender_time"], call, with(&|it| it.sender_time = Some(no_time))),
        breaks(&["software_version"], call, with(&|it| it.software_version.clear())),
        breaks(
            &["software_version"],
            call,
            with(&|it| it.software_version = A_NAME.to_owned()),
        ),
        breaks(
            &["clocks_beat_time"],
            call,
            with(&|it| it.clocks_beat_time = Some(to_pb(now + 2.minutes()))),
        ),
        breaks(&["areas[0]"], call, with(&|it| it.areas = vec![A_NAME.to_owned()])),
        breaks(&["areas[0]"], call, with(&|it| it.areas = vec!["1201".to_owned()])),
        breaks(&["areas"], call, with(&|it| it.areas = vec!["5501".to_owned(); 2])),
        breaks(&["areas"], call, with(&|it| it.areas = vec!["5501".to_owned(); 1_001])),
    ]
}

/// `StatementService`.
pub(super) fn statements() -> Vec<Case> {
    let call = "ExchangeStatement";
    let given = |statement: &str| ExchangeStatementRequest {
        statement: statement.to_owned(),
    };
    vec![
        breaks(&["statement"], call, given("")),
        breaks(&["statement"], call, given(A_NAME)),
        breaks(&["statement"], call, given("e30.e30.AA")),
        with_reason(ErrorReason::TooLarge, &[], call, given(&"a".repeat(65_537))),
    ]
}

fn submissions(world: &World) -> Vec<Case> {
    let call = "SubmitTransmission";
    let right = transmission(1, right_report(world).encode_to_vec());
    let now = SystemClock.now();
    let with = |change: &dyn Fn(&mut SubmitTransmissionRequest)| {
        let mut request = right.clone();
        change(&mut request);
        request
    };
    let at = |time: jiff::Timestamp| with(&|it| it.submitted_time = Some(to_pb(time)));
    vec![
        breaks(
            &["redirected_from_transmission_id"],
            call,
            with(&|it| it.redirected_from_transmission_id = A_NAME.to_owned()),
        ),
        breaks(
            &["redirected_from_transmission_id"],
            call,
            with(&|it| it.redirected_from_transmission_id = it.transmission_id.clone()),
        ),
        breaks(
            &["transmission_id"],
            call,
            with(&|it| it.transmission_id = NIL.to_owned()),
        ),
        breaks(
            &["transmission_id"],
            call,
            with(&|it| it.transmission_id = UPPER_CASE.to_owned()),
        ),
        breaks(&["sequence"], call, with(&|it| it.sequence = 0)),
        breaks(&["sequence"], call, with(&|it| it.sequence = 1 << 53)),
        breaks(&["content"], call, with(&|it| it.content = Bytes::new())),
        breaks(
            &["content_sha256"],
            call,
            with(&|it| it.content_sha256 = vec![1; 31].into()),
        ),
        breaks(&["submitted_time"], call, with(&|it| it.submitted_time = None)),
        breaks(&["submitted_time"], call, at("2009-12-31T23:59:59Z".parse().unwrap())),
        breaks(&["submitted_time"], call, at(now + 25.hours())),
        with_reason(
            ErrorReason::DigestMismatch,
            &[],
            call,
            with(&|it| it.content_sha256 = Digest::ZERO.as_bytes().to_vec().into()),
        ),
        breaks(&[""], call, transmission(1, vec![0xff; 40])),
        with_reason(
            ErrorReason::TooLarge,
            &[],
            call,
            transmission(1, vec![0; 1024 * 1024 + 1]),
        ),
        with_reason(
            ErrorReason::TooLarge,
            &[],
            call,
            transmission(1, vec![0; 9 * 1024 * 1024]),
        ),
    ]
}

fn others() -> Vec<Case> {
    let withdraw = |transmission: &str, request: &str, by: &str| WithdrawTransmissionRequest {
        transmission_id: transmission.to_owned(),
        request_id: request.to_owned(),
        withdrawn_by: by.to_owned(),
    };
    let confirm = |sequence, length| ConfirmReceiptsRequest {
        sequence,
        receipt_sha256: vec![0; length].into(),
    };
    let upload = |transmission: &str, attachment: &str| GetAttachmentUploadRequest {
        transmission_id: transmission.to_owned(),
        attachment_id: attachment.to_owned(),
    };
    vec![
        breaks(
            &["transmission_id", "request_id", "withdrawn_by"],
            "WithdrawTransmission",
            withdraw(NIL, UPPER_CASE, ""),
        ),
        breaks(
            &["withdrawn_by"],
            "WithdrawTransmission",
            withdraw(ID, OTHER_ID, A_NAME),
        ),
        with_reason(
            ErrorReason::NotFound,
            &[],
            "WithdrawTransmission",
            withdraw(ID, OTHER_ID, "desk-1"),
        ),
        breaks(&["sequence"], "ConfirmReceipts", confirm(0, 32)),
        breaks(&["receipt_sha256"], "ConfirmReceipts", confirm(1, 31)),
        with_reason(ErrorReason::ChainMismatch, &[], "ConfirmReceipts", confirm(1, 32)),
        with_reason(
            ErrorReason::ChainMismatch,
            &[],
            "StreamReceipts",
            StreamReceiptsRequest {
                after_sequence: u64::MAX,
            },
        ),
        breaks(
            &["transmission_id", "attachment_id"],
            "GetAttachmentUpload",
            upload(A_NAME, NIL),
        ),
        with_reason(ErrorReason::NotFound, &[], "GetAttachmentUpload", upload(ID, OTHER_ID)),
    ]
}

fn uploads() -> Vec<Case> {
    let call = "UploadAttachment";
    let right = AttachmentUploadHeader {
        owner_id: ID.to_owned(),
        attachment_id: OTHER_ID.to_owned(),
        size_bytes: 3,
        sha256: vec![1; 32].into(),
        offset: 0,
    };
    let message = |part| UploadAttachmentRequest {
        chunk: Some(AttachmentChunk { part: Some(part) }),
    };
    let header = |header| [message(Part::Header(header))];
    let bad = ErrorReason::InvalidField;
    vec![
        stream(
            bad,
            &["chunk.part"],
            call,
            [message(Part::Data(Bytes::from_static(b"abc")))],
        ),
        stream(bad, &["chunk.part"], call, [UploadAttachmentRequest { chunk: None }]),
        stream(
            bad,
            &[
                "chunk.header.owner_id",
                "chunk.header.attachment_id",
                "chunk.header.sha256",
                "chunk.header.size_bytes",
            ],
            call,
            header(AttachmentUploadHeader {
                owner_id: UPPER_CASE.to_owned(),
                attachment_id: A_NAME.to_owned(),
                size_bytes: 0,
                sha256: vec![1; 31].into(),
                offset: 0,
            }),
        ),
        stream(
            ErrorReason::TooLarge,
            &[],
            call,
            header(AttachmentUploadHeader {
                size_bytes: u64::MAX,
                ..right.clone()
            }),
        ),
        stream(
            bad,
            &["chunk.header.offset"],
            call,
            header(AttachmentUploadHeader {
                offset: 4,
                ..right.clone()
            }),
        ),
        stream(
            ErrorReason::UploadOffset,
            &[],
            call,
            header(AttachmentUploadHeader { offset: 2, ..right }),
        ),
    ]
}
