//! What open deadlines cost: the clock worker of a sender with so many reports that are late, for a simulated day in which
//! people are told of each again. Prints processor time, and what share of one core that is over the day.
//!
//! `cargo bench -p framme-tests --bench deadlines`

use std::{sync::Arc, time::Instant};

use framme_sender::{clocks::SentMatters, store::SCHEMA};
use framme_shared::{
    db::{
        Dialect,
        deadlines::{self, Rules},
    },
    domain::{clocks::ClockPolicy, escalation::Ladders, statement::Side},
    runtime::clock::{Clock as _, ManualClock},
    workers::clocks::{ClockWorker, Step},
};
use framme_tests::database::TestDatabase;
use jiff::{SignedDuration, Timestamp};

const DAY: i64 = 24 * 60 * 60;

/// Reports of a Monday, one in each part of the working day, each about a child that nobody has.
const FILL: &[&str] = &[
    "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < $1)
    INSERT INTO report (report_id, submitted_sha256, report_type, urgency, police_district, submitted_at, submitted_by,
        answer, standing, delivered_at, children, children_open, written_at, written_by)
    SELECT printf('%08x-0000-4000-8000-000000000000', n), zeroblob(32), 'concern_report', 'normal', 'Troms',
        $2 + n * 28800000000 / $1, 'bench', zeroblob(1), 'open', NULL, 1, 1, $2, 'bench'
    FROM number",
    "INSERT INTO transmission (transmission_id, report_id, receiver, sequence, content_sha256, submitted_at, urgency_rank,
        delivery_state, attempts, next_attempt_at, lease_token, lease_until, last_failure, written_at, written_by)
    SELECT report_id, report_id, '974761076', row_number() OVER (), zeroblob(32), submitted_at, 2, 'handed_over', 1, $2,
        NULL, 0, NULL, $2, 'bench'
    FROM report WHERE $1 > 0",
    "INSERT INTO child (report_id, child_id, transmission_id, place, municipality, stage, stage_time, opened, registered,
        written_at, written_by)
    SELECT report_id, report_id, report_id, 0, '5501', 'stored', $2, 0, 0, $2, 'bench' FROM report WHERE $1 > 0",
    "INSERT INTO deadline (subject, look_at, told_repeats, turns, written_at)
    SELECT report_id, submitted_at, 0, 0, $2 FROM report WHERE $1 > 0",
];

/// Processor time of this process so far, in seconds.
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux tells every process of itself");
    let after_name = stat.rsplit_once(')').expect("the name stands in parentheses").1;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |place: usize| fields[place].parse::<f64>().expect("a number of ticks");
    (ticks(11) + ticks(12)) / 100.0
}

async fn pass(
    worker: &mut ClockWorker<SentMatters>,
    clock: &ManualClock,
    reader: &sqlx::AnyPool,
    until: Timestamp,
) -> u64 {
    let mut changes = 0;
    loop {
        match worker.step().await.expect("storage works") {
            Step::Worked => changes += 1,
            Step::Idle { .. } => {
                let next = deadlines::next(reader).await.expect("storage works");
                match next.filter(|next| *next <= until) {
                    Some(next) => clock.set(next.max(clock.now())),
                    None => {
                        clock.set(until);
                        return changes;
                    }
                }
            }
        }
    }
}

async fn measure(open: i64) {
    let monday: Timestamp = "2026-03-02T07:00:00Z".parse().expect("a time");
    let test = TestDatabase::new(Dialect::Sqlite).await;
    let clock = Arc::new(ManualClock::new(monday));
    let database = test.open_with(&SCHEMA, clock.clone()).await;
    let mut connection = test.connect().await;
    for sql in FILL {
        let query = sqlx::query(*sql).bind(open).bind(monday.as_microsecond());
        query.execute(&mut connection).await.expect("the tables are there");
    }
    let rules = Arc::new(Rules {
        policy: ClockPolicy::default(),
        ladders: Ladders::default_of(Side::Sender),
        announce: false,
        contacts: None,
    });
    let mut worker = ClockWorker::new(database.clone(), clock.clone(), Arc::new(SentMatters), rules);
    // Until every one is late and the whole ladder has been told.
    let late = monday + SignedDuration::from_hours(24 * 7);
    pass(&mut worker, &clock, database.reader(), late).await;
    let (begun, before) = (Instant::now(), processor_time());
    let changes = pass(
        &mut worker,
        &clock,
        database.reader(),
        late + SignedDuration::from_secs(DAY),
    )
    .await;
    let spent = processor_time() - before;
    println!(
        "| {open} | {changes} | {:.1} | {spent:.1} | {:.3} % |",
        begun.elapsed().as_secs_f64(),
        100.0 * spent / DAY as f64
    );
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    println!("| open, all late | changes in a simulated day | s | s of processor | of one core |");
    for open in [1_000, 10_000, 100_000] {
        runtime.block_on(measure(open));
    }
}
