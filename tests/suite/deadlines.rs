//! Rows of deadlines: who is told when a clock has run out, and when that ends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use framme_shared::db::deadlines::{self, Acknowledge, Acknowledged, Matters, Rules};
use framme_shared::db::{Change, Database, StoreError, Tx, tasks};
use framme_shared::domain::clocks::{Clock, ClockPolicy, Feedback};
use framme_shared::domain::escalation::{Deadline, Facts, Ladders, Rung, StepKind};
use framme_shared::domain::ids::TransmissionId;
use framme_shared::domain::lifecycle::{AssessmentOutcome, ChildState, Event};
use framme_shared::domain::report::{ReportType, Urgency};
use framme_shared::domain::staff_role::{StaffReference, StaffRole};
use framme_shared::domain::statement::Side;
use framme_shared::runtime::clock::{Clock as _, ManualClock};
use framme_shared::workers::clocks::{ClockWorker, Step};
use framme_tests::database::TestDatabase;
use framme_tests::on_both_databases;
use jiff::{SignedDuration, Timestamp};
use sqlx::Row as _;

use crate::db_change::SCHEMA;

on_both_databases!(
    nobody_is_told_before_a_clock_has_run_out,
    each_rung_is_told_in_its_turn_and_the_last_again_and_again,
    a_rung_on_which_nobody_is_there_costs_no_time,
    when_nobody_is_there_at_all_the_last_is_told_and_an_operator_has_a_task,
    an_assignment_ends_the_telling_and_a_revocation_begins_it_at_once,
    acknowledging_delays_the_next_telling_and_ends_nothing,
    a_second_acknowledgement_does_not_prolong_the_first,
    what_is_not_late_cannot_be_acknowledged,
    a_call_that_reached_nobody_begins_at_the_rung_for_that,
    where_it_is_announced_the_lowest_rung_hears_of_it_when_it_comes,
    an_answer_that_is_owed_is_told_by_the_calmest_ladder,
    a_clock_that_is_set_back_leaves_nobody_waiting,
    what_is_gone_keeps_no_clock_running,
    lists_come_by_pages_in_their_order,
);

/// Facts as a test sets them.
#[derive(Default)]
struct Set(Mutex<HashMap<TransmissionId, Facts>>);

impl Matters for Set {
    async fn load<'a>(
        &'a self,
        _: &'a mut Tx,
        transmissions: &'a [TransmissionId],
    ) -> Result<HashMap<TransmissionId, Facts>, StoreError> {
        let mut known = self.0.lock().unwrap().clone();
        known.retain(|id, _| transmissions.contains(id));
        Ok(known)
    }
}

struct Arm(TransmissionId, Timestamp);

impl Change for Arm {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let at = tx.at();
        deadlines::arm(tx.conn(), &[(self.0, self.1)], at).await
    }
}

struct HasMoved(TransmissionId);

impl Change for HasMoved {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let at = tx.at();
        deadlines::moved(tx.conn(), [self.0], at).await
    }
}

/// A receiver's deadlines on a Monday morning, and what the test sets.
struct Scene {
    clock: Arc<ManualClock>,
    database: Database,
    facts: Arc<Set>,
    rules: Arc<Rules>,
    worker: ClockWorker<Set>,
    _folder: TestDatabase,
}

