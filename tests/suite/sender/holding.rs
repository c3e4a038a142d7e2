//! Asking whether what was confirmed is still there, and what follows from the answers.

use std::time::Duration;

use framme_sender::{
    holding::{AskNow, MarkFaulty, Marked, Step, UnmarkFaulty},
    store::{faulty, holding},
};
use framme_shared::{
    db::tasks::{self, Task},
    domain::{
        ids::{ReportId, TransmissionId},
        lifecycle::{AssessmentOutcome, Stage as ChildStage, Standing},
        receipt::{Software, Statement},
    },
    runtime::diagnosis::Extent,
    wire::pb::{exchange::SubmitTransmissionRequest, report::Urgency},
};
use framme_tests::{database::TestDatabase, on_both_databases};

use super::{
    attachments,
    doctor::faults,
    receiver::Answers,
    stage::{HARSTAD, Stage, TROMSO, soon},
};

on_both_databases!(
    a_receiver_is_asked_after_a_day_a_week_and_then_every_thirty_days,
    nobody_asks_any_more_when_every_child_is_assessed_until_one_is_revoked,
    what_was_lost_is_undelivered_and_sent_again_and_delivered_by_new_receipts,
    a_report_at_two_receivers_loses_the_part_that_one_of_them_lost,
    damaged_content_is_undelivered_and_sent_again,
    another_digest_is_undelivered_and_sent_again,
    receipts_that_the_receiver_forgot_make_it_undelivered,
    damage_that_is_repaired_leaves_the_caseworker_who_had_it,
    a_child_that_lost_its_caseworker_is_undelivered_and_not_sent_again,
    an_answer_signed_by_another_organisation_is_no_answer,
    an_answer_to_an_earlier_question_is_no_answer,
    no_answer_for_longer_than_the_grace_is_undelivered_and_nothing_is_sent_again,
    the_right_answer_that_comes_late_makes_it_delivered_again,
    what_is_stated_while_in_doubt_counts_when_the_doubt_ends,
    a_process_that_dies_before_it_records_the_answer_asks_again,
    answers_are_kept_verbatim_and_found_by_transmission,
    faulty_software_is_asked_again_for_exactly_what_it_receipted_since,
    a_person_may_ask_at_any_time,
    a_report_with_a_file_is_asked_about_by_itself,
);

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A report about one child in Tromsø that has a caseworker, and its transmission.
async fn assigned(stage: &mut Stage) -> (ReportId, TransmissionId) {
    let report = stage.submit(&[TROMSO], Urgency::Normal).await;
    soon(stage.deliver(0)).await;
    stage.first.assigns_all();
    soon(stage.track(0)).await;
    assert_eq!(standing(stage, &report).await, Standing::Delivered);
    let transmission = stage.view(&report).await.transmissions[0].transmission;
    (report, transmission)
}

async fn standing(stage: &Stage, report: &ReportId) -> Standing {
    stage.view(report).await.standing()
}

async fn stage_of(stage: &Stage, report: &ReportId) -> ChildStage {
    stage.view(report).await.children().next().unwrap().state.stage()
}

/// The first day is over, and what is due is asked.
async fn a_day_later(stage: &Stage) {
    stage.clock.advance(DAY);
    soon(stage.ask(0)).await;
}

async fn open_tasks(stage: &Stage) -> Vec<Task> {
    tasks::page(stage.context.database.reader(), 0, false, 100)
        .await
        .unwrap()
}

async fn kinds(stage: &Stage) -> Vec<String> {
    open_tasks(stage).await.into_iter().map(|task| task.kind).collect()
}

async fn assert_no_faults(stage: &Stage) {
    let found = faults(stage, Extent::Sample(10)).await;
    // Days have passed in which nobody followed the receivers.
    let of_reports = |fault: &String| !fault.contains("answered") && !fault.contains("certificate");
    let found: Vec<_> = found.into_iter().filter(of_reports).collect();
    assert_eq!(found, Vec::<String>::new());
}

fn days_asked(stage: &Stage) -> Vec<i64> {
    let begin = "2026-03-02T08:00:00Z".parse::<jiff::Timestamp>().unwrap();
    let asked = stage.first.asked().into_iter();
    asked.map(|(at, _)| at.duration_since(begin).as_hours() / 24).collect()
}

