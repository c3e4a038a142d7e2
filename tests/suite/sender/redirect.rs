//! Children that are sent on: by a redirect, or by a person.

use std::{sync::Arc, time::Duration};

use framme_sender::{
    clocks::SentMatters,
    redirect::{NEEDS_PERSON, REJECTED, RedirectWorker, Step, subject},
};
use framme_shared::{
    db::{deadlines, tasks},
    domain::{
        ids::{ChildId, ReportId},
        lifecycle::{self, RejectionReason, Standing},
        organisation::OrganisationNumber,
        receipt::{ReadBefore, ReadersInRole, Statement},
        staff_role::StaffRole,
    },
    runtime::clock::Clock as _,
    wire::{
        pb::{
            report::{ErrorReason, Report, Urgency},
            sender::{RouteChildRequest, RouteChildResponse},
        },
        status::reason_of,
        time::from_pb,
    },
    workers::clocks::{self, ClockWorker},
};
use framme_tests::{database::TestDatabase, on_both_databases};
use prost::Message as _;
use tonic::Status;

use super::{
    requests::{self, withdrawal},
    stage::{HARSTAD, Stage, TROMSO, soon},
};

on_both_databases!(
    a_redirected_child_goes_on_to_the_service_that_is_named_and_the_first_clock_goes_on,
    only_what_was_redirected_goes_on_and_files_that_concern_it_go_along,
    a_circle_goes_to_a_person_who_sends_the_child_where_it_belongs,
    a_service_that_nobody_knows_is_never_guessed,
    a_receiver_that_is_not_believed_gets_nothing_without_a_person,
    a_redirect_whose_worker_died_is_followed_once_when_its_lease_has_run_out,
    two_workers_with_one_redirect_send_one_transmission,
    what_is_being_withdrawn_is_not_sent_on,
    a_withdrawal_reaches_also_those_who_had_the_child_before,
    a_rejection_is_a_task_with_its_code_until_the_child_is_sent_on,
    a_rejection_is_settled_when_a_person_closes_the_child,
    a_rejection_is_settled_when_the_child_is_withdrawn,
    the_same_route_gets_the_first_answer_and_another_under_its_id_is_refused,
    a_child_that_nobody_declined_is_not_sent_on,
    what_was_read_before_a_withdrawal_is_shown,
    people_are_told_of_where_a_child_is_now_and_not_of_where_it_was,
);

const REQUEST: &str = "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b2a";
const OTHER_REQUEST: &str = "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b2b";

/// A report about a child whom the first receiver has stored.
pub(super) async fn stored(stage: &mut Stage, municipalities: &[&str]) -> ReportId {
    let report = stage.submit(municipalities, Urgency::Urgent).await;
    soon(stage.deliver(0)).await;
    soon(stage.track(0)).await;
    report
}

/// A receiver states this about its latest transmission's first child, and the sender takes it in.
pub(super) async fn states(stage: &Stage, receiver: usize, statement: Statement) {
    let played = [&stage.first, &stage.second][receiver];
    played.states(statement, Some(played.children()[0]));
    soon(stage.track(receiver)).await;
}

/// Follows everything that is due; returns how many steps had something to do.
pub(super) async fn follow(stage: &Stage) -> usize {
    let worker = RedirectWorker::new(stage.context.clone());
    let mut worked = 0;
    while soon(worker.step()).await.unwrap() == Step::Worked {
        worked += 1;
        assert!(worked < 100, "redirects never come to rest");
    }
    worked
}

/// The child is at the second receiver, who was named by the first.
pub(super) async fn sent_on(stage: &mut Stage) -> ReportId {
    let report = stored(stage, &[TROMSO]).await;
    states(stage, 0, Statement::Redirected(stage.receiver_number(1))).await;
    follow(stage).await;
    soon(stage.deliver(1)).await;
    soon(stage.track(1)).await;
    report
}

