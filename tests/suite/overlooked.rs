//! What happened from 2018 to 2023, once more: 172 reports lay where nobody could open them, and nobody was told. Here the
//! clocks of both sides run for a year, each from its own database, and not one report falls silent.

use std::{collections::HashMap, sync::Arc};

use framme_demo::replay::plan;
use framme_receiver::clocks::ReceivedMatters;
use framme_sender::clocks::SentMatters;
use framme_shared::{
    db::{
        Database,
        deadlines::{self, Matters, Rules},
    },
    domain::{
        clocks::ClockPolicy,
        escalation::{Ladders, Rung},
        ids::{ReportId, TransmissionId},
        lifecycle::Stage,
        report::{ReportType, Urgency},
        statement::Side,
    },
    runtime::clock::{Clock as _, ManualClock, SystemClock},
    workers::clocks::{ClockWorker, Step},
};
use framme_tests::{database::TestDatabase, on_both_databases};
use jiff::{SignedDuration, Timestamp};
use sqlx::Row as _;

use crate::exchange::{
    RECEIVER, TROMSO,
    authorities::Authorities,
    receiver::RealReceiver,
    sender::{Known, RealSender},
};

on_both_databases!(what_nobody_can_open_is_told_at_both_sides_for_a_year_and_never_falls_silent);

/// The longest that a person may hear nothing of a report that is late: the longest wait of the ladder for normal reports is
/// a working day, and the longest stretch between two working days is from Wednesday before Easter, or before Christmas.
const LONGEST_SILENCE: SignedDuration = SignedDuration::from_hours(24 * 7);

/// One side after its process has ended: its database, and its clock worker, whose steps this test drives.
struct WatchedSide<M> {
    name: &'static str,
    database: Database,
    worker: ClockWorker<M>,
    clock: Arc<ManualClock>,
}

impl<M: Matters> WatchedSide<M> {
    async fn open(
        test: &TestDatabase,
        schema: &'static framme_shared::db::Schema,
        side: Side,
        matters: M,
        now: Timestamp,
    ) -> Self {
        let clock = Arc::new(ManualClock::new(now));
        let database = test.open_with(schema, clock.clone()).await;
        let rules = Arc::new(Rules {
            policy: ClockPolicy::default(),
            ladders: Ladders::default_of(side),
            announce: false,
            contacts: None,
        });
        Self {
            name: side.as_str(),
            worker: ClockWorker::new(database.clone(), clock.clone(), Arc::new(matters), rules),
            database,
            clock,
        }
    }

    /// Lets this much time pass, from one look to the next.
    async fn pass(&mut self, until: Timestamp) {
        loop {
            match self.worker.step().await.unwrap() {
                Step::Worked => {}
                Step::Idle { .. } => {
                    let next = deadlines::next(self.database.reader()).await.unwrap().unwrap();
                    if next > until {
                        self.clock.set(until);
                        return;
                    }
                    self.clock.set(next.max(self.clock.now()));
                }
            }
        }
    }

    /// When people were told of each transmission, and which rung.
    async fn told(&self) -> HashMap<TransmissionId, Vec<(Timestamp, Rung)>> {
        let rows =
            sqlx::query("SELECT subject, taken_at, rung FROM escalation WHERE kind = 'told' ORDER BY subject, step")
                .fetch_all(self.database.reader())
                .await
                .unwrap();
        let mut told: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows {
            let subject: TransmissionId = row.get::<String, _>(0).parse().unwrap();
            let at = Timestamp::from_microsecond(row.get(1)).unwrap();
            let rung = Rung::parse(&row.get::<String, _>(2)).unwrap();
            told.entry(subject).or_default().push((at, rung));
        }
        told
    }

    /// Every report was told of when its time had run out, to the last rung, and never fell silent until `end`.
    async fn assert_none_fell_silent(&self, reports: usize, due: Timestamp, end: Timestamp) {
        let told = self.told().await;
        assert_eq!(told.len(), reports, "{}", self.name);
        for (transmission, tellings) in told {
            let (first, _) = tellings[0];
            assert!(
                first >= due - SignedDuration::from_mins(10),
                "{} told early of {transmission}",
                self.name
            );
            assert!(
                first <= due + SignedDuration::from_mins(10),
                "{} told late of {transmission}",
                self.name
            );
            let last_rung = tellings.last().unwrap().1;
            assert!(matches!(last_rung, Rung::SenderManagement | Rung::ReceiverManagement));
            let ends = tellings.iter().map(|(at, _)| *at).chain([end]);
            let pairs = tellings.iter().map(|(at, _)| *at).zip(ends.skip(1));
            for (before, after) in pairs {
                let silent = after.duration_since(before);
                assert!(
                    silent <= LONGEST_SILENCE,
                    "{} silent about {transmission} for {silent} from {before}",
                    self.name
                );
            }
        }
    }
}

async fn what_nobody_can_open_is_told_at_both_sides_for_a_year_and_never_falls_silent(of_receiver: TestDatabase) {
    let authorities = Authorities::new(Arc::new(SystemClock));
    let of_sender = TestDatabase::new(of_receiver.config().dialect().unwrap()).await;
    let receiver = RealReceiver::start(&authorities, of_receiver).await;
    let known = Known {
        organisation: RECEIVER,
        address: receiver.address(),
        municipality: TROMSO,
    };
    let sender = RealSender::start(&authorities, of_sender, &[known]).await;
    let plan = plan(2023).unwrap();
    assert_eq!(plan.len(), 172);
    let reports: Vec<ReportId> = sender.submit_many(plan.len(), TROMSO).await;
    for report in &reports {
        sender.until_stage(report, Stage::Stored).await;
    }
    // Nobody at this service has access, and nobody knows. From here on simulated time passes.
    let RealSender {
        sender,
        database: of_sender,
        ..
    } = sender;
    let RealReceiver {
        receiver,
        database: of_receiver,
        ..
    } = receiver;
    sender.stop().await;
    receiver.stop().await;
    let now = SystemClock.now();
    let (sent, received) = (&framme_sender::store::SCHEMA, &framme_receiver::store::SCHEMA);
    let mut at_sender = WatchedSide::open(&of_sender, sent, Side::Sender, SentMatters, now).await;
    let mut at_receiver = WatchedSide::open(&of_receiver, received, Side::Receiver, ReceivedMatters, now).await;
    let end = now + SignedDuration::from_hours(366 * 24);
    at_sender.pass(end).await;
    at_receiver.pass(end).await;
    let policy = ClockPolicy::default();
    let first = policy.first(ReportType::ConcernReport, Urgency::Normal);
    let due = first.assigned.after(now);
    at_sender.assert_none_fell_silent(reports.len(), due, end).await;
    at_receiver.assert_none_fell_silent(reports.len(), due, end).await;
    // Intake leaders and duty were passed over: nobody is there.
    let rungs = at_receiver.told().await.into_values().flatten();
    assert!(
        rungs
            .into_iter()
            .all(|(_, rung)| matches!(rung, Rung::ListOwner | Rung::ReceiverManagement))
    );
}
