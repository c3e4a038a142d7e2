//! Daily statements at the receiver.

use std::sync::Arc;

use framme_demo::pki::synthetic_organisation;
use framme_receiver::{statements::StatementWorker, store::receipt};
use framme_shared::{
    db::{
        statements,
        tasks::{self, Task},
    },
    domain::{
        digest::Digest,
        receipt::{Pair, Software},
        statement::{
            Entry, Receipts, Schedule, Side, StatementClaims, Tally, TallyOfDay, Transmissions, View, sign, verify,
        },
    },
    runtime::clock::{Clock as _, ManualClock},
    wire::{
        pb::{
            exchange::{ExchangeStatementRequest, SubmitTransmissionRequest},
            report::ErrorReason,
        },
        time::from_pb,
    },
};
use framme_tests::{database::TestDatabase, on_both_databases};
use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, date},
};
use tonic::Status;

use crate::receiving::{OTHER_POLICE, POLICE, Receiving, TROMSO, reason, report_of};

on_both_databases!(
    a_day_of_nothing_is_stated_for_every_sender,
    the_same_day_again_gives_the_same_text,
    a_day_is_counted_as_the_protocol_says_and_numbers_that_are_not_held_are_named,
    days_on_which_the_clocks_change_end_at_midnight_in_oslo,
    a_statement_that_does_not_come_is_missed_from_the_hour_and_settled_when_it_comes,
    one_entry_of_other_content_is_a_task_at_the_second_look,
    a_sender_that_knows_receipts_which_were_never_made_differs,
    another_statement_of_the_same_day_is_refused_and_the_first_stays,
    what_is_not_the_callers_statement_of_this_pair_is_refused_and_nothing_is_stored,
    a_day_that_has_not_ended_or_is_long_past_is_refused,
    each_day_of_a_standstill_is_stated,
    a_row_that_vanished_is_found_by_the_statement_of_its_day,
);

const DAY: Date = date(2026, 3, 2);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The hour at which the statement of 2 March is due.
fn due() -> Timestamp {
    at("2026-03-03T02:00:00Z")
}

/// A receiver whose time stands still.
struct Still {
    clock: Arc<ManualClock>,
    receiving: Receiving,
}

impl Still {
    async fn start(database: TestDatabase, now: &str) -> Self {
        let clock = Arc::new(ManualClock::new(at(now)));
        let receiving = Receiving::start_with(database, clock.clone()).await;
        Self { clock, receiving }
    }

    async fn on_the_day(database: TestDatabase) -> Self {
        Self::start(database, "2026-03-02T08:00:00Z").await
    }

    /// What is due, whether or not the receiver's own worker was faster.
    async fn step(&self) {
        let senders = self.receiving.config.peers.iter().map(|peer| peer.organisation);
        let core = Arc::clone(self.receiving.core());
        let worker = StatementWorker::new(core, senders.collect(), Schedule::default());
        worker.step().await.unwrap();
    }

    async fn give(&self, organisation: u32, statement: String) -> Result<String, Status> {
        let request = ExchangeStatementRequest { statement };
        let answer = self
            .receiving
            .statements(organisation)
            .exchange_statement(request)
            .await;
        Ok(answer?.into_inner().statement)
    }

    /// Gives what the police have signed.
    async fn state(&self, claims: &StatementClaims) -> Result<String, Status> {
        self.give(POLICE, sign(&self.receiving.signer(POLICE), claims).unwrap())
            .await
    }

    async fn texts(&self, day: Date) -> statements::Texts {
        let police = synthetic_organisation(POLICE);
        statements::texts(self.receiving.core().db.reader(), &police, day)
            .await
            .unwrap()
    }

    async fn verdict(&self, day: Date) -> String {
        let police = synthetic_organisation(POLICE);
        let days = statements::page(self.receiving.core().db.reader(), Some(&police), None, 100).await;
        let found = days.unwrap().into_iter().find(|found| found.day == day);
        found.unwrap().verdict.unwrap()
    }

    /// Open tasks about the police, as kind and day.
    async fn tasks(&self) -> Vec<(String, String)> {
        let open = tasks::page(self.receiving.core().db.reader(), 0, false, 1_000).await;
        let about = |task: Task| {
            let day = task
                .subject
                .strip_prefix(&format!("{}/", synthetic_organisation(POLICE)))?;
            Some((task.kind, day.to_owned()))
        };
        open.unwrap().into_iter().filter_map(about).collect()
    }

    /// What the receiver states, believed as a sender believes it.
    fn believed(&self, text: &str) -> StatementClaims {
        let verifier = self.receiving.core().trust.verifier();
        verify(verifier.jws(), text, &pair(), Side::Receiver, self.clock.now()).unwrap()
    }

