//! What goes through every report stays right for children that were sent on: doctor, evidence, figures, questions.

use std::time::Duration;

use framme_shared::{
    domain::{lifecycle::Standing, receipt::Statement},
    runtime::diagnosis::Extent,
    wire::pb::{
        report::Urgency,
        sender::{GetFiguresRequest, GetReportRequest},
    },
};
use framme_tests::{database::TestDatabase, on_both_databases};

use super::{
    doctor::faults,
    receiver::caseworker,
    redirect::{follow, sent_on, stored},
    stage::{Stage, TROMSO, soon},
};

on_both_databases!(
    the_doctor_finds_nothing_wrong_with_children_that_were_sent_on,
    figures_count_a_child_that_was_sent_on_once,
    content_shows_a_child_that_was_sent_on_once,
    a_receiver_that_has_sent_on_every_child_is_not_asked_any_more,
    what_a_receiver_loses_of_children_that_it_sent_on_is_not_sent_again,
    evidence_of_a_chain_holds,
);

/// Three children: one assigned at the first receiver, one sent on and assigned, one sent on twice.
async fn chain(stage: &mut Stage) -> framme_shared::domain::ids::ReportId {
    let report = stored(stage, &[TROMSO, TROMSO, TROMSO]).await;
    let children = stage.first.children();
    let to = stage.receiver_number(1);
    stage.first.states(Statement::Assigned(caseworker()), Some(children[0]));
    stage.first.states(Statement::Redirected(to), Some(children[1]));
    stage.first.states(Statement::Redirected(to), Some(children[2]));
    soon(stage.track(0)).await;
    follow(stage).await;
    soon(stage.deliver(1)).await;
    stage
        .second
        .states(Statement::Assigned(caseworker()), Some(children[1]));
    stage
        .second
        .states(Statement::Redirected(stage.receiver_number(0)), Some(children[2]));
    soon(stage.track(1)).await;
    follow(stage).await;
    report
}

async fn the_doctor_finds_nothing_wrong_with_children_that_were_sent_on(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    chain(&mut stage).await;
    sent_on(&mut stage).await;
    stage.second.assigns_all();
    soon(stage.track(1)).await;
    assert_eq!(faults(&stage, Extent::Everything).await, Vec::<String>::new());
}

async fn figures_count_a_child_that_was_sent_on_once(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = chain(&mut stage).await;
    assert_eq!(stage.view(&report).await.standing(), Standing::Open);
    let figures = stage
        .desk()
        .get_figures(GetFiguresRequest {})
        .await
        .unwrap()
        .into_inner();
    let district = &figures.districts[0];
    assert_eq!((district.reports, district.children), (1, 3));
    assert_eq!(district.children_not_delivered, 1);
}

async fn content_shows_a_child_that_was_sent_on_once(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let submitted = stage.report(&[TROMSO, TROMSO, TROMSO], Urgency::Normal);
    let id = submitted.report_id.parse().unwrap();
    stage.send(submitted.clone()).await.unwrap();
    soon(stage.deliver(0)).await;
    soon(stage.track(0)).await;
    let child = stage.first.children()[1];
    stage
        .first
        .states(Statement::Redirected(stage.receiver_number(1)), Some(child));
    soon(stage.track(0)).await;
    follow(&stage).await;
    let request = GetReportRequest {
        report_id: id,
        include_content: true,
    };
    let shown = stage
        .desk()
        .get_report(request)
        .await
        .unwrap()
        .into_inner()
        .content
        .unwrap();
    let names = |report: &framme_shared::wire::pb::report::Report| -> Vec<String> {
        report.children.iter().map(|child| child.name.clone()).collect()
    };
    assert_eq!(names(&shown), names(&submitted));
}

async fn a_receiver_that_has_sent_on_every_child_is_not_asked_any_more(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    sent_on(&mut stage).await;
    stage.clock.advance(Duration::from_secs(3 * 86_400));
    for receiver in [0, 1] {
        soon(stage.ask(receiver)).await;
    }
    assert!(stage.first.asked().is_empty());
    assert_eq!(stage.second.asked().len(), 1);
}

async fn what_a_receiver_loses_of_children_that_it_sent_on_is_not_sent_again(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = sent_on(&mut stage).await;
    let lost = framme_sender::reconciliation::SendAgain {
        receiver: stage.receiver_number(0),
        numbers: vec![1],
        asked_at: jiff::Timestamp::MAX,
        found_by: "test",
    };
    let found = stage.context.database.change(lost).await.unwrap();
    assert_eq!(found.lost.len(), 1);
    assert!(!found.lost[0].sent_again);
    soon(stage.deliver(0)).await;
    assert_eq!(stage.first.arrived().len(), 1);
    assert_eq!(stage.view(&report).await.children().count(), 1);
}

async fn evidence_of_a_chain_holds(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = chain(&mut stage).await;
    let verdict = super::evidence::verdict_of(&stage, &report).await;
    assert!(verdict.holds(), "{:?}", verdict.faults);
    assert_eq!(verdict.transmissions, 2);
    let delivered = verdict.children.iter().filter(|child| child.is_delivered()).count();
    assert_eq!(delivered, 2);
}