async fn a_receiver_is_asked_after_a_day_a_week_and_then_every_thirty_days(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let (report, _) = assigned(&mut stage).await;
    for _ in 0..70 {
        stage.clock.advance(23 * HOUR);
        soon(stage.ask(0)).await;
        stage.clock.advance(HOUR);
        soon(stage.ask(0)).await;
    }
    assert_eq!(days_asked(&stage), [1, 7, 37, 67]);
    assert_eq!(standing(&stage, &report).await, Standing::Delivered);
    assert!(open_tasks(&stage).await.is_empty());
}

async fn nobody_asks_any_more_when_every_child_is_assessed_until_one_is_revoked(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let (report, _) = assigned(&mut stage).await;
    a_day_later(&stage).await;
    let child = stage.first.children()[0];
    let outcome = AssessmentOutcome::FollowedUp;
    stage.first.states(Statement::Assessed(outcome), Some(child));
    soon(stage.track(0)).await;
    for _ in 0..40 {
        a_day_later(&stage).await;
    }
    assert_eq!(days_asked(&stage), [1], "it is assessed");
    stage.first.states(Statement::Revoked, Some(child));
    soon(stage.track(0)).await;
    a_day_later(&stage).await;
    assert_eq!(days_asked(&stage).len(), 2, "somebody waits again");
    assert_eq!(standing(&stage, &report).await, Standing::Open);
}

async fn what_was_lost_is_undelivered_and_sent_again_and_delivered_by_new_receipts(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let (kept, _) = assigned(&mut stage).await;
    let (report, transmission) = assigned(&mut stage).await;
    let followed = stage.context.followers.subscribe_to_all();
    stage.first.lose(&transmission);
    a_day_later(&stage).await;

    assert_eq!(standing(&stage, &report).await, Standing::Open);
    assert_eq!(stage_of(&stage, &report).await, ChildStage::Queued);
    assert_eq!(standing(&stage, &kept).await, Standing::Delivered);
    assert!(followed.take(10).changed.contains(&report), "followers are told");
    let open = open_tasks(&stage).await;
    let about: Vec<_> = open
        .iter()
        .map(|task| (task.kind.as_str(), task.subject.clone()))
        .collect();
    assert_eq!(about, [("holding_missing", transmission.to_string())]);
    assert_no_faults(&stage).await;

    soon(stage.deliver(0)).await;
    let sent = stage.first.arrived();
    // What the sender knows by now beside it plays no part.
    let [first, again] = [&sent[1], &sent[2]].map(|request| SubmitTransmissionRequest {
        last_receipt_sequence: 0,
        ..request.clone()
    });
    assert_eq!(first, again, "the same bytes under the same ids");
    soon(stage.track(0)).await;
    assert_eq!(stage_of(&stage, &report).await, ChildStage::Stored);
    assert_no_faults(&stage).await;
    stage.first.assigns_all();
    soon(stage.track(0)).await;
    assert_eq!(standing(&stage, &report).await, Standing::Delivered);
    assert_no_faults(&stage).await;
    a_day_later(&stage).await;
    assert_eq!(standing(&stage, &report).await, Standing::Delivered);
}

async fn a_report_at_two_receivers_loses_the_part_that_one_of_them_lost(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = stage.submit(&[TROMSO, HARSTAD], Urgency::Normal).await;
    for receiver in [0, 1] {
        soon(stage.deliver(receiver)).await;
    }
    stage.first.assigns_all();
    stage.second.assigns_all();
    for receiver in [0, 1] {
        soon(stage.track(receiver)).await;
    }
    let transmissions = stage.view(&report).await.transmissions;
    let of_first = transmissions
        .iter()
        .find(|part| part.receiver == stage.receiver_number(0));
    stage.first.lose(&of_first.unwrap().transmission);
    stage.clock.advance(DAY);
    for receiver in [0, 1] {
        soon(stage.ask(receiver)).await;
    }
    let view = stage.view(&report).await;
    let mut stages: Vec<_> = view.children().map(|child| child.state.stage()).collect();
    stages.sort_unstable();
    assert_eq!(stages, [ChildStage::Queued, ChildStage::Assigned]);
    assert_eq!(view.standing(), Standing::Open);
    assert_no_faults(&stage).await;
}

