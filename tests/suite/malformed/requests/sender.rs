//! `framme.sender.v1`.

use framme_demo::world::World;
use framme_shared::wire::pb::{
    report::{
        Attachment, AttachmentChunk, AttachmentUploadHeader, ErrorReason, PhoneCall, PhoneCallResult, Report,
        attachment_chunk::Part,
    },
    sender::{
        CloseReportRequest, ExportFiguresRequest, GetAttachmentUploadRequest, GetReportRequest, GetStatementRequest,
        ListOwedFeedbackRequest, ListReceiptsRequest, ListReportsRequest, ListStatementsRequest,
        RecordPhoneCallRequest, RouteChildRequest, RouteTransmissionRequest, StartDrillRequest, SubmitReportRequest,
        UploadAttachmentRequest, WithdrawReportRequest,
    },
};
use prost::{Message as _, bytes::Bytes};

use super::{A_NAME, Case, ID, NIL, OTHER_ID, UPPER_CASE, breaks, right_report, stream, with_reason};

/// A number with a right check digit.
const A_RECEIVER: &str = "123456785";

pub(super) fn cases(world: &World) -> Vec<Case> {
    [reports(world), reads(), requests(), routes_and_calls(), uploads()]
        .into_iter()
        .flatten()
        .collect()
}

fn submission(report: Report) -> SubmitReportRequest {
    SubmitReportRequest { report: Some(report) }
}

fn reports(world: &World) -> Vec<Case> {
    let changed = |change: &dyn Fn(&mut Report)| {
        let mut report = right_report(world);
        change(&mut report);
        submission(report)
    };
    let long = |length: usize| changed(&|report| report.account.get_or_insert_default().history = "x".repeat(length));
    let attachment = Attachment {
        attachment_id: ID.to_owned(),
        file_name: "a.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        size_bytes: 100 * 1024 * 1024 + 1,
        sha256: vec![1; 32].into(),
        child_ids: Vec::new(),
    };
    let many = (0..21).map(|number| Attachment {
        attachment_id: format!("6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b{number:02}"),
        size_bytes: 1,
        ..attachment.clone()
    });
    let many: Vec<Attachment> = many.collect();
    vec![
        breaks(&["report"], "SubmitReport", SubmitReportRequest { report: None }),
        // Drills are made by the program, and a real report is none.
        breaks(&["drill"], "SubmitReport", changed(&|it| it.drill = true)),
        breaks(
            &["report_id"],
            "SubmitReport",
            changed(&|it| it.report_id = NIL.to_owned()),
        ),
        breaks(
            &["report_id"],
            "SubmitReport",
            changed(&|it| it.report_id = UPPER_CASE.to_owned()),
        ),
        breaks(
            &["report_id"],
            "SubmitReport",
            changed(&|it| it.report_id = A_NAME.to_owned()),
        ),
        breaks(
            &["children[0].child_id"],
            "SubmitReport",
            changed(&|it| it.children[0].child_id = UPPER_CASE.to_owned()),
        ),
        breaks(&["account.history"], "SubmitReport", long(1024 * 1024 + 1)),
        with_reason(ErrorReason::TooLarge, &[], "SubmitReport", changed(&fill)),
        with_reason(ErrorReason::TooLarge, &[], "SubmitReport", long(9 * 1024 * 1024)),
        breaks(
            &["attachments[0].size_bytes"],
            "SubmitReport",
            changed(&|it| it.attachments = vec![attachment.clone()]),
        ),
        breaks(
            &["attachments"],
            "SubmitReport",
            changed(&|it| it.attachments = many.clone()),
        ),
        with_reason(
            ErrorReason::AttachmentIncomplete,
            &[],
            "SubmitReport",
            changed(&|it| it.attachments = many[..1].to_vec()),
        ),
    ]
}