    /// What a sender states that sent these and has every receipt.
    async fn claims(&self, day: Date, sent: &[&SubmitTransmissionRequest]) -> StatementClaims {
        let police = synthetic_organisation(POLICE);
        let receipts = receipt::after(self.receiving.core().db.reader(), &police, 0, 10_000).await;
        let last = receipts.unwrap().pop();
        StatementClaims {
            pair: pair(),
            day,
            time: self.clock.now(),
            transmissions: Transmissions {
                tally: tally(sent),
                last: sent.iter().map(|sent| sent.sequence).max().unwrap_or(0),
            },
            view: View::Sender { receipted: tally(sent) },
            receipts: Receipts {
                last: last.as_ref().map_or(0, |last| last.sequence),
                head: last.map_or(Digest::ZERO, |last| last.sha256),
            },
            software: Software {
                name: "test".to_owned(),
                version: "1".to_owned(),
            },
        }
    }
}

fn pair() -> Pair {
    Pair {
        sender: synthetic_organisation(POLICE),
        receiver: synthetic_organisation(1),
    }
}

fn tally(sent: &[&SubmitTransmissionRequest]) -> Tally {
    let mut tally = TallyOfDay::default();
    for sent in sent {
        tally.add(&Entry {
            number: sent.sequence,
            transmission: sent.transmission_id.parse().unwrap(),
            report: report_of(sent).report_id.parse().unwrap(),
            content: Digest::of(&sent.content),
            submitted_at: from_pb(sent.submitted_time.as_ref().unwrap()).unwrap(),
        });
    }
    tally.finish()
}

fn numbers(claims: &StatementClaims) -> Vec<(u64, u64)> {
    let View::Receiver { lacks } = &claims.view else {
        panic!("a receiver states what it lacks");
    };
    lacks.iter().map(|range| (range.first, range.last)).collect()
}

async fn a_day_of_nothing_is_stated_for_every_sender(database: TestDatabase) {
    let still = Still::on_the_day(database).await;
    still.clock.set(due());
    still.step().await;
    let stated = still.believed(&still.texts(DAY).await.own.unwrap());
    assert_eq!(
        stated.transmissions,
        Transmissions {
            tally: tally(&[]),
            last: 0
        }
    );
    assert_eq!(stated.receipts.head, Digest::ZERO);
    let reader = still.receiving.core().db.reader();
    let other = statements::texts(reader, &synthetic_organisation(OTHER_POLICE), DAY).await;
    assert!(other.unwrap().own.is_some());
}

async fn the_same_day_again_gives_the_same_text(database: TestDatabase) {
    let still = Still::on_the_day(database).await;
    let sent = still.receiving.transmission(1, &[TROMSO]);
    still.receiving.submit(&sent).await;
    still.clock.set(due());
    let text = sign(&still.receiving.signer(POLICE), &still.claims(DAY, &[&sent]).await).unwrap();
    let first = still.give(POLICE, text.clone()).await.unwrap();
    still.clock.set(due() + SignedDuration::from_hours(5));
    still.step().await;
    assert_eq!(still.give(POLICE, text.clone()).await.unwrap(), first);
    assert_eq!(still.texts(DAY).await.own, Some(first));
    assert_eq!(still.texts(DAY).await.peer, Some(text));
    assert_eq!(still.verdict(DAY).await, "agrees");
}

async fn a_day_is_counted_as_the_protocol_says_and_numbers_that_are_not_held_are_named(database: TestDatabase) {
    let still = Still::on_the_day(database).await;
    let [two, five, six] = [2, 5, 6].map(|number| still.receiving.transmission(number, &[TROMSO]));
    for sent in [&six, &two, &five] {
        still.receiving.submit(sent).await;
    }
    // The first microsecond of the day after.
    still.clock.set(at("2026-03-02T23:00:00Z"));
    let nine = still.receiving.transmission(9, &[TROMSO]);
    still.receiving.submit(&nine).await;
    still.clock.set(due());
    still.step().await;
    let stated = still.believed(&still.texts(DAY).await.own.unwrap());
    assert_eq!(stated.transmissions.tally, tally(&[&two, &five, &six]));
    assert_eq!(stated.transmissions.last, 6);
    assert_eq!(numbers(&stated), [(1, 1), (3, 4)]);
    still.clock.set(at("2026-03-04T02:00:00Z"));
    still.step().await;
    let stated = still.believed(&still.texts(DAY.tomorrow().unwrap()).await.own.unwrap());
    assert_eq!(stated.transmissions.tally, tally(&[&nine]));
    assert_eq!(numbers(&stated), [(1, 1), (3, 4), (7, 8)]);
}

