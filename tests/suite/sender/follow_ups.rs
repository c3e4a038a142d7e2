//! Reports that follow up or correct earlier ones.

use framme_shared::{
    domain::ids::ReportId,
    wire::pb::{
        report::Urgency,
        sender::{GetReportRequest, ReportState},
    },
};
use framme_tests::{database::TestDatabase, on_both_databases};

use super::stage::{HARSTAD, Stage, TROMSO};

on_both_databases!(
    a_follow_up_and_what_it_follows_show_each_other,
    a_report_that_follows_up_what_is_not_known_says_so_and_nothing_else,
);

async fn follow_up(stage: &mut Stage, earlier: &str, municipality: &str) -> ReportId {
    let mut report = stage.report(&[municipality], Urgency::Normal);
    report.follows_up_report_id = earlier.to_owned();
    let id = report.report_id.parse().unwrap();
    let answer = stage.send(report).await.unwrap();
    assert_eq!(answer.report.unwrap().follows_up_report_id, earlier);
    id
}

async fn state(stage: &Stage, report: &ReportId) -> ReportState {
    let request = GetReportRequest {
        report_id: report.to_string(),
        include_content: false,
    };
    let answer = stage.desk().get_report(request).await.unwrap().into_inner();
    answer.report.unwrap()
}

async fn a_follow_up_and_what_it_follows_show_each_other(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let first = stage.submit(&[TROMSO], Urgency::Normal).await;
    let second = follow_up(&mut stage, &first.to_string(), TROMSO).await;
    // What goes to another service follows up all the same.
    let third = follow_up(&mut stage, &first.to_string(), HARSTAD).await;

    let shown = state(&stage, &first).await;
    let mut later = shown.followed_up_by_report_ids;
    later.sort_unstable();
    let mut expected = [second.to_string(), third.to_string()];
    expected.sort_unstable();
    assert_eq!(later, expected);
    assert_eq!(shown.follows_up_report_id, "");
    let shown = state(&stage, &second).await;
    assert_eq!(shown.follows_up_report_id, first.to_string());
    assert!(shown.followed_up_by_report_ids.is_empty());
}

async fn a_report_that_follows_up_what_is_not_known_says_so_and_nothing_else(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let unknown = "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b99";
    let report = follow_up(&mut stage, unknown, TROMSO).await;
    assert_eq!(state(&stage, &report).await.follows_up_report_id, unknown);
}
