//! Taking reports.

use std::time::Duration;

use framme_sender::news::NewsWorker;
use framme_shared::{
    domain::{ids::ReportId, lifecycle::Standing},
    wire::{
        pb::{
            report::{ErrorReason, Urgency},
            sender::{
                FollowReportRequest, FollowReportsRequest, GetFiguresRequest, GetReportRequest, ListReportsRequest,
                SubmitReportRequest,
            },
        },
        status::reason_of,
    },
};
use framme_tests::{database::TestDatabase, on_both_databases};
use prost::Message as _;

use super::stage::{HARSTAD, Stage, TROMSO, soon};

on_both_databases!(
    the_same_report_gets_the_first_answer_byte_for_byte,
    the_same_report_sent_many_times_at_once_is_one_report,
    other_content_under_the_same_id_is_refused,
    children_of_two_receivers_make_two_transmissions_and_one_report,
    a_child_that_nobody_serves_waits_for_a_person_and_the_others_are_sent,
    a_report_that_breaks_a_rule_leaves_nothing,
    content_comes_back_whole_and_the_reading_is_recorded,
    a_report_of_which_a_part_is_gone_is_not_shown_without_it,
    callers_may_do_what_their_role_allows_and_nothing_else,
    a_list_pages_through_every_report_once,
    a_follower_sees_the_state_now_and_each_change,
    whoever_follows_all_reports_sees_each_that_changes,
    what_another_replica_changed_is_news_here,
    figures_count_reports_and_children_by_district,
    no_name_lies_open_in_the_database,
);

async fn the_same_report_gets_the_first_answer_byte_for_byte(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.report(&[TROMSO], Urgency::Normal);
    let first = stage.send(report.clone()).await.unwrap();
    stage.clock.advance(Duration::from_secs(3600));
    stage.deliver(0).await;
    stage.track(0).await;
    let again = stage.send(report).await.unwrap();
    assert_eq!(first.encode_to_vec(), again.encode_to_vec());
}

async fn the_same_report_sent_many_times_at_once_is_one_report(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.report(&[TROMSO, HARSTAD], Urgency::Normal);
    let answers = futures::future::join_all((0..16).map(|_| stage.send(report.clone()))).await;
    let first = answers[0].as_ref().unwrap().encode_to_vec();
    assert!(
        answers
            .iter()
            .all(|answer| answer.as_ref().unwrap().encode_to_vec() == first)
    );
    let next = stage.report(&[TROMSO], Urgency::Normal);
    let state = stage.send(next).await.unwrap().report.unwrap();
    assert_eq!(state.transmissions[0].sequence, 2, "no number of the pair was lost");
}

async fn other_content_under_the_same_id_is_refused(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.report(&[TROMSO], Urgency::Normal);
    stage.send(report.clone()).await.unwrap();
    let mut other = report;
    other.account.as_mut().unwrap().history.push('.');
    let refused = stage.send(other).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::ContentDiffers));
}

async fn children_of_two_receivers_make_two_transmissions_and_one_report(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.report(&[TROMSO, HARSTAD, TROMSO], Urgency::Normal);
    let state = stage.send(report).await.unwrap().report.unwrap();
    let counts: Vec<usize> = state.transmissions.iter().map(|part| part.children.len()).collect();
    assert_eq!(counts.iter().sum::<usize>(), 3);
    assert_eq!(state.transmissions.len(), 2);
    stage.deliver(0).await;
    stage.deliver(1).await;
    let arrived = [&stage.first, &stage.second].map(|receiver| receiver.children().len());
    assert_eq!(arrived, [2, 1]);
}

async fn a_child_that_nobody_serves_waits_for_a_person_and_the_others_are_sent(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.report(&[TROMSO, "4601"], Urgency::Normal);
    let state = stage.send(report).await.unwrap().report.unwrap();
    let receivers: Vec<&str> = state
        .transmissions
        .iter()
        .map(|part| part.receiver_organisation_number.as_str())
        .collect();
    let first = stage.receiver_number(0).to_string();
    assert_eq!(receivers, [first.as_str(), ""], "{state:?}");
    let waiting = state.transmissions[1].transmission_id.clone();
    assert_eq!(stage.tasks().await, [("route_needed".to_owned(), waiting)]);
    stage.deliver(0).await;
    assert_eq!(stage.first.children().len(), 1);
}

