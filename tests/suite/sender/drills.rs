//! Drills: the whole ordinary way, outside of the figures, and people are told when nobody answers.

use std::time::Duration;

use framme_sender::store::figures;
use framme_shared::{
    domain::{drill::TEXT, ids::ReportId, lifecycle::Standing, receipt::Statement},
    wire::{
        pb::{
            report::{ErrorReason, Report, Urgency},
            sender::{
                DrillResult, DrillState, ListReceiversRequest, ListReportsRequest, StartDrillRequest,
                StartDrillResponse,
            },
        },
        status::reason_of,
    },
};
use framme_tests::{database::TestDatabase, on_both_databases};
use prost::Message as _;
use tonic::Status;

use super::stage::{Stage, TROMSO, soon};

on_both_databases!(
    a_drill_that_is_assigned_in_time_is_answered_and_withdrawn,
    a_drill_that_nobody_assigns_is_a_task_until_somebody_does,
    a_drill_that_a_person_ends_is_ended,
    a_drill_stands_outside_of_all_figures_and_is_shown_as_one,
    a_drill_is_sent_on_a_working_morning_once_a_week_and_never_two_at_once,
    a_drill_by_hand_is_sent_once_however_often_it_is_asked_for,
    nobody_but_the_program_makes_drills,
);

const HOUR: Duration = Duration::from_secs(3_600);
const ID: &str = "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20";
const OTHER_ID: &str = "0b9b0a2e-7f58-4f8d-8f3e-1f1d2c3b4a59";

async fn start(stage: &Stage, id: &str, receiver: usize) -> Result<DrillState, Status> {
    let request = StartDrillRequest {
        request_id: id.to_owned(),
        receiver_organisation_number: stage.receiver_number(receiver).to_string(),
    };
    let answer: StartDrillResponse = stage.drilling().start_drill(request).await?.into_inner();
    Ok(answer.drill.unwrap())
}

async fn last_drill(stage: &Stage) -> DrillState {
    let answer = stage.desk().list_receivers(ListReceiversRequest {}).await.unwrap();
    let number = stage.receiver_number(0).to_string();
    let mut receivers = answer.into_inner().receivers.into_iter();
    let found = receivers.find(|receiver| receiver.organisation_number == number);
    found.unwrap().readiness.unwrap().last_drill.unwrap()
}

/// Follows drills, and does what follows from it.
async fn follow(stage: &Stage) {
    soon(stage.drills(0).step()).await.unwrap();
    soon(stage.deliver(0)).await;
    soon(stage.track(0)).await;
}

async fn kinds(stage: &Stage) -> Vec<String> {
    stage.tasks().await.into_iter().map(|(kind, _)| kind).collect()
}

async fn a_drill_that_is_assigned_in_time_is_answered_and_withdrawn(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let started = start(&stage, ID, 0).await.unwrap();
    assert_eq!(
        (started.result(), started.area.as_str()),
        (DrillResult::Waiting, TROMSO)
    );
    follow(&stage).await;
    let arrived = stage.first.arrived();
    let content = Report::decode(arrived[0].content.clone()).unwrap();
    assert!(content.drill && content.account.unwrap().observed == TEXT);
    assert_eq!(arrived[0].sequence, 1);

    stage.clock.advance(HOUR);
    stage.first.states(Statement::Opened, None);
    stage.clock.advance(HOUR);
    stage.first.assigns_all();
    soon(stage.track(0)).await;
    follow(&stage).await;
    let drill = last_drill(&stage).await;
    assert_eq!(drill.result(), DrillResult::Answered);
    let after = |time: Option<prost_types::Timestamp>| time.unwrap().seconds - drill.started_time.unwrap().seconds;
    assert_eq!((after(drill.opened_time), after(drill.assigned_time)), (3_600, 7_200));

    follow(&stage).await;
    assert_eq!(stage.first.withdrawn().len(), 1);
    assert_eq!(stage.view(&ID.parse().unwrap()).await.standing(), Standing::Closed);
    assert_eq!(last_drill(&stage).await.result(), DrillResult::Answered);
    follow(&stage).await;
    assert_eq!(stage.first.withdrawn().len(), 1);
    assert_eq!(kinds(&stage).await, [""; 0]);
}

