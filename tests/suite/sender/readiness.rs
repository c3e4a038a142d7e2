//! Whether somebody at a receiver could open: what its answers, and its silence, come to.

use std::time::Duration;

use framme_shared::{
    db::heartbeat::{Beat, CLOCKS},
    runtime::clock::Clock as _,
    wire::{
        pb::{
            exchange::{AlertAddressState, CheckReadinessResponse, DutyState},
            report::Urgency,
            sender::{ListReceiversRequest, ReadinessState, ReceiverReadiness},
        },
        time::to_pb,
    },
};
use framme_tests::{database::TestDatabase, on_both_databases};
use jiff::SignedDuration;
use tonic::Status;

use super::stage::{Stage, TROMSO, soon};

on_both_databases!(
    nobody_able_to_open_is_a_task_at_once_and_the_report_goes_out_all_the_same,
    a_receiver_that_does_not_know_the_question_is_unknown_and_never_ready,
    an_answer_that_cannot_be_is_never_stored_as_good,
    a_silent_receiver_is_told_of_after_ten_minutes_and_at_once_while_an_acute_report_waits,
    what_was_wrong_before_the_silence_is_not_over_because_of_it,
    a_stopped_clock_worker_a_wrong_clock_a_dead_address_and_an_uncovered_duty_are_told_of_and_settled,
    a_list_that_nobody_works_is_told_of_when_reports_have_waited_for_hours,
    a_good_answer_grows_old,
    the_receiver_is_told_when_the_own_clock_worker_last_completed_a_step,
);

const MINUTE: Duration = Duration::from_secs(60);

async fn ask(stage: &Stage) {
    soon(stage.readiness(0).step()).await.unwrap();
}

async fn readiness(stage: &Stage) -> ReceiverReadiness {
    let answer = stage.desk().list_receivers(ListReceiversRequest {}).await.unwrap();
    let of_first = stage.receiver_number(0).to_string();
    let mut receivers = answer.into_inner().receivers.into_iter();
    let found = receivers.find(|receiver| receiver.organisation_number == of_first);
    found.unwrap().readiness.unwrap()
}

/// Kinds and subjects of open tasks, the receiver's number left out.
async fn tasks(stage: &Stage) -> Vec<String> {
    let number = stage.receiver_number(0).to_string();
    let open = stage.tasks().await.into_iter();
    open.map(|(kind, subject)| format!("{kind} {}", subject.replace(&number, "it")))
        .collect()
}

fn nobody(mut answer: CheckReadinessResponse) -> Result<CheckReadinessResponse, Status> {
    answer.areas[0].can_open = 0;
    answer.areas[0].seen_lately = 0;
    Ok(answer)
}

async fn nobody_able_to_open_is_a_task_at_once_and_the_report_goes_out_all_the_same(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    stage.first.answer_readiness(nobody);
    ask(&stage).await;
    assert_eq!(tasks(&stage).await, ["nobody_can_open it/5501"]);
    let found = readiness(&stage).await;
    assert_eq!(found.state(), ReadinessState::NotReady);
    assert_eq!(found.incidents, ["nobody_can_open"]);
    assert_eq!(found.areas[0].can_open, 0);
    assert!(found.areas[0].nobody_since_time.is_some());

    stage.submit(&[TROMSO], Urgency::Normal).await;
    soon(stage.deliver(0)).await;
    assert_eq!(stage.first.arrived().len(), 1);

    stage.clock.advance(2 * MINUTE);
    ask(&stage).await;
    assert_eq!(
        readiness(&stage).await.areas[0].nobody_since_time,
        found.areas[0].nobody_since_time
    );
    stage.first.is_ready();
    ask(&stage).await;
    assert_eq!(tasks(&stage).await, [""; 0]);
    let found = readiness(&stage).await;
    assert_eq!(found.state(), ReadinessState::Ready);
    assert_eq!((found.areas[0].can_open, found.areas[0].nobody_since_time), (2, None));
    assert_eq!(found.not_ready_since_time, None);
}

async fn a_receiver_that_does_not_know_the_question_is_unknown_and_never_ready(database: TestDatabase) {
    let stage = Stage::set(database).await;
    assert_eq!(readiness(&stage).await.unknown_reason, "not_asked");
    stage.first.is_ready();
    ask(&stage).await;
    stage.first.answer_readiness(|_| Err(Status::unimplemented("")));
    ask(&stage).await;
    let found = readiness(&stage).await;
    assert_eq!(
        (found.state(), found.unknown_reason.as_str()),
        (ReadinessState::Unknown, "unimplemented")
    );
    assert!(found.areas.is_empty(), "what was good once says nothing about now");
    assert_eq!(tasks(&stage).await, ["readiness_unknown it"]);
    stage.first.is_ready();
    ask(&stage).await;
    assert_eq!(tasks(&stage).await, [""; 0]);
}

async fn an_answer_that_cannot_be_is_never_stored_as_good(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let later = to_pb(stage.clock.now() + SignedDuration::from_hours(24));
    let wrong: [fn(&mut CheckReadinessResponse, prost_types::Timestamp); 5] = [
        |answer, _| answer.areas[0].can_open = u32::MAX,
        |answer, _| answer.areas = vec![answer.areas[0].clone(); 5_000],
        |answer, later| answer.areas[0].last_worked_time = Some(later),
        |answer, later| answer.clocks_beat_time = Some(later),
        |answer, _| answer.receiver_time = None,
    ];
    for change in wrong {
        stage.first.answer_readiness(move |mut answer| {
            change(&mut answer, later);
            Ok(answer)
        });
        ask(&stage).await;
        let found = readiness(&stage).await;
        assert_eq!(
            (found.state(), found.unknown_reason.as_str()),
            (ReadinessState::Unknown, "not_believed")
        );
        assert_eq!(found.answered_time, None);
        assert_eq!(tasks(&stage).await, ["readiness_unknown it"]);
    }
}

