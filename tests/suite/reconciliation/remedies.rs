//! What is done about each class of difference, by machine where that is safe, and by whom where it is not.

use std::sync::Arc;

use framme_demo::pki::synthetic_organisation;
use framme_sender::holding::{self, Doubtful, Finding};
use framme_shared::{
    db::{Change, StoreError, Tx, tasks},
    domain::{
        ids::{ReportId, TransmissionId},
        lifecycle::{Stage, Standing},
    },
    runtime::clock::SystemClock,
};
use framme_tests::{database::TestDatabase, on_both_databases};

use super::{
    hundred_thousand::RecordAsLost,
    pair::{Pair, told},
};
use crate::exchange::{
    OTHER_POLICE, RECEIVER, TROMSO,
    raw::call,
    receiver::{encoded, new_id, submission},
};

on_both_databases!(
    when_both_hold_the_same_nothing_is_done_and_nobody_is_told,
    what_the_receiver_lost_is_sent_again_and_stored_anew_and_the_task_is_settled,
    what_has_ended_is_not_sent_again,
    children_that_are_not_where_their_receipts_say_are_put_there,
    children_in_doubt_stay_where_the_doubt_put_them,
    a_stage_that_no_receipt_explains_is_a_task_until_it_matches,
    what_the_sender_never_sent_and_what_is_another_thing_are_tasks,
    what_was_recorded_as_lost_and_is_there_is_settled_with_that_word,
    one_event_from_two_districts_is_told_to_both_the_sender_and_the_intake,
    a_child_that_the_sender_closed_is_compared_by_its_receipts,
);

async fn when_both_hold_the_same_nothing_is_done_and_nobody_is_told(database: TestDatabase) {
    let mut pair = Pair::new(database, Arc::new(SystemClock)).await;
    pair.stored(3).await;
    let result = pair.compare().await;
    assert_eq!(told(&result), []);
    let state = result.reconciliation.unwrap();
    assert_eq!((state.sender_entries, state.receiver_entries, state.matched), (3, 3, 3));
    assert!(pair.tasks().await.is_empty());
}

async fn what_the_receiver_lost_is_sent_again_and_stored_anew_and_the_task_is_settled(database: TestDatabase) {
    let mut pair = Pair::new(database, Arc::new(SystemClock)).await;
    let reports = pair.stored(3).await;
    pair.forget(2).await;

    let result = pair.compare().await;
    assert_eq!(told(&result), [(2, "missing_at_receiver", "sent_again")]);
    let transmission = pair.transmission_of(&reports[1]).await;
    assert_eq!(pair.tasks().await, [("missing_at_receiver".to_owned(), transmission)]);
    pair.sender.until_stage(&reports[1], Stage::Stored).await;
    assert_eq!(pair.receiver.stated().await.len(), 4);

    assert_eq!(told(&pair.compare().await), []);
    let task = pair.all_tasks().await.remove(0);
    assert_eq!(task.closed.unwrap().outcome, "held_again");
}

async fn what_has_ended_is_not_sent_again(database: TestDatabase) {
    let mut pair = Pair::new(database, Arc::new(SystemClock)).await;
    let report = pair.stored(1).await.remove(0);
    pair.sender.withdraw(&report).await;
    pair.sender.until_stage(&report, Stage::Withdrawn).await;
    pair.forget(1).await;
    assert_eq!(told(&pair.compare().await), [(1, "missing_at_receiver", "task")]);
    assert_eq!(pair.sender.stage(&report).await, Stage::Withdrawn);
    assert!(pair.numbers().await.lost.iter().all(|lost| !lost.sent_again));
}

async fn children_that_are_not_where_their_receipts_say_are_put_there(database: TestDatabase) {
    let mut pair = Pair::new(database, Arc::new(SystemClock)).await;
    let reports = pair.stored(2).await;
    let moved = pair
        .at_sender("UPDATE child SET stage = 'queued', stage_time = 1")
        .await;
    assert_eq!(moved, 2);

    let result = pair.compare().await;
    assert_eq!(
        told(&result),
        [
            (1, "different_stage", "receipts_replayed"),
            (2, "different_stage", "receipts_replayed")
        ]
    );
    for report in &reports {
        assert_eq!(pair.sender.stage(report).await, Stage::Stored);
        assert_eq!(pair.sender.view(report).await.standing(), Standing::Open);
    }
    assert_eq!(told(&pair.compare().await), []);
    assert!(pair.tasks().await.is_empty());
}

/// The receiver gave no answer when it was asked whether it still holds this.
struct NoAnswer(TransmissionId, ReportId);

impl Change for NoAnswer {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let doubtful = Doubtful {
            transmission: self.0,
            report: self.1,
            finding: Finding::Unanswered,
        };
        holding::begin(tx, &synthetic_organisation(RECEIVER), &[doubtful], "Test").await
    }
}

async fn children_in_doubt_stay_where_the_doubt_put_them(database: TestDatabase) {
    let mut pair = Pair::new(database, Arc::new(SystemClock)).await;
    let report = pair.stored(1).await.remove(0);
    let transmission = pair.transmission_of(&report).await.parse().unwrap();
    let no_answer = NoAnswer(transmission, report);
    pair.sender.sender.context().database.change(no_answer).await.unwrap();
    // Its receipts lead to what the receiver says now, and would put it there if nothing were in doubt.
    pair.at_sender("UPDATE child SET stage = 'queued', stage_time = 1")
        .await;

    assert_eq!(told(&pair.compare().await), [(1, "different_stage", "in_doubt")]);
    assert_eq!(pair.sender.stage(&report).await, Stage::Queued);
    let kinds: Vec<String> = pair.tasks().await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["holding_unanswered"]);
}