async fn a_drill_that_nobody_assigns_is_a_task_until_somebody_does(database: TestDatabase) {
    let stage = Stage::set(database).await;
    start(&stage, ID, 0).await.unwrap();
    follow(&stage).await;
    stage.clock.advance(4 * HOUR);
    follow(&stage).await;
    assert_eq!(kinds(&stage).await, [""; 0]);
    stage.clock.advance(Duration::from_secs(1));
    follow(&stage).await;
    assert_eq!(stage.tasks().await, [("drill_unanswered".to_owned(), ID.to_owned())]);
    assert_eq!(last_drill(&stage).await.result(), DrillResult::Unanswered);
    stage.first.assigns_all();
    soon(stage.track(0)).await;
    follow(&stage).await;
    assert_eq!(kinds(&stage).await, [""; 0]);
    assert_eq!(last_drill(&stage).await.result(), DrillResult::Late);
    assert_eq!(stage.first.withdrawn().len(), 1);
}

async fn a_drill_that_a_person_ends_is_ended(database: TestDatabase) {
    use framme_shared::wire::pb::sender::CloseReportRequest;
    let stage = Stage::set(database).await;
    start(&stage, ID, 0).await.unwrap();
    follow(&stage).await;
    stage.clock.advance(5 * HOUR);
    follow(&stage).await;
    let close = CloseReportRequest {
        report_id: ID.to_owned(),
        request_id: OTHER_ID.to_owned(),
        reason: "The service is closed today.".to_owned(),
        child_ids: Vec::new(),
        kind: 0,
    };
    stage.desk().close_report(close).await.unwrap();
    soon(stage.drills(0).step()).await.unwrap();
    assert_eq!(last_drill(&stage).await.result(), DrillResult::Ended);
    assert_eq!(kinds(&stage).await, [""; 0]);
}

async fn a_drill_stands_outside_of_all_figures_and_is_shown_as_one(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.submit(&[TROMSO], Urgency::Normal).await;
    start(&stage, ID, 0).await.unwrap();
    let districts = figures::by_district(stage.context.database.reader()).await.unwrap();
    let counted: Vec<(String, u64)> = districts
        .into_iter()
        .map(|district| (district.police_district, district.reports))
        .collect();
    assert_eq!(counted, [("Troms".to_owned(), 1)]);
    let list = stage.desk().list_reports(ListReportsRequest::default()).await.unwrap();
    let mut shown: Vec<(ReportId, bool)> = list
        .into_inner()
        .reports
        .iter()
        .map(|state| (state.report_id.parse().unwrap(), state.drill))
        .collect();
    shown.sort_by_key(|(_, drill)| *drill);
    assert_eq!(shown, [(report, false), (ID.parse().unwrap(), true)]);
}

async fn a_drill_is_sent_on_a_working_morning_once_a_week_and_never_two_at_once(database: TestDatabase) {
    // Monday 2 March 2026, nine o'clock in Norway.
    let stage = Stage::set_with(database, true).await;
    let mut days = Vec::new();
    let begin = stage.context.clock.now();
    for half_hour in 0..28 * 48 {
        let before = stage.first.arrived().len();
        follow(&stage).await;
        if stage.first.arrived().len() > before {
            days.push(half_hour / 48);
            // The third is answered after a week and a day only.
            if days.len() != 3 {
                stage.first.assigns_all();
                soon(stage.track(0)).await;
            }
        }
        if half_hour == 22 * 48 {
            stage.first.assigns_all();
            soon(stage.track(0)).await;
        }
        stage.clock.advance(HOUR / 2);
    }
    assert_eq!(begin.to_string(), "2026-03-02T08:00:00Z");
    assert_eq!(days, [0, 7, 14, 22]);
}

async fn a_drill_by_hand_is_sent_once_however_often_it_is_asked_for(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let first = start(&stage, ID, 0).await.unwrap();
    assert!(start(&stage, ID, 0).await.unwrap() == first);
    assert!(
        start(&stage, OTHER_ID, 0).await.unwrap() == first,
        "the open one is the answer"
    );
    let refused = start(&stage, ID, 1).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::ContentDiffers));
    follow(&stage).await;
    assert_eq!(stage.first.arrived().len(), 1);
}

async fn nobody_but_the_program_makes_drills(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let mut report = stage.report(&[TROMSO], Urgency::Normal);
    report.drill = true;
    let refused = stage.send(report).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::InvalidField));
    let now = framme_shared::runtime::clock::Clock::now(stage.clock.as_ref());
    let area = TROMSO.parse().unwrap();
    let pure = framme_sender::drill::content(&ID.parse().unwrap(), &stage.context.organisation, &area, now);
    let refused = stage.send(pure).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::InvalidField));
}