/// The answer makes it undelivered, and it is sent again.
async fn assert_lost(database: TestDatabase, answers: Answers, task: &str) {
    let mut stage = Stage::set(database).await;
    let (report, _) = assigned(&mut stage).await;
    stage.first.set_answers(answers);
    a_day_later(&stage).await;
    assert_eq!(standing(&stage, &report).await, Standing::Open);
    assert_eq!(kinds(&stage).await, [task]);
    soon(stage.deliver(0)).await;
    assert_eq!(stage.first.arrived().len(), 2, "it is sent again");
    assert_no_faults(&stage).await;
}

async fn damaged_content_is_undelivered_and_sent_again(database: TestDatabase) {
    assert_lost(database, Answers::Damaged, "holding_damaged").await;
}

async fn another_digest_is_undelivered_and_sent_again(database: TestDatabase) {
    assert_lost(database, Answers::OtherDigest, "holding_other_digest").await;
}

async fn receipts_that_the_receiver_forgot_make_it_undelivered(database: TestDatabase) {
    assert_lost(database, Answers::Forgetful, "holding_fewer_receipts").await;
}

async fn damage_that_is_repaired_leaves_the_caseworker_who_had_it(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let (report, _) = assigned(&mut stage).await;
    stage.first.set_answers(Answers::Damaged);
    a_day_later(&stage).await;
    stage.first.set_answers(Answers::Truly);
    // The receiver puts the content back, and answers with the receipt that it made first.
    soon(stage.deliver(0)).await;
    assert_eq!(
        standing(&stage, &report).await,
        Standing::Open,
        "that alone proves nothing"
    );
    soon(stage.ask(0)).await;
    assert_eq!(standing(&stage, &report).await, Standing::Delivered);
    assert_no_faults(&stage).await;
}

async fn a_child_that_lost_its_caseworker_is_undelivered_and_not_sent_again(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let (report, _) = assigned(&mut stage).await;
    stage.first.set_answers(Answers::Unassigned);
    a_day_later(&stage).await;
    assert_eq!(stage_of(&stage, &report).await, ChildStage::Stored);
    assert_eq!(kinds(&stage).await, ["holding_other_stage"]);
    soon(stage.deliver(0)).await;
    assert_eq!(stage.first.arrived().len(), 1, "sending again would not help");
    assert_no_faults(&stage).await;
    stage.first.set_answers(Answers::Truly);
    a_day_later(&stage).await;
    assert_eq!(standing(&stage, &report).await, Standing::Delivered);
    assert_no_faults(&stage).await;
}

/// Nothing is made of the answer, and the question is asked again.
async fn assert_no_answer(stage: &mut Stage, answers: Answers) {
    let (report, transmission) = assigned(stage).await;
    stage.first.lose(&transmission);
    stage.first.set_answers(answers);
    a_day_later(stage).await;
    assert_eq!(
        standing(stage, &report).await,
        Standing::Delivered,
        "nothing is known yet"
    );
    let kept = holding::about(stage.context.database.reader(), &transmission).await;
    assert!(kept.unwrap().is_empty());
    assert!(open_tasks(stage).await.is_empty());
    stage.first.set_answers(Answers::Truly);
    stage.clock.advance(HOUR);
    soon(stage.ask(0)).await;
    assert_eq!(standing(stage, &report).await, Standing::Open, "now it is known");
}

async fn an_answer_signed_by_another_organisation_is_no_answer(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let other = Answers::signed_by(&stage.pki, stage.receiver_number(1));
    assert_no_answer(&mut stage, other).await;
}

async fn an_answer_to_an_earlier_question_is_no_answer(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    assert_no_answer(&mut stage, Answers::OldNonce).await;
}