/// Every text as long as it may be: more than 1 MiB together.
fn fill(report: &mut Report) {
    let text = |length| "🙂".repeat(length);
    let account = report.account.get_or_insert_default();
    account.observed = text(20_000);
    account.history = text(20_000);
    account.other_views = text(20_000);
    account.immediate_safety = text(20_000);
    let child = &mut report.children[0];
    child.child_id = String::new();
    child.name = text(200);
    child.phone = text(100);
    child.city_district_name = text(100);
    let address = child.address.get_or_insert_default();
    address.lines = vec![text(200); 3];
    address.city = text(100);
    let carer = &mut report.carers[0];
    carer.address = child.address.clone();
    for informed in [&mut child.informed, &mut carer.informed] {
        informed.get_or_insert_default().reason = text(2_000);
    }
    report.children = vec![report.children[0].clone(); 50];
    report.carers = vec![report.carers[0].clone(); 10];
    report.other_services = text(4_000);
    assert!(report.encoded_len() > 1024 * 1024);
}

/// `ReadinessService`.
pub(super) fn drills() -> Vec<Case> {
    let call = "StartDrill";
    let start = |request: &str, receiver: &str| StartDrillRequest {
        request_id: request.to_owned(),
        receiver_organisation_number: receiver.to_owned(),
    };
    let fields = &["request_id", "receiver_organisation_number"];
    vec![
        breaks(fields, call, start("", "")),
        breaks(fields, call, start(UPPER_CASE, A_NAME)),
        // No receiver of this sender.
        with_reason(ErrorReason::NotFound, &[], call, start(ID, "983971636")),
    ]
}

fn reads() -> Vec<Case> {
    let owed = |page_size, token: &str| ListOwedFeedbackRequest {
        page_size,
        page_token: token.to_owned(),
        late_only: false,
    };
    let list = ListReportsRequest::default();
    let get = |report_id: &str| GetReportRequest {
        report_id: report_id.to_owned(),
        include_content: true,
    };
    vec![
        breaks(&["page_size"], "ListOwedFeedback", owed(1_001, "")),
        breaks(&["page_token"], "ListOwedFeedback", owed(0, A_NAME)),
        breaks(&["report_id"], "GetReport", get("")),
        breaks(&["report_id"], "GetReport", get(NIL)),
        breaks(&["report_id"], "GetReport", get(UPPER_CASE)),
        breaks(&["report_id"], "GetReport", get(A_NAME)),
        with_reason(ErrorReason::NotFound, &[], "GetReport", get(ID)),
        breaks(
            &["report_id"],
            "ListReceipts",
            ListReceiptsRequest {
                report_id: A_NAME.to_owned(),
            },
        ),
        breaks(
            &["page_size"],
            "ListReports",
            ListReportsRequest {
                page_size: 1_001,
                ..list.clone()
            },
        ),
        breaks(
            &["page_token"],
            "ListReports",
            ListReportsRequest {
                page_token: A_NAME.to_owned(),
                ..list.clone()
            },
        ),
        breaks(
            &["page_token"],
            "ListReports",
            ListReportsRequest {
                page_token: format!("99999999999999999999.{ID}"),
                ..list.clone()
            },
        ),
        with_reason(
            ErrorReason::UnknownEnumValue,
            &["standing"],
            "ListReports",
            ListReportsRequest { standing: 99, ..list },
        ),
    ]
}

