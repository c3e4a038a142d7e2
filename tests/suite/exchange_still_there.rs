//! What happened from 2020 to 2023, once more: a case system confirmed reports and lost some of them, and nobody compared.
//! Here the first question finds out which, and all of it is put right.

use std::{collections::BTreeSet, sync::Arc};

use framme_demo::world::WorkList;
use framme_shared::{
    db::tasks,
    domain::ids::ReportId,
    runtime::clock::SystemClock,
    wire::pb::receiver::{AssignChildRequest, ChildChange},
};
use framme_tests::{database::TestDatabase, on_both_databases};
use futures::StreamExt as _;
use sqlx::Row as _;

use crate::exchange::{
    POLICE, RECEIVER, TROMSO,
    authorities::Authorities,
    patiently,
    people::{CASEWORKER, hire},
    receiver::{RealReceiver, new_id},
    sender::{Known, RealSender},
};

on_both_databases!(what_a_receiver_confirmed_and_lost_is_found_and_sent_again_and_assigned_again);

/// As many as in the table of 2018 to 2023 a district had, and as many as were lost.
const REPORTS: usize = 5_000;
const LOST: usize = 63;

struct Pair {
    receiver: RealReceiver,
    sender: RealSender,
    leader: WorkList,
}

/// A child at the receiver: transmission and child id.
type Child = (String, String);

impl Pair {
    async fn new(database: TestDatabase) -> Self {
        let authorities = Authorities::new(Arc::new(SystemClock));
        let of_the_sender = TestDatabase::new(database.config().dialect().unwrap()).await;
        let receiver = RealReceiver::start(&authorities, database).await;
        let known = Known {
            organisation: RECEIVER,
            address: receiver.address(),
            municipality: TROMSO,
        };
        let sender = RealSender::start(&authorities, of_the_sender, &[known]).await;
        let leader = hire(&receiver).await;
        Self {
            receiver,
            sender,
            leader,
        }
    }

    /// Gives these children to the caseworker.
    async fn assign(&self, children: &[Child]) {
        let assigned = futures::stream::iter(children).map(|(transmission, child)| {
            let leader = self.leader.clone();
            let request = AssignChildRequest {
                change: Some(ChildChange {
                    request_id: new_id(),
                    transmission_id: transmission.clone(),
                    child_id: child.clone(),
                    ..ChildChange::default()
                }),
                known_to_service: 0,
                caseworker_staff_id: CASEWORKER.to_owned(),
            };
            async move {
                patiently(|| {
                    let (mut leader, request) = (leader.clone(), request.clone());
                    async move { leader.assign_child(request).await }
                })
                .await;
            }
        });
        assigned.buffer_unordered(32).collect::<()>().await;
    }