async fn a_stage_that_no_receipt_explains_is_a_task_until_it_matches(database: TestDatabase) {
    let mut pair = Pair::new(database, Arc::new(SystemClock)).await;
    let report = pair.stored(1).await.remove(0);
    pair.at_receiver("UPDATE child SET stage = 'opened', opened = 1").await;
    assert_eq!(told(&pair.compare().await), [(1, "different_stage", "task")]);
    let transmission = pair.transmission_of(&report).await;
    assert_eq!(pair.tasks().await, [("different_stage".to_owned(), transmission)]);
    assert_eq!(pair.sender.stage(&report).await, Stage::Stored);

    pair.at_receiver("UPDATE child SET stage = 'stored', opened = 0").await;
    assert_eq!(told(&pair.compare().await), []);
    let task = pair.all_tasks().await.remove(0);
    assert_eq!(task.closed.unwrap().outcome, "matches_now");
}

async fn what_the_sender_never_sent_and_what_is_another_thing_are_tasks(database: TestDatabase) {
    let mut pair = Pair::new(database, Arc::new(SystemClock)).await;
    let reports = pair.stored(2).await;
    let other = pair.blob(&[9; 32]).await;
    pair.at_receiver(format!(
        "UPDATE transmission SET content_sha256 = {other} WHERE sequence = 1"
    ))
    .await;
    pair.at_receiver("UPDATE transmission SET sequence = 7 WHERE sequence = 2")
        .await;

    let result = pair.compare().await;
    assert_eq!(
        told(&result),
        [
            (1, "different_content", "task"),
            (2, "missing_at_receiver", "sent_again"),
            (7, "unknown_to_sender", "task")
        ]
    );
    let tasks = pair.tasks().await;
    let different = ("different_content".to_owned(), pair.transmission_of(&reports[0]).await);
    assert!(tasks.contains(&different), "{tasks:?}");
    assert!(
        tasks
            .iter()
            .any(|(kind, subject)| kind == "unknown_to_sender" && subject.ends_with("/7"))
    );
}

async fn what_was_recorded_as_lost_and_is_there_is_settled_with_that_word(database: TestDatabase) {
    let mut pair = Pair::new(database, Arc::new(SystemClock)).await;
    let reports = pair.stored(2).await;
    let record = RecordAsLost(pair.transmission_of(&reports[1]).await);
    pair.sender.sender.context().database.change(record).await.unwrap();

    let result = pair.compare().await;
    assert_eq!(told(&result), [(2, "recorded_as_lost_but_found", "task_settled")]);
    assert_eq!(result.reconciliation.unwrap().matched, 2);
    let task = pair.all_tasks().await.remove(0);
    assert_eq!(task.closed.unwrap().outcome, "recorded_as_lost_but_found");
    assert_eq!(told(&pair.compare().await), []);
}

async fn one_event_from_two_districts_is_told_to_both_the_sender_and_the_intake(database: TestDatabase) {
    let mut pair = Pair::new(database, Arc::new(SystemClock)).await;
    pair.stored(1).await;
    let mut report = pair.sender.report(TROMSO);
    report.police_case_references = vec!["26/000001".to_owned(), "PO 4711".to_owned()];
    let id = pair.sender.submit_this(report).await;
    pair.sender.until_stage(&id, Stage::Stored).await;
    // Another district, another report, the same case as somebody else types it.
    let mut other = pair.receiver.report();
    other.police_case_references = vec!["po4711".to_owned()];
    let request = submission(&new_id(), 1, &other, pair.authorities.clock.now());
    let channel = pair.receiver.organisation(OTHER_POLICE);
    call(&channel, "SubmitTransmission", vec![encoded(&request)])
        .await
        .unwrap();

    let result = pair.compare().await;
    assert_eq!(told(&result), [(2, "duplicate", "at_receiver")]);
    assert_eq!(result.reconciliation.unwrap().matched, 2);
    let reader = pair.receiver.receiver.core().db.reader();
    let open = tasks::page(reader, 0, false, 10).await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(
        (open[0].kind.as_str(), open[0].desk.as_str()),
        ("duplicate_event", "intake")
    );
    assert_eq!(open[0].subject, pair.transmission_of(&id).await);
    assert!(pair.tasks().await.is_empty());
}

async fn a_child_that_the_sender_closed_is_compared_by_its_receipts(database: TestDatabase) {
    let mut pair = Pair::new(database, Arc::new(SystemClock)).await;
    let report = pair.stored(1).await.remove(0);
    pair.sender.close(&report).await;
    assert_eq!(pair.sender.stage(&report).await, Stage::Closed);
    assert_eq!(told(&pair.compare().await), []);
    pair.at_receiver("UPDATE child SET stage = 'opened', opened = 1").await;
    assert_eq!(told(&pair.compare().await), [(1, "different_stage", "task")]);
    assert_eq!(pair.sender.stage(&report).await, Stage::Closed);
}
