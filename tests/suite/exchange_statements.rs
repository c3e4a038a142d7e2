//! Daily statements between a real sender and a real receiver, each with its own worker, as time goes by.

use std::sync::Arc;

use framme_demo::pki::synthetic_organisation;
use framme_shared::{
    db::{
        Database,
        statements::{self, Texts},
        tasks::{self, Task},
    },
    domain::{organisation::OrganisationNumber, statement::StatedDay},
    runtime::clock::ManualClock,
};
use framme_tests::{database::TestDatabase, on_both_databases};
use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, date},
};

use crate::exchange::{
    POLICE, RECEIVER, TROMSO,
    authorities::Authorities,
    receiver::RealReceiver,
    sender::{Known, RealSender},
    until,
};

on_both_databases!(
    both_sides_state_the_day_and_hold_each_others_words,
    what_a_receiver_lost_behind_its_back_is_found_by_both_sides,
);

const DAY: Date = date(2026, 3, 2);

fn due() -> Timestamp {
    "2026-03-03T02:00:00Z".parse().unwrap()
}

struct Sides {
    clock: Arc<ManualClock>,
    receiver: RealReceiver,
    sender: RealSender,
}

/// Three reports that the receiver has stored and receipted, and the sender knows it.
async fn after_a_day(database: TestDatabase) -> Sides {
    let clock = Arc::new(ManualClock::new("2026-03-02T08:00:00Z".parse().unwrap()));
    let authorities = Authorities::new(clock.clone());
    let of_the_sender = TestDatabase::new(database.config().dialect().unwrap()).await;
    let receiver = RealReceiver::start(&authorities, database).await;
    let known = Known {
        organisation: RECEIVER,
        address: receiver.address(),
        municipality: TROMSO,
    };
    let sender = RealSender::start(&authorities, of_the_sender, &[known]).await;
    for _ in 0..3 {
        sender.submit(TROMSO).await;
    }
    until("the sender has three receipts", || async {
        sender.receiver(RECEIVER).await.last_receipt == 3
    })
    .await;
    Sides {
        clock,
        receiver,
        sender,
    }
}

impl Sides {
    fn receivers(&self) -> &Database {
        &self.receiver.receiver.core().db
    }

    fn senders(&self) -> &Database {
        &self.sender.sender.context().database
    }

    /// Returns when both sides have compared their statements of the day.
    async fn stated(&self) {
        until("both sides have compared the day", || async {
            day(self.senders(), RECEIVER)
                .await
                .is_some_and(|day| day.verdict.is_some())
                && day(self.receivers(), POLICE)
                    .await
                    .is_some_and(|day| day.verdict.is_some())
        })
        .await;
    }
}

async fn day(database: &Database, peer: u32) -> Option<StatedDay> {
    let peer = synthetic_organisation(peer);
    let days = statements::page(database.reader(), Some(&peer), None, 100)
        .await
        .unwrap();
    days.into_iter().find(|found| found.day == DAY)
}

async fn verdict(database: &Database, peer: u32) -> String {
    day(database, peer).await.unwrap().verdict.unwrap()
}

async fn texts(database: &Database, peer: OrganisationNumber) -> Texts {
    statements::texts(database.reader(), &peer, DAY).await.unwrap()
}

/// The kinds of open tasks about this peer.
async fn tasks_about(database: &Database, peer: u32) -> Vec<String> {
    let peer = synthetic_organisation(peer).to_string();
    let open = tasks::page(database.reader(), 0, false, 1_000).await.unwrap();
    let about = |task: Task| task.subject.starts_with(&peer).then_some(task.kind);
    open.into_iter().filter_map(about).collect()
}

async fn both_sides_state_the_day_and_hold_each_others_words(database: TestDatabase) {
    let sides = after_a_day(database).await;
    sides.clock.set(due());
    sides.stated().await;
    assert_eq!(verdict(sides.senders(), RECEIVER).await, "agrees");
    assert_eq!(verdict(sides.receivers(), POLICE).await, "agrees");
    let sender = texts(sides.senders(), synthetic_organisation(RECEIVER)).await;
    let receiver = texts(sides.receivers(), synthetic_organisation(POLICE)).await;
    assert_eq!((&sender.own, &sender.peer), (&receiver.peer, &receiver.own));
    assert!(sender.own.is_some() && sender.peer.is_some());
    assert_eq!(tasks_about(sides.senders(), RECEIVER).await, [""; 0]);
    assert_eq!(tasks_about(sides.receivers(), POLICE).await, [""; 0]);
}

async fn what_a_receiver_lost_behind_its_back_is_found_by_both_sides(database: TestDatabase) {
    let sides = after_a_day(database).await;
    let mut connection = sides.receiver.database.connect().await;
    for sql in [
        "DELETE FROM child WHERE transmission_id IN (SELECT transmission_id FROM transmission WHERE sequence = 2)",
        "DELETE FROM transmission_content
         WHERE transmission_id IN (SELECT transmission_id FROM transmission WHERE sequence = 2)",
        "DELETE FROM transmission WHERE sequence = 2",
    ] {
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }
    sides.clock.set(due());
    sides.stated().await;
    assert_eq!(verdict(sides.senders(), RECEIVER).await, "differs");
    assert_eq!(verdict(sides.receivers(), POLICE).await, "differs");
    assert_eq!(tasks_about(sides.senders(), RECEIVER).await, ["numbers_lacking"]);
    sides.clock.set(due() + SignedDuration::from_hours(1));
    until("a person at each side is told", || async {
        let differs = "statement_differs".to_owned();
        tasks_about(sides.senders(), RECEIVER).await.contains(&differs)
            && tasks_about(sides.receivers(), POLICE).await.contains(&differs)
    })
    .await;
}