fn route(report: &ReportId, child: ChildId, to: OrganisationNumber) -> RouteChildRequest {
    RouteChildRequest {
        report_id: report.to_string(),
        child_id: child.to_string(),
        to_organisation_number: to.to_string(),
        request_id: REQUEST.to_owned(),
        reason: "Avtalt på telefon.".to_owned(),
    }
}

async fn routed(stage: &Stage, request: RouteChildRequest) -> Result<RouteChildResponse, Status> {
    stage.desk().route_child(request).await.map(tonic::Response::into_inner)
}

async fn task_data(stage: &Stage, kind: &str) -> Vec<String> {
    let open = tasks::page(stage.context.database.reader(), 0, false, 100)
        .await
        .unwrap();
    let of_kind = open.into_iter().filter(|task| task.kind == kind);
    of_kind.map(|task| task.data).collect()
}

async fn stage_of(stage: &Stage, report: &ReportId) -> lifecycle::Stage {
    stage.view(report).await.children().next().unwrap().state.stage()
}

async fn a_redirected_child_goes_on_to_the_service_that_is_named_and_the_first_clock_goes_on(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stored(&mut stage, &[TROMSO]).await;
    let taken = stage.view(&report).await.submitted_at;
    stage.clock.advance(Duration::from_secs(7_200));
    states(&stage, 0, Statement::Redirected(stage.receiver_number(1))).await;
    assert_eq!(stage.view(&report).await.standing(), Standing::Open);

    assert_eq!(follow(&stage).await, 1);
    let view = stage.view(&report).await;
    let [first, second] = &view.transmissions[..] else {
        panic!("one transmission and its follower: {:?}", view.transmissions);
    };
    let (first, second) = if first.redirected_from.is_none() {
        (first, second)
    } else {
        (second, first)
    };
    assert_eq!(second.redirected_from, Some(first.transmission));
    assert_eq!(second.receiver, stage.receiver_number(1));
    assert_eq!(first.children[0].moved_to, Some(second.transmission));
    assert_eq!(first.children[0].state.stage(), lifecycle::Stage::Redirected);
    assert_eq!(view.children().count(), 1, "a child counts once");
    assert_eq!(stage_of(&stage, &report).await, lifecycle::Stage::Queued);

    soon(stage.deliver(1)).await;
    let arrived = stage.second.arrived();
    assert_eq!(arrived.len(), 1);
    assert_eq!(from_pb(arrived[0].submitted_time.as_ref().unwrap()).unwrap(), taken);
    assert_eq!(
        arrived[0].redirected_from_transmission_id,
        first.transmission.to_string()
    );
    stage.second.assigns_all();
    soon(stage.track(1)).await;
    let view = stage.view(&report).await;
    assert_eq!(view.standing(), Standing::Delivered);
    assert_eq!(view.delivered_at(), Some(stage.clock.now()));
    assert_eq!(view.submitted_at, taken);
    assert!(stage.tasks().await.is_empty());
}

async fn only_what_was_redirected_goes_on_and_files_that_concern_it_go_along(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let mut report = stage.report(&[TROMSO, TROMSO, TROMSO], Urgency::Normal);
    framme_shared::wire::report::fill_child_ids(&mut report);
    let ids: Vec<String> = report.children.iter().map(|child| child.child_id.clone()).collect();
    let files = super::attachments::with_files(
        &stage,
        &mut report,
        &[
            &[],
            &[ids[1].as_str()],
            &[ids[0].as_str(), ids[1].as_str()],
            &[ids[0].as_str()],
        ],
    )
    .await;
    let id = ReportId::parse(&report.report_id).unwrap();
    stage.send(report).await.unwrap();
    soon(stage.deliver(0)).await;
    soon(stage.track(0)).await;
    let children = stage.first.children();
    stage
        .first
        .states(Statement::Redirected(stage.receiver_number(1)), Some(children[1]));
    stage
        .first
        .states(Statement::Assigned(super::receiver::caseworker()), Some(children[0]));
    stage
        .first
        .states(Statement::Redirected(stage.receiver_number(1)), Some(children[2]));
    soon(stage.track(0)).await;
    follow(&stage).await;
    soon(stage.deliver(1)).await;

    let arrived = stage.second.arrived();
    assert_eq!(arrived.len(), 1, "both children go in one transmission");
    let content = Report::decode(arrived[0].content.clone()).unwrap();
    let gone: Vec<&str> = content.children.iter().map(|child| child.child_id.as_str()).collect();
    assert_eq!(gone, [&ids[1], &ids[2]]);
    let along: Vec<(&str, &[String])> = content
        .attachments
        .iter()
        .map(|file| (file.attachment_id.as_str(), file.child_ids.as_slice()))
        .collect();
    assert_eq!(
        along,
        [
            (files[0].as_str(), &[][..]),
            (files[1].as_str(), &ids[1..2]),
            (files[2].as_str(), &ids[1..2])
        ]
    );
    assert_eq!(stage.second.files().len(), 3);
    stage.second.assigns_all();
    soon(stage.track(1)).await;
    assert_eq!(stage.view(&id).await.standing(), Standing::Delivered);
}