async fn a_report_that_breaks_a_rule_leaves_nothing(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let mut report = stage.report(&[TROMSO], Urgency::Normal);
    report.children.clear();
    let refused = stage.send(report.clone()).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::InvalidField));
    assert_not_there(&stage, &report.report_id).await;
}

async fn assert_not_there(stage: &Stage, report: &str) {
    let request = GetReportRequest {
        report_id: report.to_owned(),
        include_content: false,
    };
    let missing = stage.system().get_report(request).await.unwrap_err();
    assert_eq!(reason_of(&missing), Some(ErrorReason::NotFound));
}

async fn content_comes_back_whole_and_the_reading_is_recorded(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.report(&[TROMSO, HARSTAD, TROMSO], Urgency::Acute);
    stage.send(report.clone()).await.unwrap();
    let request = GetReportRequest {
        report_id: report.report_id.clone(),
        include_content: true,
    };
    let content = stage
        .desk()
        .get_report(request.clone())
        .await
        .unwrap()
        .into_inner()
        .content
        .unwrap();
    let names = |report: &framme_shared::wire::pb::report::Report| -> Vec<String> {
        report.children.iter().map(|child| child.name.clone()).collect()
    };
    assert_eq!(names(&content), names(&report));
    assert!(content.account == report.account && content.reporter == report.reporter);
    let mut connection = stage.database.connect().await;
    let readings: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM ledger WHERE kind = 'content_read' AND actor = 'desk-1'")
            .fetch_one(&mut connection)
            .await
            .unwrap();
    assert_eq!(readings, 1);
    let denied = stage.system().get_report(request).await.unwrap_err();
    assert_eq!(reason_of(&denied), Some(ErrorReason::PermissionDenied));
}

async fn a_report_of_which_a_part_is_gone_is_not_shown_without_it(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.submit(&[TROMSO, HARSTAD], Urgency::Acute).await;
    let gone = stage.view(&report).await.transmissions[1].transmission;
    let mut connection = stage.database.connect().await;
    sqlx::query("DELETE FROM transmission_content WHERE transmission_id = $1")
        .bind(gone.to_string())
        .execute(&mut connection)
        .await
        .unwrap();
    let request = GetReportRequest {
        report_id: report.to_string(),
        include_content: true,
    };
    let refused = stage.desk().get_report(request).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::StorageCorrupt));
}

async fn callers_may_do_what_their_role_allows_and_nothing_else(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.report(&[TROMSO], Urgency::Normal);
    let request = SubmitReportRequest { report: Some(report) };
    let stranger = stage.stranger().submit_report(request.clone()).await.unwrap_err();
    assert_eq!(reason_of(&stranger), Some(ErrorReason::Unauthenticated));
    let receivers = framme_shared::wire::pb::sender::ListReceiversRequest {};
    let officer = stage.officer().list_receivers(receivers).await.unwrap_err();
    assert_eq!(reason_of(&officer), Some(ErrorReason::PermissionDenied));
    stage.officer().submit_report(request).await.unwrap();
}

