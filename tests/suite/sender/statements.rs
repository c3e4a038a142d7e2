//! Daily statements at the sender.

use framme_shared::{
    db::statements,
    domain::{
        digest::Digest,
        statement::{Numbers, Tally, View},
    },
    wire::{pb::report::Urgency, status::Failure},
};
use framme_tests::{database::TestDatabase, on_both_databases};
use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, date},
};

use super::{
    receiver::{Mood, payload},
    stage::{HARSTAD, Stage, TROMSO},
};

on_both_databases!(
    a_day_of_nothing_is_stated_and_exchanged,
    a_day_is_counted_with_what_is_receipted_and_what_is_on_its_way,
    a_statement_is_made_once_and_given_again_as_it_is,
    each_day_of_a_standstill_is_stated,
    a_statement_that_does_not_come_is_missed_from_the_hour_and_settled_when_it_comes,
    a_receiver_that_is_away_holds_up_no_other,
    one_entry_of_other_content_is_a_task_at_the_second_look,
    a_statement_by_receipts_that_are_not_here_yet_agrees_when_they_are,
    a_number_that_is_receipted_and_lacking_is_a_task,
    an_answer_of_another_pair_or_day_is_not_taken,
    a_receiver_that_holds_another_statement_of_ours_is_a_task,
    a_day_that_is_refused_holds_up_no_other,
);

const DAY: Date = date(2026, 3, 2);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The hour at which the statement of 2 March is due.
fn due() -> Timestamp {
    at("2026-03-03T02:00:00Z")
}

async fn own(stage: &Stage, day: Date) -> Option<String> {
    texts(stage, day).await.own
}

async fn texts(stage: &Stage, day: Date) -> statements::Texts {
    let reader = stage.context.database.reader();
    statements::texts(reader, &stage.receiver_number(0), day).await.unwrap()
}

async fn verdict(stage: &Stage) -> Option<String> {
    let receiver = stage.receiver_number(0);
    let days = statements::page(stage.context.database.reader(), Some(&receiver), None, 10).await;
    days.unwrap().first().and_then(|day| day.verdict.clone())
}

fn task(stage: &Stage, kind: &str, day: Date) -> (String, String) {
    (kind.to_owned(), format!("{}/{day}", stage.receiver_number(0)))
}

/// Two reports that are delivered and receipted on the day, and the hour at which it is stated.
async fn after_a_day(database: TestDatabase) -> Stage {
    let mut stage = Stage::set(database).await;
    stage.submit(&[TROMSO], Urgency::Normal).await;
    stage.submit(&[TROMSO], Urgency::Acute).await;
    stage.deliver(0).await;
    stage.track(0).await;
    stage.clock.set(due());
    stage
}

async fn a_day_of_nothing_is_stated_and_exchanged(database: TestDatabase) {
    let stage = Stage::set(database).await;
    stage.first.answer_statements(Ok);
    stage.clock.set(due());
    stage.exchange_statements(0).await;
    let texts = texts(&stage, DAY).await;
    let own = payload(&texts.own.unwrap());
    assert_eq!(own["transmissions"]["count"], 0);
    assert_eq!(own["transmissions"]["digest"], Digest::of(b"").to_string());
    assert_eq!(own["receipts"]["last"], 0);
    assert_eq!(payload(&texts.peer.unwrap())["side"], "receiver");
    assert_eq!(verdict(&stage).await.as_deref(), Some("agrees"));
    assert_eq!(stage.tasks().await, []);
}

async fn a_day_is_counted_with_what_is_receipted_and_what_is_on_its_way(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    stage.submit(&[TROMSO], Urgency::Normal).await;
    stage.deliver(0).await;
    stage.track(0).await;
    stage.first.set_mood(Mood::Denies);
    stage.submit(&[TROMSO, HARSTAD], Urgency::Normal).await;
    // The day after belongs to another statement.
    stage.clock.set(at("2026-03-02T23:00:00Z"));
    stage.submit(&[TROMSO], Urgency::Normal).await;
    stage.clock.set(due());
    stage.first.answer_statements(Ok);
    stage.exchange_statements(0).await;
    let own = payload(&own(&stage, DAY).await.unwrap());
    assert_eq!(own["transmissions"]["count"], 2);
    assert_eq!(own["transmissions"]["last"], 2);
    assert_eq!(own["receipted"]["count"], 1);
    assert_eq!(own["receipts"]["last"], 1);
    assert_eq!(verdict(&stage).await.as_deref(), Some("on_the_way"));
    assert_eq!(stage.tasks().await, []);
}