async fn days_on_which_the_clocks_change_end_at_midnight_in_oslo(database: TestDatabase) {
    // Midnight before and after 29 March 2026: 23 hours apart.
    let still = Still::start(database, "2026-03-28T22:59:59.999999Z").await;
    let mut sent = Vec::new();
    let moments = [
        "2026-03-28T22:59:59.999999Z",
        "2026-03-28T23:00:00Z",
        "2026-03-29T21:59:59.999999Z",
        "2026-03-29T22:00:00Z",
    ];
    for (moment, number) in moments.into_iter().zip(1..) {
        still.clock.set(at(moment));
        sent.push(still.receiving.transmission(number, &[TROMSO]));
        still.receiving.submit(sent.last().unwrap()).await;
    }
    still.clock.set(at("2026-03-30T01:00:00Z"));
    still.step().await;
    let day = date(2026, 3, 29);
    let stated = still.believed(&still.texts(day).await.own.unwrap());
    assert_eq!(stated.transmissions.tally, tally(&[&sent[1], &sent[2]]));
    let claims = still.claims(day, &[&sent[1], &sent[2]]).await;
    still.state(&claims).await.unwrap();
    assert_eq!(still.verdict(day).await, "agrees");
}

async fn a_statement_that_does_not_come_is_missed_from_the_hour_and_settled_when_it_comes(database: TestDatabase) {
    let still = Still::on_the_day(database).await;
    still.clock.set(due());
    still.step().await;
    still.clock.set(at("2026-03-03T07:59:59Z"));
    still.step().await;
    assert!(!still.tasks().await.contains(&task("statement_missing", DAY)));
    still.clock.set(at("2026-03-03T08:00:00Z"));
    still.step().await;
    still.step().await;
    assert!(still.tasks().await.contains(&task("statement_missing", DAY)));
    still.state(&still.claims(DAY, &[]).await).await.unwrap();
    assert!(!still.tasks().await.contains(&task("statement_missing", DAY)));
}

fn task(kind: &str, day: Date) -> (String, String) {
    (kind.to_owned(), day.to_string())
}

async fn one_entry_of_other_content_is_a_task_at_the_second_look(database: TestDatabase) {
    let still = Still::on_the_day(database).await;
    let [one, two] = [1, 2].map(|number| still.receiving.transmission(number, &[TROMSO]));
    for sent in [&one, &two] {
        still.receiving.submit(sent).await;
    }
    still.clock.set(due());
    // The same report with a field that nobody knows: the entry is the same but for the digest of its content.
    let changed = SubmitTransmissionRequest {
        content: [&two.content[..], &[0xf8, 0x7f, 1]].concat().into(),
        ..two.clone()
    };
    let mut claims = still.claims(DAY, &[&one, &two]).await;
    let tally = tally(&[&one, &changed]);
    claims.transmissions.tally = tally;
    claims.view = View::Sender { receipted: tally };
    still.state(&claims).await.unwrap();
    assert_eq!(still.verdict(DAY).await, "differs");
    assert!(!still.tasks().await.contains(&task("statement_differs", DAY)));
    still.clock.set(due() + SignedDuration::from_hours(1));
    still.step().await;
    assert!(still.tasks().await.contains(&task("statement_differs", DAY)));
}

async fn a_sender_that_knows_receipts_which_were_never_made_differs(database: TestDatabase) {
    let still = Still::on_the_day(database).await;
    let sent = still.receiving.transmission(1, &[TROMSO]);
    still.receiving.submit(&sent).await;
    still.clock.set(due());
    let mut claims = still.claims(DAY, &[&sent]).await;
    claims.receipts.last += 1;
    still.state(&claims).await.unwrap();
    assert_eq!(still.verdict(DAY).await, "differs");
}

async fn another_statement_of_the_same_day_is_refused_and_the_first_stays(database: TestDatabase) {
    let still = Still::on_the_day(database).await;
    still.clock.set(due());
    let claims = still.claims(DAY, &[]).await;
    let text = sign(&still.receiving.signer(POLICE), &claims).unwrap();
    let first = still.give(POLICE, text.clone()).await.unwrap();
    let later = StatementClaims {
        time: claims.time + SignedDuration::from_micros(1),
        ..claims
    };
    still.clock.set(due() + SignedDuration::from_hours(1));
    assert_eq!(reason(still.state(&later).await), ErrorReason::ContentDiffers);
    assert_eq!(still.texts(DAY).await.peer, Some(text.clone()));
    assert_eq!(still.give(POLICE, text).await.unwrap(), first);
}

