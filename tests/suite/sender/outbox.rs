//! Delivering.

use std::time::Duration;

use framme_shared::{domain::lifecycle::Stage as ChildStage, runtime::shutdown::Shutdown, wire::pb::report::Urgency};
use framme_tests::{database::TestDatabase, on_both_databases};

use super::{
    receiver::Mood,
    stage::{HARSTAD, Stage, TROMSO, drain, soon},
};

on_both_databases!(
    acute_goes_before_urgent_before_normal_and_then_the_oldest,
    a_lease_is_not_taken_twice_and_an_expired_one_is_taken_again,
    a_lost_answer_is_asked_for_again_and_arrives_once_in_effect,
    a_receiver_that_never_answers_delays_no_other,
    a_refusal_is_recorded_and_tried_again,
    delivery_alone_moves_no_child,
    an_unreachable_receiver_costs_one_attempt_at_a_time,
    content_that_is_gone_keeps_no_other_from_being_delivered,
    what_is_accepted_while_nothing_waits_is_delivered_from_memory,
    what_lay_in_memory_for_long_is_claimed_when_its_lease_has_run_out,
    nothing_is_delivered_from_memory_past_what_waits,
);

async fn acute_goes_before_urgent_before_normal_and_then_the_oldest(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let mut submitted = Vec::new();
    for urgency in [
        Urgency::Normal,
        Urgency::Urgent,
        Urgency::Acute,
        Urgency::Normal,
        Urgency::Acute,
    ] {
        submitted.push(stage.submit(&[TROMSO], urgency).await);
        stage.clock.advance(Duration::from_secs(1));
    }
    let claimed = stage.claim_one_by_one(0).await;
    let expected: Vec<_> = [2, 4, 1, 0, 3].map(|place: usize| submitted[place]).into();
    assert_eq!(claimed, expected);
}

async fn a_lease_is_not_taken_twice_and_an_expired_one_is_taken_again(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    stage.submit(&[TROMSO], Urgency::Normal).await;
    assert_eq!(stage.claim_one_by_one(0).await.len(), 1);
    assert_eq!(stage.claim_one_by_one(0).await.len(), 0);
    stage.clock.advance(Duration::from_secs(31));
    assert_eq!(stage.claim_one_by_one(0).await.len(), 1);
}

async fn a_lost_answer_is_asked_for_again_and_arrives_once_in_effect(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.submit(&[TROMSO], Urgency::Normal).await;
    stage.first.set_mood(Mood::AnswerLost);
    let mut worker = stage.outbox(0);
    soon(drain(&mut worker)).await;
    stage.first.set_mood(Mood::Good);
    stage.clock.advance(Duration::from_secs(60));
    soon(drain(&mut worker)).await;
    let arrived = stage.first.arrived();
    assert_eq!(arrived.len(), 2);
    assert!(arrived[0] == arrived[1], "the same request, byte for byte");
    assert_eq!(stage.first.stated(), 1);
    assert_eq!(stage.view(&report).await.transmissions[0].next_attempt_at, None);
}

async fn a_receiver_that_never_answers_delays_no_other(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    stage.first.set_mood(Mood::Silent);
    for _ in 0..40 {
        stage.submit(&[TROMSO], Urgency::Acute).await;
    }
    let shutdown = Shutdown::new();
    let stuck = tokio::spawn(stage.outbox(0).run(shutdown.clone()));
    // For an hour of its silence the other receiver gets everything at once.
    for _ in 0..60 {
        stage.clock.advance(Duration::from_secs(60));
        let report = stage.submit(&[HARSTAD], Urgency::Normal).await;
        soon(stage.deliver(1)).await;
        assert_eq!(stage.view(&report).await.transmissions[0].next_attempt_at, None);
    }
    stuck.abort();
    assert_eq!(stage.second.arrived().len(), 60);
}

async fn a_refusal_is_recorded_and_tried_again(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.submit(&[TROMSO], Urgency::Normal).await;
    stage.first.set_mood(Mood::Denies);
    let mut worker = stage.outbox(0);
    soon(drain(&mut worker)).await;
    let refused = stage.view(&report).await.transmissions.remove(0);
    assert_eq!(refused.last_failure.as_deref(), Some("PERMISSION_DENIED"));
    assert!(refused.next_attempt_at.is_some());
    stage.first.set_mood(Mood::Good);
    stage.clock.advance(Duration::from_secs(600));
    soon(drain(&mut worker)).await;
    assert_eq!(stage.view(&report).await.transmissions[0].last_failure, None);
}