fn requests() -> Vec<Case> {
    let withdraw = |request_id: &str, reason: &str| WithdrawReportRequest {
        report_id: ID.to_owned(),
        request_id: request_id.to_owned(),
        reason: reason.to_owned(),
    };
    let route = |transmission: &str, to: &str, reason: &str| RouteTransmissionRequest {
        report_id: ID.to_owned(),
        transmission_id: transmission.to_owned(),
        request_id: OTHER_ID.to_owned(),
        receiver_organisation_number: to.to_owned(),
        reason: reason.to_owned(),
    };
    let close = |child: &str| CloseReportRequest {
        report_id: ID.to_owned(),
        request_id: OTHER_ID.to_owned(),
        reason: "known by another route".to_owned(),
        child_ids: vec![child.to_owned()],
        kind: 0,
    };
    vec![
        breaks(&["request_id"], "WithdrawReport", withdraw(NIL, A_NAME)),
        breaks(&["request_id"], "WithdrawReport", withdraw(UPPER_CASE, A_NAME)),
        breaks(&["reason"], "WithdrawReport", withdraw(OTHER_ID, " ")),
        breaks(&["reason"], "WithdrawReport", withdraw(OTHER_ID, &"é".repeat(1_001))),
        breaks(&["reason"], "WithdrawReport", withdraw(OTHER_ID, "bell \u{7}")),
        with_reason(ErrorReason::NotFound, &[], "WithdrawReport", withdraw(OTHER_ID, A_NAME)),
        breaks(
            &["transmission_id"],
            "RouteTransmission",
            route(NIL, A_RECEIVER, A_NAME),
        ),
        breaks(
            &["transmission_id"],
            "RouteTransmission",
            route(A_NAME, A_RECEIVER, A_NAME),
        ),
        breaks(
            &["receiver_organisation_number"],
            "RouteTransmission",
            route(ID, "12345678", A_NAME),
        ),
        breaks(&["reason"], "RouteTransmission", route(ID, A_RECEIVER, "")),
        with_reason(
            ErrorReason::NotFound,
            &[],
            "RouteTransmission",
            route(ID, A_RECEIVER, A_NAME),
        ),
        breaks(&["child_ids[0]"], "CloseReport", close(A_NAME)),
        with_reason(ErrorReason::NotFound, &[], "CloseReport", close(ID)),
        with_reason(
            ErrorReason::UnknownEnumValue,
            &["kind"],
            "CloseReport",
            CloseReportRequest { kind: 99, ..close(ID) },
        ),
    ]
}

fn routes_and_calls() -> Vec<Case> {
    let route = || RouteChildRequest {
        report_id: ID.to_owned(),
        child_id: ID.to_owned(),
        to_organisation_number: "974761076".to_owned(),
        request_id: OTHER_ID.to_owned(),
        reason: A_NAME.to_owned(),
    };
    let routed = |change: &dyn Fn(&mut RouteChildRequest)| {
        let mut request = route();
        change(&mut request);
        request
    };
    let call = |change: &dyn Fn(&mut PhoneCall)| {
        let mut call = PhoneCall {
            call_time: Some(prost_types::Timestamp {
                seconds: 1_700_000_000,
                nanos: 0,
            }),
            result: PhoneCallResult::Reached.into(),
            answered_by: A_NAME.to_owned(),
            number: String::new(),
        };
        change(&mut call);
        RecordPhoneCallRequest {
            report_id: ID.to_owned(),
            request_id: OTHER_ID.to_owned(),
            call: Some(call),
        }
    };
    vec![
        breaks(
            &["child_id"],
            "RouteChild",
            routed(&|it| it.child_id = A_NAME.to_owned()),
        ),
        breaks(
            &["to_organisation_number"],
            "RouteChild",
            routed(&|it| it.to_organisation_number = "974761077".to_owned()),
        ),
        breaks(
            &["request_id"],
            "RouteChild",
            routed(&|it| it.request_id = NIL.to_owned()),
        ),
        breaks(&["reason"], "RouteChild", routed(&|it| it.reason = " ".to_owned())),
        with_reason(ErrorReason::NotFound, &[], "RouteChild", route()),
        breaks(
            &["call"],
            "RecordPhoneCall",
            RecordPhoneCallRequest {
                call: None,
                ..call(&|_| {})
            },
        ),
        breaks(
            &["call.answered_by"],
            "RecordPhoneCall",
            call(&|it| it.answered_by = String::new()),
        ),
        breaks(
            &["call.number"],
            "RecordPhoneCall",
            call(&|it| it.number = A_NAME.to_owned()),
        ),
        breaks(&["call.call_time"], "RecordPhoneCall", call(&|it| it.call_time = None)),
        with_reason(
            ErrorReason::UnknownEnumValue,
            &["call.result"],
            "RecordPhoneCall",
            call(&|it| it.result = 99),
        ),
        with_reason(ErrorReason::NotFound, &[], "RecordPhoneCall", call(&|_| {})),
    ]
}

