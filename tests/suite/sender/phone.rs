//! Calls beside a report.

use framme_shared::{
    domain::ids::ReportId,
    runtime::clock::Clock as _,
    wire::{
        pb::{
            report::{ErrorReason, PhoneCall, PhoneCallResult, Urgency},
            sender::{
                GetReportRequest, GetReportResponse, PhoneCalls, RecordPhoneCallRequest, RecordPhoneCallResponse,
            },
        },
        status::reason_of,
        time::to_pb,
    },
};
use framme_tests::{database::TestDatabase, on_both_databases, tables::Tables};
use tonic::Status;

use super::stage::{Stage, TROMSO};

on_both_databases!(
    calls_are_counted_from_the_submission_on,
    a_call_is_recorded_once_however_often_it_is_asked_for,
    what_was_said_in_a_call_is_shown_with_content_only,
    a_call_that_breaks_a_rule_is_refused_with_its_field,
    a_program_records_no_call,
    what_a_call_says_stands_nowhere_in_the_clear,
);

const REQUEST: &str = "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b30";
const OTHER: &str = "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b31";
const WHO: &str = "Vakthavende Zqxj";

fn call(stage: &Stage, answered_by: &str) -> PhoneCall {
    let result = if answered_by.is_empty() {
        PhoneCallResult::NotReached
    } else {
        PhoneCallResult::Reached
    };
    PhoneCall {
        call_time: Some(to_pb(stage.clock.now())),
        result: result.into(),
        answered_by: answered_by.to_owned(),
        number: "77 00 00 00".to_owned(),
    }
}

async fn record(
    stage: &Stage,
    report: &ReportId,
    id: &str,
    call: PhoneCall,
) -> Result<RecordPhoneCallResponse, Status> {
    let request = RecordPhoneCallRequest {
        report_id: report.to_string(),
        request_id: id.to_owned(),
        call: Some(call),
    };
    let answer = stage.officer().record_phone_call(request).await;
    answer.map(tonic::Response::into_inner)
}

async fn shown(stage: &Stage, report: &ReportId, include_content: bool) -> GetReportResponse {
    let request = GetReportRequest {
        report_id: report.to_string(),
        include_content,
    };
    stage.officer().get_report(request).await.unwrap().into_inner()
}

async fn counted(stage: &Stage, report: &ReportId) -> PhoneCalls {
    shown(stage, report, false).await.report.unwrap().phone_calls.unwrap()
}

async fn calls_are_counted_from_the_submission_on(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let silent = stage.submit(&[TROMSO], Urgency::Normal).await;
    assert_eq!(counted(&stage, &silent).await, PhoneCalls::default());

    let mut acute = stage.report(&[TROMSO], Urgency::Acute);
    acute.phone_calls = vec![call(&stage, "")];
    let report = acute.report_id.parse().unwrap();
    stage.send(acute).await.unwrap();
    let calls = counted(&stage, &report).await;
    assert_eq!((calls.made, calls.reached), (1, 0));

    stage.clock.advance(std::time::Duration::from_secs(60));
    let answer = record(&stage, &report, REQUEST, call(&stage, WHO)).await.unwrap();
    let calls = counted(&stage, &report).await;
    assert_eq!((calls.made, calls.reached), (2, 1));
    assert_eq!(calls.last_call_time, Some(to_pb(stage.clock.now())));
    assert_eq!(answer.report.unwrap().phone_calls, Some(calls));
}

async fn a_call_is_recorded_once_however_often_it_is_asked_for(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.submit(&[TROMSO], Urgency::Normal).await;
    let first = record(&stage, &report, REQUEST, call(&stage, WHO)).await.unwrap();
    assert!(record(&stage, &report, REQUEST, call(&stage, WHO)).await.unwrap() == first);
    assert_eq!(counted(&stage, &report).await.made, 1);
    let other = record(&stage, &report, REQUEST, call(&stage, "")).await.unwrap_err();
    assert_eq!(reason_of(&other), Some(ErrorReason::ContentDiffers));
    record(&stage, &report, OTHER, call(&stage, "")).await.unwrap();
    assert_eq!(counted(&stage, &report).await.made, 2);
}

async fn what_was_said_in_a_call_is_shown_with_content_only(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.submit(&[TROMSO], Urgency::Normal).await;
    let made = call(&stage, WHO);
    record(&stage, &report, REQUEST, made.clone()).await.unwrap();
    assert!(shown(&stage, &report, false).await.recorded_phone_calls.is_empty());
    let recorded = shown(&stage, &report, true).await.recorded_phone_calls;
    assert!(recorded[0].call == Some(made));
    assert_eq!(recorded[0].recorded_by, "officer-1");
}

async fn a_call_that_breaks_a_rule_is_refused_with_its_field(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.submit(&[TROMSO], Urgency::Normal).await;
    let nobody = PhoneCall {
        answered_by: String::new(),
        ..call(&stage, WHO)
    };
    let refused = record(&stage, &report, REQUEST, nobody).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::InvalidField));
    let unknown: ReportId = OTHER.parse().unwrap();
    let refused = record(&stage, &unknown, REQUEST, call(&stage, WHO)).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::NotFound));
}

async fn a_program_records_no_call(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.submit(&[TROMSO], Urgency::Normal).await;
    let request = RecordPhoneCallRequest {
        report_id: report.to_string(),
        request_id: REQUEST.to_owned(),
        call: Some(call(&stage, WHO)),
    };
    let refused = stage.system().record_phone_call(request).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::PermissionDenied));
}

async fn what_a_call_says_stands_nowhere_in_the_clear(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.submit(&[TROMSO], Urgency::Normal).await;
    record(&stage, &report, REQUEST, call(&stage, WHO)).await.unwrap();
    let mut tables = Tables::open(&stage.database.config().url).await;
    for (column, value) in tables.values().await {
        let is_there = value.windows(WHO.len()).any(|window| window == WHO.as_bytes());
        assert!(!is_there, "{column}");
    }
}