async fn delivery_alone_moves_no_child(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.submit(&[TROMSO], Urgency::Normal).await;
    stage.deliver(0).await;
    let view = stage.view(&report).await;
    assert_eq!(view.transmissions[0].next_attempt_at, None, "it is handed over");
    assert_eq!(view.transmissions[0].children[0].state.stage(), ChildStage::Queued);
    stage.track(0).await;
    let view = stage.view(&report).await;
    assert_eq!(view.transmissions[0].children[0].state.stage(), ChildStage::Stored);
}

async fn an_unreachable_receiver_costs_one_attempt_at_a_time(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    for _ in 0..50 {
        stage.submit(&[TROMSO], Urgency::Normal).await;
    }
    stage.first.set_mood(Mood::AnswerLost);
    let mut worker = stage.outbox(0);
    soon(drain(&mut worker)).await;
    let at_first = stage.first.arrived().len();
    stage.clock.advance(Duration::from_secs(31));
    soon(drain(&mut worker)).await;
    assert_eq!(stage.first.arrived().len(), at_first + 1);
}

async fn content_that_is_gone_keeps_no_other_from_being_delivered(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let damaged = stage.submit(&[TROMSO], Urgency::Acute).await;
    let whole = stage.submit(&[TROMSO], Urgency::Normal).await;
    let transmission = stage.view(&damaged).await.transmissions[0].transmission;
    let mut connection = stage.database.connect().await;
    sqlx::query("DELETE FROM transmission_content WHERE transmission_id = $1")
        .bind(transmission.to_string())
        .execute(&mut connection)
        .await
        .unwrap();
    let mut worker = stage.outbox(0);
    soon(drain(&mut worker)).await;
    let failed = stage.view(&damaged).await.transmissions.remove(0);
    assert_eq!(failed.last_failure.as_deref(), Some("content-damaged"));
    assert!(failed.next_attempt_at.is_some(), "it is not forgotten");
    assert_eq!(stage.view(&whole).await.transmissions[0].next_attempt_at, None);
}

async fn what_is_accepted_while_nothing_waits_is_delivered_from_memory(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let mut worker = stage.outbox(0);
    soon(drain(&mut worker)).await;
    let report = stage.submit(&[TROMSO], Urgency::Normal).await;
    delete_contents(&stage).await;
    soon(drain(&mut worker)).await;
    let delivered = stage.view(&report).await.transmissions.remove(0);
    assert_eq!((delivered.attempts, delivered.next_attempt_at), (1, None));
}

async fn what_lay_in_memory_for_long_is_claimed_when_its_lease_has_run_out(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let mut worker = stage.outbox(0);
    soon(drain(&mut worker)).await;
    let report = stage.submit(&[TROMSO], Urgency::Normal).await;
    stage.clock.advance(Duration::from_secs(16));
    soon(drain(&mut worker)).await;
    assert_eq!(stage.first.arrived().len(), 0, "the rest of the lease is too short");
    stage.clock.advance(Duration::from_secs(15));
    soon(drain(&mut worker)).await;
    assert_eq!(stage.first.arrived().len(), 1);
    assert_eq!(stage.view(&report).await.transmissions[0].attempts, 2);
}

async fn nothing_is_delivered_from_memory_past_what_waits(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let mut worker = stage.outbox(0);
    soon(drain(&mut worker)).await;
    stage.first.set_mood(Mood::AnswerLost);
    stage.submit(&[TROMSO], Urgency::Acute).await;
    soon(drain(&mut worker)).await;
    let later = stage.submit(&[TROMSO], Urgency::Normal).await;
    assert_eq!(
        stage.view(&later).await.transmissions[0].attempts,
        0,
        "it waits in the database"
    );
}

async fn delete_contents(stage: &Stage) {
    let mut connection = stage.database.connect().await;
    sqlx::query("DELETE FROM transmission_content")
        .execute(&mut connection)
        .await
        .unwrap();
}