async fn a_silent_receiver_is_told_of_after_ten_minutes_and_at_once_while_an_acute_report_waits(
    database: TestDatabase,
) {
    let mut stage = Stage::set(database).await;
    stage.first.is_ready();
    ask(&stage).await;
    stage.first.answer_readiness(|_| Err(Status::unavailable("")));
    ask(&stage).await;
    stage.clock.advance(9 * MINUTE);
    ask(&stage).await;
    assert_eq!(tasks(&stage).await, [""; 0]);
    assert_eq!(readiness(&stage).await.state(), ReadinessState::Unknown);
    stage.clock.advance(MINUTE);
    ask(&stage).await;
    assert_eq!(tasks(&stage).await, ["receiver_silent it"]);
    stage.first.is_ready();
    ask(&stage).await;
    assert_eq!(tasks(&stage).await, [""; 0]);

    stage.submit(&[TROMSO], Urgency::Acute).await;
    stage.first.answer_readiness(|_| Err(Status::unavailable("")));
    ask(&stage).await;
    assert_eq!(tasks(&stage).await, ["receiver_silent it"]);
}

async fn what_was_wrong_before_the_silence_is_not_over_because_of_it(database: TestDatabase) {
    let stage = Stage::set(database).await;
    stage.first.answer_readiness(nobody);
    ask(&stage).await;
    stage.first.answer_readiness(|_| Err(Status::unavailable("")));
    ask(&stage).await;
    assert_eq!(tasks(&stage).await, ["nobody_can_open it/5501"]);
    assert_eq!(readiness(&stage).await.incidents, ["nobody_can_open"]);
}

async fn a_stopped_clock_worker_a_wrong_clock_a_dead_address_and_an_uncovered_duty_are_told_of_and_settled(
    database: TestDatabase,
) {
    let stage = Stage::set(database).await;
    let old = to_pb(stage.clock.now() - SignedDuration::from_secs(11 * 60));
    let ahead = to_pb(stage.clock.now() + SignedDuration::from_secs(31));
    stage.first.answer_readiness(move |mut answer| {
        answer.clocks_beat_time = Some(old);
        answer.alert_address = AlertAddressState::Dead.into();
        answer.areas[0].duty = DutyState::Uncovered.into();
        Ok(answer)
    });
    ask(&stage).await;
    assert_eq!(
        tasks(&stage).await,
        [
            "duty_uncovered it/5501",
            "alert_address_dead it",
            "peer_clock_stopped it"
        ]
    );
    stage.first.answer_readiness(move |mut answer| {
        answer.receiver_time = Some(ahead);
        answer.clocks_beat_time = Some(ahead);
        Ok(answer)
    });
    ask(&stage).await;
    assert_eq!(tasks(&stage).await, ["clock_offset it"]);
    assert_eq!(readiness(&stage).await.clock_offset_milliseconds, 31_000);
    stage.first.is_ready();
    ask(&stage).await;
    assert_eq!(tasks(&stage).await, [""; 0]);
}

async fn a_list_that_nobody_works_is_told_of_when_reports_have_waited_for_hours(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let since = to_pb(stage.clock.now());
    stage.first.answer_readiness(move |mut answer| {
        answer.areas[0].last_worked_time = None;
        answer.areas[0].waiting = 2;
        answer.areas[0].waiting_since_time = Some(since);
        answer.reports_unopened = 2;
        answer.reports_unassigned = 2;
        Ok(answer)
    });
    stage.clock.advance(240 * MINUTE);
    ask(&stage).await;
    assert_eq!(tasks(&stage).await, [""; 0]);
    stage.clock.advance(MINUTE);
    ask(&stage).await;
    assert_eq!(tasks(&stage).await, ["nobody_works_list it/5501"]);
    assert_eq!(readiness(&stage).await.reports_unopened, 2);
}

async fn a_good_answer_grows_old(database: TestDatabase) {
    let stage = Stage::set(database).await;
    stage.first.is_ready();
    ask(&stage).await;
    stage.clock.advance(14 * MINUTE);
    assert_eq!(readiness(&stage).await.state(), ReadinessState::Ready);
    stage.clock.advance(MINUTE);
    let found = readiness(&stage).await;
    assert_eq!(
        (found.state(), found.unknown_reason.as_str()),
        (ReadinessState::Unknown, "not_asked_lately")
    );
}

async fn the_receiver_is_told_when_the_own_clock_worker_last_completed_a_step(database: TestDatabase) {
    let stage = Stage::set(database).await;
    stage.first.is_ready();
    ask(&stage).await;
    stage.context.database.change(Beat(CLOCKS)).await.unwrap();
    let beat = stage.clock.now();
    stage.clock.advance(5 * MINUTE);
    ask(&stage).await;
    let asked = stage.first.readiness_asked();
    assert_eq!(asked[0].clocks_beat_time, None);
    assert_eq!(asked[1].clocks_beat_time, Some(to_pb(beat)));
    assert_eq!(asked[1].sender_time, Some(to_pb(stage.clock.now())));
    assert_eq!(asked[1].areas, [TROMSO]);
    // Set back, the clock makes no heartbeat of times to come.
    stage.clock.set(beat - SignedDuration::from_hours(1));
    ask(&stage).await;
    let now = to_pb(stage.clock.now());
    assert_eq!(stage.first.readiness_asked()[2].clocks_beat_time, Some(now));
}