async fn a_circle_goes_to_a_person_who_sends_the_child_where_it_belongs(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = sent_on(&mut stage).await;
    let child = stage.second.children()[0];
    states(&stage, 1, Statement::Redirected(stage.receiver_number(0))).await;
    follow(&stage).await;
    assert_eq!(
        stage.tasks().await,
        [(NEEDS_PERSON.to_owned(), subject(&report, &child))]
    );
    assert!(task_data(&stage, NEEDS_PERSON).await[0].ends_with("circle"));
    assert_eq!(stage_of(&stage, &report).await, lifecycle::Stage::Redirected);

    let answer = routed(&stage, route(&report, child, stage.receiver_number(0)))
        .await
        .unwrap();
    assert_eq!(answer.report.unwrap().transmissions.len(), 3);
    assert!(stage.tasks().await.is_empty(), "it is settled");
    soon(stage.deliver(0)).await;
    stage.first.assigns_all();
    soon(stage.track(0)).await;
    let view = stage.view(&report).await;
    assert_eq!(view.standing(), Standing::Delivered);
    assert_eq!(view.children().count(), 1);
    assert_eq!(follow(&stage).await, 0, "nothing is left to do");
}

async fn a_service_that_nobody_knows_is_never_guessed(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stored(&mut stage, &[TROMSO]).await;
    let child = stage.first.children()[0];
    states(&stage, 0, Statement::Redirected("974761076".parse().unwrap())).await;
    follow(&stage).await;
    assert_eq!(
        stage.tasks().await,
        [(NEEDS_PERSON.to_owned(), subject(&report, &child))]
    );
    assert!(task_data(&stage, NEEDS_PERSON).await[0].ends_with("unknown_receiver"));
    assert_eq!(stage.view(&report).await.transmissions.len(), 1);

    let unknown = routed(&stage, route(&report, child, "974761076".parse().unwrap())).await;
    assert_eq!(reason_of(&unknown.unwrap_err()), Some(ErrorReason::NoReceiver));
    routed(&stage, route(&report, child, stage.receiver_number(1)))
        .await
        .unwrap();
    assert!(stage.tasks().await.is_empty());
}

async fn a_receiver_that_is_not_believed_gets_nothing_without_a_person(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    stored(&mut stage, &[TROMSO]).await;
    let distrust = framme_sender::tracking::Distrust {
        receiver: stage.receiver_number(1),
        reason: "test",
    };
    stage.context.database.change(distrust).await.unwrap();
    states(&stage, 0, Statement::Redirected(stage.receiver_number(1))).await;
    follow(&stage).await;
    assert!(task_data(&stage, NEEDS_PERSON).await[0].ends_with("distrusted_receiver"));
}

async fn a_redirect_whose_worker_died_is_followed_once_when_its_lease_has_run_out(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stored(&mut stage, &[TROMSO]).await;
    states(&stage, 0, Statement::Redirected(stage.receiver_number(1))).await;
    let died = RedirectWorker::new(stage.context.clone());
    assert_eq!(died.claim().await.unwrap().len(), 1);
    drop(died);
    assert_eq!(follow(&stage).await, 0, "somebody has it");
    stage.clock.advance(Duration::from_secs(61));
    assert_eq!(follow(&stage).await, 1);
    assert_eq!(stage.view(&report).await.transmissions.len(), 2);
}