async fn a_statement_is_made_once_and_given_again_as_it_is(database: TestDatabase) {
    let stage = after_a_day(database).await;
    // Nobody answers: as if the process died between making and exchanging.
    stage.exchange_statements(0).await;
    let made = own(&stage, DAY).await.unwrap();
    stage.clock.advance(std::time::Duration::from_secs(7_000));
    stage.first.answer_statements(Ok);
    stage.exchange_statements(0).await;
    assert_eq!(own(&stage, DAY).await, Some(made.clone()));
    assert_eq!(stage.first.statements(), [made.clone(), made]);
    assert_eq!(verdict(&stage).await.as_deref(), Some("agrees"));
    // What is exchanged is not given again.
    stage.exchange_statements(0).await;
    assert_eq!(stage.first.statements().len(), 2);
}

async fn each_day_of_a_standstill_is_stated(database: TestDatabase) {
    let stage = after_a_day(database).await;
    stage.first.answer_statements(Ok);
    stage.exchange_statements(0).await;
    stage.clock.set(at("2026-03-06T12:00:00Z"));
    stage.exchange_statements(0).await;
    let given: Vec<_> = stage
        .first
        .statements()
        .iter()
        .map(|text| payload(text)["day"].clone())
        .collect();
    assert_eq!(given, ["2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"]);
    assert_eq!(stage.tasks().await, []);
}

async fn a_statement_that_does_not_come_is_missed_from_the_hour_and_settled_when_it_comes(database: TestDatabase) {
    let stage = after_a_day(database).await;
    stage.exchange_statements(0).await;
    stage.clock.set(at("2026-03-03T07:59:59Z"));
    stage.exchange_statements(0).await;
    assert_eq!(stage.tasks().await, []);
    stage.clock.set(at("2026-03-03T08:00:00Z"));
    stage.exchange_statements(0).await;
    stage.exchange_statements(0).await;
    assert_eq!(stage.tasks().await, [task(&stage, "statement_missing", DAY)]);
    stage.clock.set(at("2026-03-03T09:00:00Z"));
    stage.first.answer_statements(Ok);
    stage.exchange_statements(0).await;
    assert_eq!(stage.tasks().await, []);
}

async fn a_receiver_that_is_away_holds_up_no_other(database: TestDatabase) {
    let stage = after_a_day(database).await;
    stage.second.answer_statements(Ok);
    for receiver in [0, 1] {
        stage.exchange_statements(receiver).await;
    }
    assert_eq!(stage.second.statements().len(), 1);
    stage.clock.set(at("2026-03-03T08:00:00Z"));
    for receiver in [0, 1] {
        stage.exchange_statements(receiver).await;
    }
    assert_eq!(stage.tasks().await, [task(&stage, "statement_missing", DAY)]);
}

async fn one_entry_of_other_content_is_a_task_at_the_second_look(database: TestDatabase) {
    let stage = after_a_day(database).await;
    stage.first.answer_statements(|mut claims| {
        claims.transmissions.tally.digest = Digest::of(b"one byte of one entry is another");
        Ok(claims)
    });
    stage.exchange_statements(0).await;
    assert_eq!(verdict(&stage).await.as_deref(), Some("differs"));
    assert_eq!(stage.tasks().await, []);
    stage.clock.set(due() + SignedDuration::from_mins(59));
    stage.exchange_statements(0).await;
    assert_eq!(stage.tasks().await, []);
    stage.clock.set(due() + SignedDuration::from_mins(60));
    stage.exchange_statements(0).await;
    assert_eq!(stage.tasks().await, [task(&stage, "statement_differs", DAY)]);
}