async fn a_list_pages_through_every_report_once(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let mut submitted = Vec::new();
    for _ in 0..7 {
        submitted.push(stage.submit(&[TROMSO, HARSTAD], Urgency::Normal).await.to_string());
        stage.clock.advance(Duration::from_millis(1));
    }
    submitted.reverse();
    let (mut listed, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListReportsRequest {
            page_size: 3,
            page_token,
            standing: framme_shared::wire::pb::sender::Standing::Open.into(),
        };
        let page = stage.desk().list_reports(request).await.unwrap().into_inner();
        listed.extend(page.reports.into_iter().map(|report| report.report_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(listed, submitted);
}

async fn a_follower_sees_the_state_now_and_each_change(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.submit(&[TROMSO], Urgency::Normal).await;
    let request = FollowReportRequest {
        report_id: report.to_string(),
    };
    let mut states = stage.desk().follow_report(request).await.unwrap().into_inner();
    let first = soon(states.message()).await.unwrap().unwrap().report.unwrap();
    assert_eq!(first.transmissions[0].children[0].stage, 1, "queued");
    stage.deliver(0).await;
    stage.first.assigns_all();
    stage.track(0).await;
    let delivered = loop {
        let state = soon(states.message()).await.unwrap().unwrap().report.unwrap();
        if state.standing == i32::from(framme_shared::wire::pb::sender::Standing::Delivered) {
            break state;
        }
    };
    assert_eq!(delivered.transmissions[0].children[0].assigned_staff_id, "cw-1");
}

async fn whoever_follows_all_reports_sees_each_that_changes(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let mut changes = stage
        .system()
        .follow_reports(FollowReportsRequest {})
        .await
        .unwrap()
        .into_inner();
    let mut submitted = vec![
        stage.submit(&[TROMSO], Urgency::Normal).await.to_string(),
        stage.submit(&[TROMSO, HARSTAD], Urgency::Normal).await.to_string(),
    ];
    let mut told = Vec::new();
    while told.len() < 2 {
        stage.clock.advance(Duration::from_millis(25));
        if let Ok(message) = tokio::time::timeout(Duration::from_millis(50), changes.message()).await {
            told.extend(
                message
                    .unwrap()
                    .unwrap()
                    .reports
                    .into_iter()
                    .map(|report| report.report_id),
            );
        }
    }
    submitted.sort();
    told.sort();
    assert_eq!(told, submitted);
}

async fn what_another_replica_changed_is_news_here(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let mut news = NewsWorker::new(std::sync::Arc::clone(&stage.context));
    news.step().await.unwrap();
    let report = stage.submit(&[TROMSO], Urgency::Normal).await;
    // As if another process had made the change: nobody here was told.
    let feed = stage.context.followers.subscribe_to_all();
    news.step().await.unwrap();
    assert_eq!(feed.take(10).changed, [report]);
    stage.deliver(0).await;
    stage.track(0).await;
    feed.take(10);
    news.step().await.unwrap();
    assert_eq!(
        feed.take(10).changed,
        [report],
        "a receipt about a transmission is news of its report"
    );
    news.step().await.unwrap();
    assert!(feed.take(10).changed.is_empty());
}

async fn figures_count_reports_and_children_by_district(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let first = stage.submit(&[TROMSO, TROMSO], Urgency::Normal).await;
    stage.deliver(0).await;
    stage.first.assigns_all();
    stage.track(0).await;
    stage.submit(&[HARSTAD], Urgency::Normal).await;
    assert_eq!(stage.view(&first).await.standing(), Standing::Delivered);
    let figures = stage
        .desk()
        .get_figures(GetFiguresRequest {})
        .await
        .unwrap()
        .into_inner();
    let troms = &figures.districts[0];
    assert_eq!((troms.reports, troms.children), (2, 3));
    assert_eq!(
        (troms.reports_not_delivered, troms.children_in_reports_not_delivered),
        (1, 1)
    );
    assert_eq!((troms.reports_delivered, troms.children_not_delivered), (1, 1));
}

async fn no_name_lies_open_in_the_database(database: TestDatabase) {
    const MARKER: &str = "Merkenavnsen";
    let mut stage = Stage::set(database).await;
    let mut report = stage.report(&[TROMSO], Urgency::Normal);
    report.children[0].name = format!("Barn {MARKER}");
    report.account.as_mut().unwrap().observed = format!("Om {MARKER}");
    let id = ReportId::parse(&report.report_id).unwrap();
    stage.send(report).await.unwrap();
    stage.deliver(0).await;
    assert_eq!(stage.view(&id).await.transmissions[0].attempts, 1);
    for entry in std::fs::read_dir(stage.database.folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes.windows(MARKER.len()).any(|window| window == MARKER.as_bytes());
            assert!(!found, "{} holds the marker", path.display());
        }
    }
}