/// A report of which the receiver has not answered for longer than the grace.
async fn unanswered(stage: &mut Stage) -> ReportId {
    let (report, _) = assigned(stage).await;
    stage.first.set_answers(Answers::Away);
    a_day_later(stage).await;
    stage.clock.advance(DAY);
    soon(stage.ask(0)).await;
    assert_eq!(standing(stage, &report).await, Standing::Delivered, "within the grace");
    stage.clock.advance(Duration::from_secs(1));
    soon(stage.ask(0)).await;
    report
}

async fn no_answer_for_longer_than_the_grace_is_undelivered_and_nothing_is_sent_again(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = unanswered(&mut stage).await;
    assert_eq!(standing(&stage, &report).await, Standing::Open);
    assert_eq!(stage_of(&stage, &report).await, ChildStage::Stored);
    let open = open_tasks(&stage).await;
    let about: Vec<_> = open
        .iter()
        .map(|task| (task.kind.as_str(), task.subject.clone()))
        .collect();
    assert_eq!(about, [("holding_unanswered", stage.receiver_number(0).to_string())]);
    soon(stage.deliver(0)).await;
    assert_eq!(stage.first.arrived().len(), 1);
    assert_no_faults(&stage).await;
}

async fn the_right_answer_that_comes_late_makes_it_delivered_again(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = unanswered(&mut stage).await;
    let before = stage.view(&report).await;
    stage.first.set_answers(Answers::Truly);
    stage.clock.advance(HOUR);
    soon(stage.ask(0)).await;
    let view = stage.view(&report).await;
    assert_eq!(
        (before.standing(), view.standing()),
        (Standing::Open, Standing::Delivered)
    );
    assert_eq!(
        view.delivered_at().unwrap().to_string(),
        "2026-03-02T08:00:00Z",
        "since its receipt, not since the answer"
    );
    assert!(open_tasks(&stage).await.is_empty(), "the task is settled");
    assert_no_faults(&stage).await;
}

async fn what_is_stated_while_in_doubt_counts_when_the_doubt_ends(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = unanswered(&mut stage).await;
    let child = stage.first.children()[0];
    let outcome = AssessmentOutcome::AcuteMeasures;
    stage.first.states(Statement::Assessed(outcome), Some(child));
    soon(stage.track(0)).await;
    assert_eq!(standing(&stage, &report).await, Standing::Open);
    assert_no_faults(&stage).await;
    stage.first.set_answers(Answers::Truly);
    stage.clock.advance(HOUR);
    soon(stage.ask(0)).await;
    assert_eq!(stage_of(&stage, &report).await, ChildStage::Assessed);
    assert_eq!(standing(&stage, &report).await, Standing::Delivered);
    assert_no_faults(&stage).await;
}

async fn a_process_that_dies_before_it_records_the_answer_asks_again(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let (report, transmission) = assigned(&mut stage).await;
    stage.first.lose(&transmission);
    stage.first.set_answers(Answers::Silent);
    stage.clock.advance(DAY);
    let mut worker = stage.holding(0);
    let dies = async {
        let asked = async {
            while stage.first.asked().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            stepped = worker.step() => panic!("it was never answered: {stepped:?}"),
            () = asked => {}
        }
    };
    soon(dies).await;
    stage.first.set_answers(Answers::Truly);
    soon(stage.ask(0)).await;
    assert_eq!(stage.first.asked().len(), 1, "the one who died may still be asking");
    assert_eq!(standing(&stage, &report).await, Standing::Delivered);
    stage.clock.advance(Duration::from_secs(120));
    soon(stage.ask(0)).await;
    assert_eq!(stage.first.asked().len(), 2);
    assert_eq!(standing(&stage, &report).await, Standing::Open);
}

async fn answers_are_kept_verbatim_and_found_by_transmission(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let (_, lost) = assigned(&mut stage).await;
    let (_, kept) = assigned(&mut stage).await;
    stage.first.lose(&lost);
    a_day_later(&stage).await;
    let reader = stage.context.database.reader();
    let about_lost = holding::about(reader, &lost).await.unwrap();
    let about_kept = holding::about(reader, &kept).await.unwrap();
    assert_eq!(
        (about_lost[0].1.as_str(), about_kept[0].1.as_str()),
        ("missing", "held")
    );
    assert_eq!(about_lost[0].0, about_kept[0].0, "one answer to one question");
    assert_eq!(about_lost[0].0.split('.').count(), 3);
}