const MONDAY: &str = "2026-03-02T08:00:00Z";
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Scene {
    async fn set(test: TestDatabase, announce: bool) -> Self {
        let clock = Arc::new(ManualClock::new(MONDAY.parse().unwrap()));
        let database = test.open_with(&SCHEMA, clock.clone()).await;
        let facts = Arc::new(Set::default());
        let rules = Arc::new(Rules {
            policy: ClockPolicy::default(),
            ladders: Ladders::default_of(Side::Receiver),
            announce,
            contacts: None,
        });
        Self {
            worker: ClockWorker::new(database.clone(), clock.clone(), Arc::clone(&facts), Arc::clone(&rules)),
            clock,
            database,
            facts,
            rules,
            _folder: test,
        }
    }

    /// A report about one child comes now.
    async fn comes(&self, number: u8, urgency: Urgency) -> TransmissionId {
        let id: TransmissionId = format!("0190b8a4-0000-7000-8000-0000000000{number:02}")
            .parse()
            .unwrap();
        let now = self.clock.now();
        let facts = Facts {
            report_type: ReportType::ConcernReport,
            urgency,
            submitted_at: now,
            received_at: Some(now),
            children: vec![(held(now), Feedback::default())],
            nobody_reached: false,
            unmanned: Vec::new(),
        };
        let first = self.rules.first_look(facts.report_type, urgency, now, now);
        self.facts.0.lock().unwrap().insert(id, facts);
        self.database.change(Arm(id, first)).await.unwrap();
        id
    }

    fn change(&self, id: TransmissionId, change: impl FnOnce(&mut Facts)) {
        change(self.facts.0.lock().unwrap().get_mut(&id).unwrap());
    }

    /// Moves the child, as a change of the service would.
    async fn moves(&self, id: TransmissionId, event: Event) {
        let now = self.clock.now();
        self.change(id, |facts| {
            let (state, _) = &mut facts.children[0];
            *state = state.clone().apply(event, now).unwrap();
        });
        self.database.change(HasMoved(id)).await.unwrap();
    }

    /// Looks until nothing is due now.
    async fn look(&mut self) {
        while self.worker.step().await.unwrap() == Step::Worked {}
    }

    async fn after(&mut self, time: Duration) {
        self.clock.advance(time);
        self.look().await;
    }

    async fn deadline(&self, id: TransmissionId) -> Deadline {
        deadlines::find(self.database.reader(), &id).await.unwrap().unwrap()
    }

    /// Who was told of what, in the order of the tellings: contact and occasion.
    async fn told(&self, id: TransmissionId) -> Vec<String> {
        let rows = sqlx::query("SELECT contact, occasion FROM notice WHERE subject = $1 ORDER BY turn, contact")
            .bind(id.to_string())
            .fetch_all(self.database.reader())
            .await
            .unwrap();
        let told = rows
            .iter()
            .map(|row| format!("{} {}", row.get::<String, _>(0), row.get::<String, _>(1)));
        told.collect()
    }

    async fn steps(&self, id: TransmissionId) -> Vec<StepKind> {
        let steps = deadlines::steps(self.database.reader(), &id).await.unwrap();
        steps.into_iter().map(|step| step.kind).collect()
    }

    async fn acknowledge(&self, id: TransmissionId) -> Acknowledged {
        let acknowledge = Acknowledge {
            transmission: id,
            by: "il-1".to_owned(),
            wanted: None,
            matters: Arc::clone(&self.facts),
            rules: Arc::clone(&self.rules),
        };
        self.database.change(acknowledge).await.unwrap()
    }
}

fn held(at: Timestamp) -> ChildState {
    ChildState::Queued { since: at }.apply(Event::Store, at).unwrap()
}

fn assign() -> Event {
    Event::Assign(StaffReference {
        role: StaffRole::Caseworker,
        staff: "cw-1".parse().unwrap(),
    })
}

async fn nobody_is_told_before_a_clock_has_run_out(test: TestDatabase) {
    let mut scene = Scene::set(test, false).await;
    let acute = scene.comes(1, Urgency::Acute).await;
    let normal = scene.comes(2, Urgency::Normal).await;
    scene.after(15 * MINUTE - Duration::from_secs(1)).await;
    assert_eq!(scene.told(acute).await, Vec::<String>::new());
    scene.after(Duration::from_secs(1)).await;
    assert_eq!(scene.told(acute).await, ["list-owner waiting"]);
    // Two working days after Monday morning is Wednesday morning.
    scene.after(2 * DAY - 16 * MINUTE).await;
    assert_eq!(scene.told(normal).await, Vec::<String>::new());
    scene.after(MINUTE).await;
    assert_eq!(scene.told(normal).await, ["list-owner waiting"]);
    assert_eq!(scene.deadline(normal).await.late.unwrap().0, Clock::Assigned);
}

async fn each_rung_is_told_in_its_turn_and_the_last_again_and_again(test: TestDatabase) {
    let mut scene = Scene::set(test, false).await;
    let id = scene.comes(1, Urgency::Acute).await;
    for _ in 0..60 {
        scene.after(MINUTE).await;
    }
    let told = [
        "list-owner waiting",
        "intake-leaders waiting",
        "duty waiting",
        "receiver-management waiting",
        "receiver-management waiting",
    ];
    assert_eq!(scene.told(id).await, told);
    assert_eq!(scene.steps(id).await, [StepKind::Told; 5]);
    scene.after(DAY).await;
    scene.after(DAY).await;
    assert_eq!(scene.told(id).await.len(), 7);
}