async fn what_is_not_the_callers_statement_of_this_pair_is_refused_and_nothing_is_stored(database: TestDatabase) {
    let still = Still::on_the_day(database).await;
    still.clock.set(at("2026-03-03T01:00:00Z"));
    let claims = still.claims(DAY, &[]).await;
    let signed = |organisation, claims: &StatementClaims| sign(&still.receiving.signer(organisation), claims).unwrap();
    let of_other = StatementClaims {
        pair: Pair {
            sender: synthetic_organisation(OTHER_POLICE),
            ..claims.pair
        },
        ..claims.clone()
    };
    let to_other = StatementClaims {
        pair: Pair {
            receiver: synthetic_organisation(OTHER_POLICE),
            ..claims.pair
        },
        ..claims.clone()
    };
    let good = signed(POLICE, &claims);
    let mut spoiled = good.clone().into_bytes();
    let middle = good.find('.').unwrap() + 40;
    spoiled[middle] = if spoiled[middle] == b'A' { b'B' } else { b'A' };
    for refused in [
        signed(OTHER_POLICE, &of_other),
        signed(POLICE, &to_other),
        String::from_utf8(spoiled).unwrap(),
        "not.a.statement".to_owned(),
        String::new(),
        still
            .receiving
            .submit(&still.receiving.transmission(1, &[TROMSO]))
            .await,
    ] {
        assert_eq!(reason(still.give(POLICE, refused).await), ErrorReason::InvalidField);
    }
    let large = "a".repeat(70_000);
    assert_eq!(reason(still.give(POLICE, large).await), ErrorReason::TooLarge);
    // The police's own statement, given by somebody else.
    assert_eq!(reason(still.give(OTHER_POLICE, good).await), ErrorReason::InvalidField);
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM statement WHERE side = 'peer' OR day = '2026-03-02'")
        .fetch_one(still.receiving.core().db.reader())
        .await
        .unwrap();
    assert_eq!(count, 0);
}

async fn a_day_that_has_not_ended_or_is_long_past_is_refused(database: TestDatabase) {
    let still = Still::on_the_day(database).await;
    // A sender whose clock is ahead.
    let mut claims = still.claims(DAY, &[]).await;
    claims.time = at("2026-03-02T23:00:00Z");
    still.clock.set(at("2026-03-02T22:59:59Z"));
    assert_eq!(reason(still.state(&claims).await), ErrorReason::InvalidField);
    claims.day = date(2025, 1, 1);
    assert_eq!(reason(still.state(&claims).await), ErrorReason::InvalidField);
    claims.day = DAY;
    still.clock.set(at("2026-03-02T23:00:00Z"));
    still.state(&claims).await.unwrap();
}

async fn each_day_of_a_standstill_is_stated(database: TestDatabase) {
    let still = Still::on_the_day(database).await;
    still.clock.set(due());
    still.step().await;
    still.clock.set(at("2026-03-06T12:00:00Z"));
    still.step().await;
    for day in DAY.series(jiff::Span::new().days(1)).take(4) {
        assert!(still.texts(day).await.own.is_some(), "{day}");
    }
    // The senders have an hour before theirs are missed.
    assert!(
        !still
            .tasks()
            .await
            .contains(&task("statement_missing", date(2026, 3, 5)))
    );
    still.clock.set(at("2026-03-06T13:00:00Z"));
    still.step().await;
    assert!(
        still
            .tasks()
            .await
            .contains(&task("statement_missing", date(2026, 3, 5)))
    );
}

async fn a_row_that_vanished_is_found_by_the_statement_of_its_day(database: TestDatabase) {
    let still = Still::on_the_day(database).await;
    let [one, two] = [1, 2].map(|number| still.receiving.transmission(number, &[TROMSO]));
    for sent in [&one, &two] {
        still.receiving.submit(sent).await;
    }
    lose(&still.receiving.database, 1).await;
    still.clock.set(due());
    let answer = still.state(&still.claims(DAY, &[&one, &two]).await).await.unwrap();
    assert_eq!(still.verdict(DAY).await, "differs");
    // And the sender, which knows the receipts, is told so by the receiver's own word.
    let stated = still.believed(&answer);
    assert_eq!(stated.transmissions.tally, tally(&[&two]));
    assert_eq!(numbers(&stated), [(1, 1)]);
}

/// Deletes a transmission behind the receiver's back.
async fn lose(database: &TestDatabase, number: i64) {
    let mut connection = database.connect().await;
    for table in ["child", "transmission_content", "transmission"] {
        let sql = format!(
            "DELETE FROM {table} WHERE transmission_id IN (SELECT transmission_id FROM transmission WHERE sequence = $1)"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(number)
            .execute(&mut connection)
            .await
            .unwrap();
    }
}