async fn two_workers_with_one_redirect_send_one_transmission(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stored(&mut stage, &[TROMSO]).await;
    states(&stage, 0, Statement::Redirected(stage.receiver_number(1))).await;
    let slow = RedirectWorker::new(stage.context.clone());
    let claimed = slow.claim().await.unwrap().remove(0);
    stage.clock.advance(Duration::from_secs(61));
    assert_eq!(follow(&stage).await, 1);
    soon(slow.follow(claimed)).await.unwrap();
    assert_eq!(stage.view(&report).await.transmissions.len(), 2);
    assert!(stage.tasks().await.is_empty());
}

async fn what_is_being_withdrawn_is_not_sent_on(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stored(&mut stage, &[TROMSO]).await;
    states(&stage, 0, Statement::Redirected(stage.receiver_number(1))).await;
    stage
        .desk()
        .withdraw_report(withdrawal(&report, requests::REQUEST))
        .await
        .unwrap();
    follow(&stage).await;
    assert_eq!(stage.view(&report).await.transmissions.len(), 1);
    soon(stage.deliver(0)).await;
    soon(stage.track(0)).await;
    assert_eq!(stage.view(&report).await.standing(), Standing::Closed);
}

async fn a_withdrawal_reaches_also_those_who_had_the_child_before(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = sent_on(&mut stage).await;
    stage
        .desk()
        .withdraw_report(withdrawal(&report, requests::REQUEST))
        .await
        .unwrap();
    for receiver in [0, 1] {
        soon(stage.deliver(receiver)).await;
        soon(stage.track(receiver)).await;
    }
    assert_eq!((stage.first.withdrawn().len(), stage.second.withdrawn().len()), (1, 1));
    let view = stage.view(&report).await;
    assert_eq!(view.standing(), Standing::Closed);
    let all = view.transmissions.iter().flat_map(|sent| &sent.children);
    assert!(
        all.into_iter()
            .all(|child| child.state.stage() == lifecycle::Stage::Withdrawn)
    );
}

async fn a_rejection_is_a_task_with_its_code_until_the_child_is_sent_on(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stored(&mut stage, &[TROMSO]).await;
    let child = stage.first.children()[0];
    states(&stage, 0, Statement::Rejected(RejectionReason::NotOurArea)).await;
    assert_eq!(stage.tasks().await, [(REJECTED.to_owned(), subject(&report, &child))]);
    assert!(task_data(&stage, REJECTED).await[0].ends_with("not_our_area"));
    assert_eq!(follow(&stage).await, 0, "no program decides where it goes");

    routed(&stage, route(&report, child, stage.receiver_number(1)))
        .await
        .unwrap();
    assert!(stage.tasks().await.is_empty());
    soon(stage.deliver(1)).await;
    stage.second.assigns_all();
    soon(stage.track(1)).await;
    assert_eq!(stage.view(&report).await.standing(), Standing::Delivered);
}

async fn a_rejection_is_settled_when_a_person_closes_the_child(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stored(&mut stage, &[TROMSO]).await;
    states(&stage, 0, Statement::Rejected(RejectionReason::NotAChild)).await;
    requests::close(&stage, &report).await;
    assert!(stage.tasks().await.is_empty());
}

async fn a_rejection_is_settled_when_the_child_is_withdrawn(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stored(&mut stage, &[TROMSO]).await;
    states(&stage, 0, Statement::Rejected(RejectionReason::SentInError)).await;
    stage
        .desk()
        .withdraw_report(withdrawal(&report, requests::REQUEST))
        .await
        .unwrap();
    assert_eq!(stage.tasks().await.len(), 1, "the receiver has not said so yet");
    soon(stage.deliver(0)).await;
    soon(stage.track(0)).await;
    assert!(stage.tasks().await.is_empty());
}