async fn faulty_software_is_asked_again_for_exactly_what_it_receipted_since(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    stage.first.install(1);
    let (_, before) = assigned(&mut stage).await;
    stage.clock.advance(HOUR);
    let since = stage.context.clock.now();
    let (_, faulty) = assigned(&mut stage).await;
    stage.first.install(2);
    let (_, fixed) = assigned(&mut stage).await;
    stage.first.install(1);
    let (_, faulty_again) = assigned(&mut stage).await;

    let software = Software {
        name: "played".to_owned(),
        version: "1.1".to_owned(),
    };
    let mark = || MarkFaulty {
        id: uuid::Uuid::from_u128(1).to_string(),
        receiver: stage.receiver_number(0),
        software: software.clone(),
        since,
        by: "desk-1".to_owned(),
    };
    let database = &stage.context.database;
    assert_eq!(database.change(mark()).await.unwrap(), Marked::Now);
    assert_eq!(database.change(mark()).await.unwrap(), Marked::Before);
    stage.first.set_answers(Answers::Away);
    soon(stage.ask(0)).await;
    let standing = faulty::standing(database.reader()).await.unwrap();
    assert_eq!(standing[0].being_asked, 2, "shown as being asked for");

    stage.first.set_answers(Answers::Truly);
    stage.clock.advance(HOUR);
    soon(stage.ask(0)).await;
    let (_, mut asked) = stage.first.asked().pop().unwrap();
    asked.sort_unstable();
    let mut wanted = vec![faulty, faulty_again];
    wanted.sort_unstable();
    assert_eq!(
        asked, wanted,
        "not {before}, from before, and not {fixed}, of another version"
    );
    assert_eq!(faulty::standing(database.reader()).await.unwrap()[0].being_asked, 0);

    let (_, later) = assigned(&mut stage).await;
    soon(stage.ask(0)).await;
    let (_, asked) = stage.first.asked().pop().unwrap();
    assert_eq!(asked, [later], "what it receipts while the mark stands, too");

    let unmark = UnmarkFaulty {
        receiver: stage.receiver_number(0),
        software,
        by: "desk-1".to_owned(),
    };
    let database = &stage.context.database;
    assert!(database.change(unmark).await.unwrap());
    assert!(faulty::standing(database.reader()).await.unwrap().is_empty());
    let count = stage.first.asked().len();
    assigned(&mut stage).await;
    soon(stage.ask(0)).await;
    assert_eq!(stage.first.asked().len(), count, "nothing more is asked because of it");
}

async fn a_report_with_a_file_is_asked_about_by_itself(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let (_, plain) = assigned(&mut stage).await;
    let report = attachments::uploaded(&mut stage).await;
    soon(stage.deliver(0)).await;
    stage.first.assigns_all();
    soon(stage.track(0)).await;
    let with_file = stage.view(&report).await.transmissions[0].transmission;
    a_day_later(&stage).await;
    let asked: Vec<_> = stage.first.asked().into_iter().map(|(_, ids)| ids).collect();
    assert_eq!(asked, [vec![plain], vec![with_file]]);
    assert_eq!(standing(&stage, &report).await, Standing::Delivered);
}

async fn a_person_may_ask_at_any_time(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let (report, one) = assigned(&mut stage).await;
    let (_, other) = assigned(&mut stage).await;
    let ask = |report| AskNow {
        receiver: stage.receiver_number(0),
        report,
        after: None,
        by: "desk-1".to_owned(),
    };
    let database = &stage.context.database;
    assert_eq!(database.change(ask(Some(report))).await.unwrap().count, 1);
    soon(stage.ask(0)).await;
    assert_eq!(stage.first.asked().pop().unwrap().1, [one]);
    assert_eq!(database.change(ask(None)).await.unwrap().count, 2);
    soon(stage.ask(0)).await;
    let (_, mut asked) = stage.first.asked().pop().unwrap();
    asked.sort_unstable();
    let mut both = vec![one, other];
    both.sort_unstable();
    assert_eq!(asked, both);
    let idle = stage.holding(0).step().await.unwrap();
    assert!(matches!(idle, Step::Idle { .. }));
}