async fn a_rung_on_which_nobody_is_there_costs_no_time(test: TestDatabase) {
    let mut scene = Scene::set(test, false).await;
    let id = scene.comes(1, Urgency::Acute).await;
    scene.change(id, |facts| facts.unmanned = vec![Rung::ListOwner, Rung::IntakeLeaders]);
    scene.after(15 * MINUTE).await;
    assert_eq!(scene.told(id).await, ["duty waiting"]);
}

async fn when_nobody_is_there_at_all_the_last_is_told_and_an_operator_has_a_task(test: TestDatabase) {
    let mut scene = Scene::set(test, false).await;
    let id = scene.comes(1, Urgency::Acute).await;
    scene.change(id, |facts| facts.unmanned = Rung::ALL.to_vec());
    scene.after(15 * MINUTE).await;
    assert_eq!(scene.told(id).await, ["receiver-management waiting"]);
    let open = tasks::page(scene.database.reader(), 0, false, 10).await.unwrap();
    let open: Vec<_> = open
        .iter()
        .map(|task| (task.kind.as_str(), task.subject.as_str()))
        .collect();
    assert_eq!(open, [("nobody_on_ladder", "acute")]);
    scene.change(id, |facts| facts.unmanned.clear());
    scene.after(15 * MINUTE).await;
    let open = tasks::page(scene.database.reader(), 0, false, 10).await.unwrap();
    assert!(open.is_empty());
}

async fn an_assignment_ends_the_telling_and_a_revocation_begins_it_at_once(test: TestDatabase) {
    let mut scene = Scene::set(test, false).await;
    let id = scene.comes(1, Urgency::Acute).await;
    scene.after(15 * MINUTE).await;
    scene.moves(id, assign()).await;
    scene.look().await;
    assert_eq!(scene.deadline(id).await.late, None);
    assert_eq!(scene.steps(id).await, [StepKind::Told, StepKind::Ended]);
    for _ in 0..5 {
        scene.after(DAY).await;
    }
    assert_eq!(scene.told(id).await.len(), 1);
    scene.moves(id, Event::Revoke).await;
    scene.look().await;
    // It begins at the lowest rung again, and turns go on.
    assert_eq!(scene.told(id).await, ["list-owner waiting"; 2]);
}

async fn acknowledging_delays_the_next_telling_and_ends_nothing(test: TestDatabase) {
    let mut scene = Scene::set(test, false).await;
    let id = scene.comes(1, Urgency::Acute).await;
    scene.after(15 * MINUTE).await;
    let until = scene.clock.now() + SignedDuration::from_mins(15);
    assert_eq!(scene.acknowledge(id).await, Acknowledged::Until(until));
    assert_eq!(scene.deadline(id).await.snoozed_by.as_deref(), Some("il-1"));
    scene.after(15 * MINUTE - Duration::from_secs(1)).await;
    assert_eq!(scene.told(id).await.len(), 1);
    scene.after(Duration::from_secs(1)).await;
    assert_eq!(scene.told(id).await, ["list-owner waiting", "intake-leaders waiting"]);
    let steps = [StepKind::Told, StepKind::Acknowledged, StepKind::Told];
    assert_eq!(scene.steps(id).await, steps);
    assert_eq!(scene.deadline(id).await.snoozed_by, None);
}

async fn a_second_acknowledgement_does_not_prolong_the_first(test: TestDatabase) {
    let mut scene = Scene::set(test, false).await;
    let id = scene.comes(1, Urgency::Acute).await;
    scene.after(15 * MINUTE).await;
    let first = scene.acknowledge(id).await;
    scene.after(10 * MINUTE).await;
    assert_eq!(scene.acknowledge(id).await, first);
}

async fn what_is_not_late_cannot_be_acknowledged(test: TestDatabase) {
    let mut scene = Scene::set(test, false).await;
    let id = scene.comes(1, Urgency::Acute).await;
    assert_eq!(scene.acknowledge(id).await, Acknowledged::NotLate);
    scene.after(15 * MINUTE).await;
    // It ended, and was not looked at since.
    scene.change(id, |facts| {
        let at = facts.submitted_at;
        let state = held(at).apply(assign(), at).unwrap();
        facts.children[0].0 = state.apply(Event::Assess(AssessmentOutcome::FollowedUp), at).unwrap();
    });
    assert_eq!(scene.acknowledge(id).await, Acknowledged::NotLate);
    let nobodys: TransmissionId = "0190b8a4-0000-7000-8000-000000000099".parse().unwrap();
    assert_eq!(scene.acknowledge(nobodys).await, Acknowledged::Unknown);
}