async fn a_statement_by_receipts_that_are_not_here_yet_agrees_when_they_are(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    stage.submit(&[TROMSO], Urgency::Normal).await;
    stage.deliver(0).await;
    stage.clock.set(due());
    stage.first.answer_statements(Ok);
    stage.exchange_statements(0).await;
    assert_eq!(verdict(&stage).await.as_deref(), Some("not_yet"));
    // An hour later they still have not come: somebody should know.
    stage.clock.set(due() + SignedDuration::from_hours(1));
    stage.exchange_statements(0).await;
    assert_eq!(stage.tasks().await, [task(&stage, "statement_differs", DAY)]);
    stage.track(0).await;
    stage.clock.set(due() + SignedDuration::from_hours(3));
    stage.exchange_statements(0).await;
    assert_eq!(verdict(&stage).await.as_deref(), Some("agrees"));
    assert_eq!(stage.tasks().await, []);
}

async fn a_number_that_is_receipted_and_lacking_is_a_task(database: TestDatabase) {
    let stage = after_a_day(database).await;
    stage.first.answer_statements(|mut claims| {
        let lost = Numbers { first: 1, last: 1 };
        claims.view = View::Receiver { lacks: vec![lost] };
        claims.transmissions.tally = Tally {
            count: 1,
            digest: Digest::of(b"number 2"),
        };
        Ok(claims)
    });
    stage.exchange_statements(0).await;
    let about = stage.receiver_number(0).to_string();
    assert_eq!(stage.tasks().await, [("numbers_lacking".to_owned(), about)]);
    // The statement of the next day lacks nothing.
    stage.first.answer_statements(Ok);
    stage.clock.set(at("2026-03-04T02:00:00Z"));
    stage.exchange_statements(0).await;
    assert_eq!(stage.tasks().await, [task(&stage, "statement_differs", DAY)]);
}

async fn an_answer_of_another_pair_or_day_is_not_taken(database: TestDatabase) {
    let stage = after_a_day(database).await;
    let stranger = stage.receiver_number(1);
    stage.first.answer_statements(move |mut claims| {
        claims.pair.sender = stranger;
        Ok(claims)
    });
    stage.exchange_statements(0).await;
    assert_eq!(texts(&stage, DAY).await.peer, None);
    stage.first.answer_statements(|mut claims| {
        claims.day = claims.day.yesterday().unwrap();
        Ok(claims)
    });
    stage.clock.advance(std::time::Duration::from_secs(600));
    stage.exchange_statements(0).await;
    assert_eq!(stage.first.statements().len(), 2);
    assert_eq!(texts(&stage, DAY).await.peer, None);
    assert_eq!(texts(&stage, DAY.yesterday().unwrap()).await.peer, None);
}

async fn a_receiver_that_holds_another_statement_of_ours_is_a_task(database: TestDatabase) {
    let stage = after_a_day(database).await;
    stage.first.answer_statements(|_| Err(Failure::ContentDiffers));
    stage.exchange_statements(0).await;
    assert_eq!(stage.tasks().await, [task(&stage, "statement_differs", DAY)]);
    // It is not asked again and again.
    stage.clock.advance(std::time::Duration::from_secs(3_600));
    stage.exchange_statements(0).await;
    assert_eq!(stage.first.statements().len(), 1);
}

async fn a_day_that_is_refused_holds_up_no_other(database: TestDatabase) {
    let stage = after_a_day(database).await;
    stage.exchange_statements(0).await;
    stage.first.answer_statements(|claims| match claims.day {
        DAY => Err(Failure::invalid_field("statement", "is not believed")),
        _ => Ok(claims),
    });
    stage.clock.set(at("2026-03-04T02:00:00Z"));
    stage.exchange_statements(0).await;
    assert_eq!(texts(&stage, DAY).await.peer, None);
    assert!(texts(&stage, DAY.tomorrow().unwrap()).await.peer.is_some());
}