async fn the_same_route_gets_the_first_answer_and_another_under_its_id_is_refused(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stored(&mut stage, &[TROMSO]).await;
    let child = stage.first.children()[0];
    states(&stage, 0, Statement::Rejected(RejectionReason::NotOurArea)).await;
    let request = route(&report, child, stage.receiver_number(1));
    let first = routed(&stage, request.clone()).await.unwrap();
    soon(stage.deliver(1)).await;
    soon(stage.track(1)).await;
    assert!(routed(&stage, request.clone()).await.unwrap() == first);
    assert_eq!(stage.view(&report).await.transmissions.len(), 2);

    let other = RouteChildRequest {
        reason: "En annen grunn.".to_owned(),
        ..request.clone()
    };
    assert_eq!(
        reason_of(&routed(&stage, other).await.unwrap_err()),
        Some(ErrorReason::ContentDiffers)
    );
    let again = RouteChildRequest {
        request_id: OTHER_REQUEST.to_owned(),
        ..request
    };
    let refused = routed(&stage, again).await.unwrap_err();
    assert_eq!(
        reason_of(&refused),
        Some(ErrorReason::InvalidTransition),
        "the other has stored it"
    );
}

async fn a_child_that_nobody_declined_is_not_sent_on(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stored(&mut stage, &[TROMSO]).await;
    let child = stage.first.children()[0];
    let stored = routed(&stage, route(&report, child, stage.receiver_number(1))).await;
    assert_eq!(reason_of(&stored.unwrap_err()), Some(ErrorReason::InvalidTransition));
    let stranger: ChildId = OTHER_REQUEST.parse().unwrap();
    let unknown = routed(&stage, route(&report, stranger, stage.receiver_number(1))).await;
    assert_eq!(reason_of(&unknown.unwrap_err()), Some(ErrorReason::NotFound));
    let elsewhere = stage.submit(&[HARSTAD], Urgency::Normal).await;
    let other = routed(&stage, route(&elsewhere, child, stage.receiver_number(1))).await;
    assert_eq!(reason_of(&other.unwrap_err()), Some(ErrorReason::NotFound));
}

async fn what_was_read_before_a_withdrawal_is_shown(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stored(&mut stage, &[TROMSO]).await;
    let read = ReadBefore::new(
        true,
        [ReadersInRole {
            role: StaffRole::IntakeLeader,
            people: 2,
        }],
    );
    states(&stage, 0, Statement::Withdrawn(Some(read.clone()))).await;
    let view = stage.view(&report).await;
    assert_eq!(view.children().next().unwrap().read_before, Some(read));
    let request = framme_shared::wire::pb::sender::GetReportRequest {
        report_id: report.to_string(),
        include_content: false,
    };
    let shown = stage
        .desk()
        .get_report(request)
        .await
        .unwrap()
        .into_inner()
        .report
        .unwrap();
    let told = shown.transmissions[0].children[0]
        .read_before_withdrawal
        .clone()
        .unwrap();
    assert!(told.opened);
    assert_eq!(
        (told.readers[0].role.as_str(), told.readers[0].people),
        ("intake_leader", 2)
    );
}

async fn people_are_told_of_where_a_child_is_now_and_not_of_where_it_was(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = sent_on(&mut stage).await;
    let context = stage.context.clone();
    let rules = Arc::clone(&context.deadlines);
    let mut clocks = ClockWorker::new(
        context.database.clone(),
        stage.clock.clone(),
        Arc::new(SentMatters),
        rules,
    );
    // An urgent report has four hours from its first submission.
    stage.clock.advance(Duration::from_secs(5 * 60 * 60));
    while soon(clocks.step()).await.unwrap() == clocks::Step::Worked {}
    let view = stage.view(&report).await;
    for transmission in &view.transmissions {
        let steps = deadlines::steps(context.database.reader(), &transmission.transmission).await;
        assert_eq!(steps.unwrap().is_empty(), transmission.redirected_from.is_none());
    }
}