/// For the directorate.
pub(super) fn figures() -> Vec<Case> {
    let export = |district: &str, from: &str, until: &str| ExportFiguresRequest {
        police_district: district.to_owned(),
        from_day: from.to_owned(),
        until_day: until.to_owned(),
    };
    let call = "ExportFigures";
    let (from, until) = ("2026-01-01", "2026-12-31");
    vec![
        breaks(&["police_district"], call, export("", from, until)),
        breaks(&["police_district"], call, export(&"é".repeat(61), from, until)),
        breaks(&["from_day"], call, export("Oslo", "2009-12-31", until)),
        breaks(&["until_day"], call, export("Oslo", from, "2026-02-30")),
        breaks(&["until_day"], call, export("Oslo", until, from)),
        breaks(&["from_day", "until_day"], call, export("Oslo", A_NAME, "")),
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
    let data = |data: &'static [u8]| message(Part::Data(Bytes::from_static(data)));
    let upload = |upload: (&str, &str)| GetAttachmentUploadRequest {
        report_id: upload.0.to_owned(),
        attachment_id: upload.1.to_owned(),
    };
    let bad = ErrorReason::InvalidField;
    vec![
        breaks(&["report_id"], "GetAttachmentUpload", upload((NIL, ID))),
        breaks(&["attachment_id"], "GetAttachmentUpload", upload((ID, A_NAME))),
        with_reason(
            ErrorReason::NotFound,
            &[],
            "GetAttachmentUpload",
            upload((ID, OTHER_ID)),
        ),
        stream(bad, &["chunk.header"], call, [data(b"abc")]),
        stream(
            bad,
            &["chunk.header"],
            call,
            [UploadAttachmentRequest { chunk: None }; 0],
        ),
        stream(
            bad,
            &["chunk.header.owner_id"],
            call,
            header(AttachmentUploadHeader {
                owner_id: UPPER_CASE.to_owned(),
                ..right.clone()
            }),
        ),
        stream(
            bad,
            &["chunk.header.attachment_id"],
            call,
            header(AttachmentUploadHeader {
                attachment_id: A_NAME.to_owned(),
                ..right.clone()
            }),
        ),
        stream(
            bad,
            &["chunk.header.size_bytes"],
            call,
            header(AttachmentUploadHeader {
                size_bytes: 0,
                ..right.clone()
            }),
        ),
        stream(
            bad,
            &["chunk.header.sha256"],
            call,
            header(AttachmentUploadHeader {
                sha256: vec![1; 31].into(),
                ..right.clone()
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
            ErrorReason::UploadOffset,
            &[],
            call,
            header(AttachmentUploadHeader { offset: 2, ..right }),
        ),
    ]
}

/// `StatementService`.
pub(super) fn statements() -> Vec<Case> {
    let list = |page_size, page_token: &str, organisation: &str| ListStatementsRequest {
        page_size,
        page_token: page_token.to_owned(),
        organisation: organisation.to_owned(),
    };
    let get = |organisation: &str, day: &str| GetStatementRequest {
        organisation: organisation.to_owned(),
        day: day.to_owned(),
    };
    vec![
        breaks(&["page_size"], "ListStatements", list(1_001, "", "")),
        breaks(&["page_token"], "ListStatements", list(0, A_NAME, "")),
        breaks(&["organisation"], "ListStatements", list(0, "", A_NAME)),
        breaks(&["organisation"], "GetStatement", get("", "2026-11-24")),
        breaks(&["day"], "GetStatement", get("974761076", "2026-02-30")),
        with_reason(
            ErrorReason::NotFound,
            &[],
            "GetStatement",
            get("974761076", "2020-01-01"),
        ),
    ]
}