async fn a_call_that_reached_nobody_begins_at_the_rung_for_that(test: TestDatabase) {
    let mut scene = Scene::set(test, false).await;
    let id = scene.comes(1, Urgency::Acute).await;
    scene.change(id, |facts| facts.nobody_reached = true);
    scene.after(15 * MINUTE).await;
    assert_eq!(scene.told(id).await, ["duty waiting"]);
    scene.after(10 * MINUTE).await;
    assert_eq!(scene.told(id).await, ["duty waiting", "receiver-management waiting"]);
}

async fn where_it_is_announced_the_lowest_rung_hears_of_it_when_it_comes(test: TestDatabase) {
    let mut scene = Scene::set(test, true).await;
    let id = scene.comes(1, Urgency::Normal).await;
    scene.look().await;
    assert_eq!(scene.told(id).await, ["list-owner waiting"]);
    assert_eq!(scene.steps(id).await, [StepKind::Announced]);
    assert_eq!(scene.deadline(id).await.late, None);
    scene.after(DAY).await;
    assert_eq!(scene.told(id).await.len(), 1);
    scene.after(DAY).await;
    assert_eq!(scene.steps(id).await, [StepKind::Announced, StepKind::Told]);
}

async fn an_answer_that_is_owed_is_told_by_the_calmest_ladder(test: TestDatabase) {
    let mut scene = Scene::set(test, false).await;
    let id = scene.comes(1, Urgency::Acute).await;
    scene.moves(id, assign()).await;
    for _ in 0..7 {
        scene.after(DAY).await;
    }
    // A week has passed, and nobody has assessed it (§ 2-1).
    assert_eq!(scene.deadline(id).await.late.unwrap().0, Clock::Review);
    assert_eq!(scene.told(id).await, ["list-owner owed"]);
    scene.after(60 * MINUTE).await;
    assert_eq!(scene.told(id).await.len(), 1);
}

async fn a_clock_that_is_set_back_leaves_nobody_waiting(test: TestDatabase) {
    let mut scene = Scene::set(test, false).await;
    scene.clock.advance(365 * DAY);
    let id = scene.comes(1, Urgency::Acute).await;
    scene.after(15 * MINUTE).await;
    assert_eq!(scene.told(id).await.len(), 1);
    let back = scene.clock.now() - SignedDuration::from_hours(24 * 300);
    scene.change(id, |facts| facts.submitted_at = back - SignedDuration::from_hours(1));
    scene.clock.set(back);
    scene.look().await;
    scene.after(15 * MINUTE).await;
    assert!(scene.told(id).await.len() > 1);
}

async fn what_is_gone_keeps_no_clock_running(test: TestDatabase) {
    let mut scene = Scene::set(test, false).await;
    let id = scene.comes(1, Urgency::Acute).await;
    scene.facts.0.lock().unwrap().clear();
    scene.after(15 * MINUTE).await;
    assert_eq!(scene.deadline(id).await.look_at, None);
    assert!(scene.told(id).await.is_empty());
}

async fn lists_come_by_pages_in_their_order(test: TestDatabase) {
    let mut scene = Scene::set(test, false).await;
    let mut ids = Vec::new();
    for number in 1..=5 {
        ids.push(scene.comes(number, Urgency::Acute).await);
        scene.clock.advance(MINUTE);
    }
    scene.after(15 * MINUTE).await;
    let waiting = scene.comes(6, Urgency::Normal).await;
    let reader = scene.database.reader();
    let first = deadlines::late(reader, None, 3).await.unwrap();
    let (_, due) = first[2].late.unwrap();
    let second = deadlines::late(reader, Some((due, first[2].transmission)), 3)
        .await
        .unwrap();
    let late: Vec<_> = first
        .iter()
        .chain(&second)
        .map(|deadline| deadline.transmission)
        .collect();
    assert_eq!(late, ids);
    let open = deadlines::open(reader, None, 100).await.unwrap();
    assert_eq!(open.len(), 6);
    assert_eq!(open.last().unwrap().transmission, waiting);
}