    /// The children that the receiver has and nobody is caseworker of.
    async fn unassigned(&self) -> Vec<Child> {
        let reader = self.receiver.receiver.core().db.reader();
        let rows = sqlx::query("SELECT transmission_id, child_id FROM child WHERE stage IN ('stored', 'opened')")
            .fetch_all(reader)
            .await
            .unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    /// Deletes these transmissions behind the receiver's back. Its receipts stay.
    async fn lose(&self, transmissions: &[String]) {
        let mut connection = self.receiver.database.connect().await;
        for id in transmissions {
            for sql in [
                "DELETE FROM child WHERE transmission_id = $1",
                "DELETE FROM transmission_content WHERE transmission_id = $1",
                "DELETE FROM transmission WHERE transmission_id = $1",
            ] {
                let deleted = sqlx::query(sql)
                    .bind(id.clone())
                    .execute(&mut connection)
                    .await
                    .unwrap();
                assert_eq!(deleted.rows_affected(), 1);
            }
        }
    }

    /// Everything that waits for a day is due.
    async fn a_day_passes(&self) {
        let mut connection = self.sender.database.connect().await;
        sqlx::query(
            "UPDATE confirmation
            SET due_at = due_at - 86400000000, next_attempt_at = next_attempt_at - 86400000000
            WHERE due_at IS NOT NULL",
        )
        .execute(&mut connection)
        .await
        .unwrap();
    }

    async fn count(&self, sql: &'static str) -> usize {
        let reader = self.sender.sender.context().database.reader();
        let count: i64 = sqlx::query_scalar(sql).fetch_one(reader).await.unwrap();
        usize::try_from(count).unwrap()
    }

    async fn delivered(&self) -> usize {
        self.count("SELECT COUNT(*) FROM report WHERE standing = 'delivered'")
            .await
    }

    /// Returns when this many are, and fails when it takes minutes.
    async fn until(&self, what: &str, wanted: usize, sql: &'static str) {
        let waiting = async {
            let mut ticks = tokio::time::interval(std::time::Duration::from_millis(50));
            while self.count(sql).await != wanted {
                ticks.tick().await;
            }
        };
        let limit = std::time::Duration::from_secs(150);
        let ended = tokio::time::timeout(limit, waiting).await;
        assert!(
            ended.is_ok(),
            "waited in vain until {what}: {} of {wanted}",
            self.count(sql).await
        );
    }

    async fn open_reports(&self) -> BTreeSet<String> {
        let reader = self.sender.sender.context().database.reader();
        let rows = sqlx::query("SELECT report_id FROM report WHERE standing <> 'delivered'")
            .fetch_all(reader)
            .await
            .unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }
}

const DELIVERED: &str = "SELECT COUNT(*) FROM report WHERE standing = 'delivered'";
const RECEIPTED_ANEW: &str = "SELECT COUNT(*) FROM doubt WHERE ended_by = 'receipt'";
const ASKED: &str = "SELECT COUNT(*) FROM confirmation WHERE answered > 0";

async fn what_a_receiver_confirmed_and_lost_is_found_and_sent_again_and_assigned_again(database: TestDatabase) {
    let pair = Pair::new(database).await;
    let reports: Vec<ReportId> = pair.sender.submit_many(REPORTS, TROMSO).await;
    assert_eq!(reports.len(), REPORTS);
    pair.until(
        "all are stored",
        REPORTS,
        "SELECT COUNT(*) FROM child WHERE stage = 'stored'",
    )
    .await;
    let children = pair.unassigned().await;
    pair.assign(&children).await;
    pair.until("all are delivered", REPORTS, DELIVERED).await;

    // Every 79th is lost: 63 of 5,000.
    let lost: Vec<String> = children
        .iter()
        .map(|(transmission, _)| transmission.clone())
        .step_by(79)
        .take(LOST)
        .collect();
    assert_eq!(lost.len(), LOST);
    let first_receipts = pair.receiver.receipts_for(POLICE).await.len();
    pair.lose(&lost).await;
    assert_eq!(pair.delivered().await, REPORTS, "nobody knows");

    pair.a_day_passes().await;
    pair.until("everything was asked", REPORTS, ASKED).await;
    pair.until("all that was lost is receipted anew", LOST, RECEIPTED_ANEW)
        .await;
    assert_eq!(pair.count("SELECT COUNT(*) FROM doubt").await, LOST, "exactly these");
    let open = pair.open_reports().await;
    assert_eq!(open.len(), LOST, "none is shown as delivered in between");
    let mut of_lost = BTreeSet::new();
    let reader = pair.sender.sender.context().database.reader();
    for transmission in &lost {
        let report: String = sqlx::query_scalar("SELECT report_id FROM transmission WHERE transmission_id = $1")
            .bind(transmission.clone())
            .fetch_one(reader)
            .await
            .unwrap();
        of_lost.insert(report);
    }
    assert_eq!(open, of_lost);
    let raised = tasks::page(reader, 0, false, 1_000).await.unwrap();
    let subjects: BTreeSet<String> = raised.iter().map(|task| task.subject.clone()).collect();
    assert!(raised.iter().all(|task| task.kind == "holding_missing"));
    assert_eq!(
        subjects,
        lost.iter().cloned().collect(),
        "one task for each, and no other"
    );

    // The chain went on: new receipts, no number twice.
    let stated = pair.receiver.stated().await;
    assert_eq!(stated.len(), first_receipts + LOST);
    let again = pair.unassigned().await;
    let waiting: BTreeSet<String> = again.iter().map(|(transmission, _)| transmission.clone()).collect();
    assert_eq!(
        waiting,
        lost.iter().cloned().collect(),
        "they are on the work list again"
    );
    assert_eq!(pair.delivered().await, REPORTS - LOST);
    pair.assign(&again).await;
    pair.until("all are delivered again", REPORTS, DELIVERED).await;
}
