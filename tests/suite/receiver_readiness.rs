//! Readiness at the receiver: what it answers, what it tells its own people, and what everybody may know of what waits.

use std::{sync::Arc, time::Duration};

use framme_demo::pki::synthetic_organisation;
use framme_receiver::{config::ReadinessConfig, readiness::ReadinessWorker};
use framme_shared::{
    db::{
        heartbeat::{Beat, CLOCKS},
        tasks,
    },
    runtime::clock::{Clock as _, ManualClock},
    wire::{
        pb::{
            exchange::{
                AreaReadiness, CheckReadinessRequest, CheckReadinessResponse, DutyState, SubmitTransmissionRequest,
            },
            receiver::{
                CountWaitingRequest, CountWaitingResponse, CredentialKind, ListTransmissionsRequest, StaffRole,
            },
            report::ErrorReason,
        },
        time::to_pb,
    },
};
use framme_tests::{database::TestDatabase, on_both_databases};
use jiff::{SignedDuration, ToSpan as _};

use crate::receiving::{CASEWORKER, HARSTAD, LEADER, POLICE, Receiving, TROMSO, member, new_id, reason, submission};

on_both_databases!(
    a_sender_is_told_who_could_open_and_what_waits,
    somebody_whose_credential_has_expired_cannot_open,
    nobody_able_to_open_is_a_task_for_intake_and_operator_before_any_report_and_settled_by_access,
    an_area_that_a_sender_asks_about_is_watched_although_nobody_is_entered_there,
    a_sender_that_stops_calling_or_whose_clock_worker_stops_is_told_of_and_settled,
    a_sender_is_not_silent_because_this_service_was_down,
    everybody_may_know_how_much_waits_and_whom_to_ask,
    a_drill_is_taken_shown_as_one_and_told_of_when_nobody_assigns_it,
    a_report_that_is_marked_as_a_drill_and_is_none_is_refused,
);

const MINUTE: Duration = Duration::from_secs(60);

/// A receiver whose time stands still.
struct Still {
    clock: Arc<ManualClock>,
    receiving: Receiving,
}

impl Still {
    async fn start(database: TestDatabase) -> Self {
        let clock = Arc::new(ManualClock::new("2026-03-02T08:00:00Z".parse().unwrap()));
        let receiving = Receiving::start_with(database, clock.clone()).await;
        Self { clock, receiving }
    }

    fn worker(&self) -> ReadinessWorker {
        ReadinessWorker::new(
            Arc::clone(self.receiving.core()),
            ReadinessConfig::default(),
            Vec::new(),
            self.receiving
                .config
                .peers
                .iter()
                .map(|peer| peer.organisation)
                .collect(),
        )
    }

    async fn check(&self) {
        self.worker().step().await.unwrap();
    }

    async fn ask(&self, areas: &[&str]) -> CheckReadinessResponse {
        self.ask_with(areas, Some(self.clock.now())).await
    }

    async fn ask_with(&self, areas: &[&str], beat: Option<jiff::Timestamp>) -> CheckReadinessResponse {
        let request = CheckReadinessRequest {
            sender_time: Some(to_pb(self.clock.now())),
            software_version: "0.1.0".to_owned(),
            clocks_beat_time: beat.map(to_pb),
            areas: areas.iter().map(|area| (*area).to_owned()).collect(),
        };
        let mut client = self.receiving.readiness(POLICE);
        client.check_readiness(request).await.unwrap().into_inner()
    }

    async fn area(&self, area: &str) -> AreaReadiness {
        self.ask(&[area]).await.areas.remove(0)
    }

    async fn tasks(&self) -> Vec<String> {
        let open = tasks::page(self.receiving.core().db.reader(), 0, false, 1_000)
            .await
            .unwrap();
        // Statements of days in which nobody was there are not of these tests, and that nobody is named who could be told.
        let others = ["statement_missing", "nobody_on_ladder"];
        open.into_iter()
            .filter(|task| !others.contains(&task.kind.as_str()))
            .map(|task| format!("{} {} {}", task.kind, task.subject, task.desk))
            .collect()
    }

    async fn waiting(&self, token: &str) -> CountWaitingResponse {
        let mut client = self.receiving.waiting(token);
        client.count_waiting(CountWaitingRequest {}).await.unwrap().into_inner()
    }

    /// The leader looks at the list.
    async fn look(&self) -> Vec<bool> {
        let mut list = self.receiving.work_list(&self.receiving.leader);
        let page = list.list_transmissions(ListTransmissionsRequest::default()).await;
        page.unwrap()
            .into_inner()
            .transmissions
            .iter()
            .map(|it| it.drill)
            .collect()
    }

    fn drill(&self, sequence: u64) -> SubmitTransmissionRequest {
        let report = framme_sender::drill::content(
            &new_id().parse().unwrap(),
            &synthetic_organisation(POLICE),
            &TROMSO.parse().unwrap(),
            self.clock.now(),
        );
        submission(sequence, &report, self.clock.now())
    }
}

async fn a_sender_is_told_who_could_open_and_what_waits(database: TestDatabase) {
    let still = Still::start(database).await;
    let area = still.area(TROMSO).await;
    assert_eq!(
        (area.may_open, area.can_open, area.seen_lately, area.caseworkers),
        (1, 1, 0, 2)
    );
    assert_eq!(
        (area.duty(), area.last_worked_time, area.waiting),
        (DutyState::Absent, None, 0)
    );

    still.look().await;
    let worked = still.clock.now();
    still.check().await;
    let sent = still.receiving.transmission(1, &[TROMSO]);
    still.receiving.submit(&sent).await;
    still.receiving.submit(&still.drill(2)).await;
    still.clock.advance(MINUTE);
    let answer = still.ask(&[HARSTAD, TROMSO]).await;
    assert_eq!((answer.reports_unopened, answer.reports_unassigned), (1, 1));
    let [tromso, harstad] = answer
        .areas
        .try_into()
        .unwrap_or_else(|_| panic!("two were asked about"));
    assert_eq!((harstad.area.as_str(), harstad.waiting), (HARSTAD, 0));
    assert_eq!((tromso.seen_lately, tromso.last_worked_time), (1, Some(to_pb(worked))));
    assert_eq!((tromso.waiting, tromso.waiting_since_time), (1, Some(to_pb(worked))));

    still.receiving.add("duty-1", StaffRole::Duty, &[TROMSO]).await;
    assert_eq!(still.area(TROMSO).await.duty(), DutyState::Uncovered);
    still.receiving.token(CredentialKind::Person, "duty-1").await;
    let area = still.area(TROMSO).await;
    assert_eq!((area.duty(), area.can_open), (DutyState::Covered, 2));
}

async fn somebody_whose_credential_has_expired_cannot_open(database: TestDatabase) {
    let still = Still::start(database).await;
    still.clock.advance(24 * 60 * MINUTE);
    let area = still.area(TROMSO).await;
    assert_eq!((area.may_open, area.can_open), (1, 0));
}

async fn nobody_able_to_open_is_a_task_for_intake_and_operator_before_any_report_and_settled_by_access(
    database: TestDatabase,
) {
    let still = Still::start(database).await;
    still.check().await;
    assert_eq!(still.tasks().await, [""; 0]);
    let mut leader = member(LEADER, StaffRole::IntakeLeader, &[HARSTAD]);
    still.receiving.update(leader.clone()).await;
    still.check().await;
    let nobody = ["nobody_can_open 5501 intake", "nobody_can_open 5501/operator operator"];
    assert_eq!(still.tasks().await, nobody);
    // A person says that it is dealt with, and it is not.
    still.check().await;
    assert_eq!(still.tasks().await, nobody);
    leader.municipalities.push(TROMSO.to_owned());
    still.receiving.update(leader).await;
    still.check().await;
    assert_eq!(still.tasks().await, [""; 0]);
}

async fn an_area_that_a_sender_asks_about_is_watched_although_nobody_is_entered_there(database: TestDatabase) {
    let still = Still::start(database).await;
    let area = still.area("0301/05").await;
    assert_eq!((area.may_open, area.can_open), (0, 0));
    still.check().await;
    assert_eq!(
        still.tasks().await,
        [
            "nobody_can_open 0301/05 intake",
            "nobody_can_open 0301/05/operator operator"
        ]
    );
    still.ask(&[TROMSO]).await;
    still.check().await;
    assert_eq!(still.tasks().await, [""; 0]);
}

async fn a_sender_that_stops_calling_or_whose_clock_worker_stops_is_told_of_and_settled(database: TestDatabase) {
    let still = Still::start(database).await;
    let (worker, police) = (still.worker(), synthetic_organisation(POLICE));
    let step = || async { worker.step().await.unwrap() };
    still.receiving.core().db.change(Beat(CLOCKS)).await.unwrap();
    assert_eq!(
        still.ask(&[TROMSO]).await.clocks_beat_time,
        Some(to_pb(still.clock.now()))
    );
    still.clock.advance(15 * MINUTE);
    step().await;
    assert_eq!(still.tasks().await, [""; 0]);
    still.clock.advance(MINUTE);
    step().await;
    assert_eq!(still.tasks().await, [format!("sender_silent {police} operator")]);

    // It calls again, and its clock worker has stopped.
    let beat = still.clock.now() - SignedDuration::from_secs(11 * 60);
    still.ask_with(&[TROMSO], Some(beat)).await;
    step().await;
    assert_eq!(still.tasks().await, [format!("sender_clock_stopped {police} operator")]);
    still.ask_with(&[TROMSO], None).await;
    step().await;
    assert_eq!(still.tasks().await, [format!("sender_clock_stopped {police} operator")]);
    still.ask(&[TROMSO]).await;
    step().await;
    assert_eq!(still.tasks().await, [""; 0]);
}

async fn a_sender_is_not_silent_because_this_service_was_down(database: TestDatabase) {
    let still = Still::start(database).await;
    still.ask(&[TROMSO]).await;
    still.clock.advance(60 * MINUTE);
    // A process that has just begun.
    still.check().await;
    assert_eq!(still.tasks().await, [""; 0]);
}

async fn everybody_may_know_how_much_waits_and_whom_to_ask(database: TestDatabase) {
    let still = Still::start(database).await;
    still
        .receiving
        .add("cw-oslo", StaffRole::Caseworker, &["0301/05"])
        .await;
    let elsewhere = still.receiving.token(CredentialKind::Person, "cw-oslo").await;
    let sent = still.receiving.transmission(1, &[TROMSO, TROMSO]);
    still.receiving.submit(&sent).await;
    still.receiving.submit(&still.drill(2)).await;
    let administrator = still.receiving.administrator();
    for token in [
        &elsewhere,
        &administrator,
        &still.receiving.case_system,
        &still.receiving.caseworker,
    ] {
        let counted = still.waiting(token).await;
        assert_eq!((counted.reports, counted.acute, counted.drills), (1, 0, 1));
        assert_eq!(counted.oldest_submitted_time, sent.submitted_time);
        assert_eq!((counted.areas.len(), counted.areas[0].area.as_str()), (1, TROMSO));
        assert_eq!(counted.areas[0].ask().collect::<Vec<_>>(), [StaffRole::IntakeLeader]);
    }
    let leader = member(LEADER, StaffRole::IntakeLeader, &[HARSTAD]);
    still.receiving.update(leader).await;
    let counted = still.waiting(&elsewhere).await;
    assert_eq!(counted.areas[0].ask().collect::<Vec<_>>(), [StaffRole::Administrator]);
    let refused = still
        .receiving
        .waiting("nobody")
        .count_waiting(CountWaitingRequest {})
        .await;
    assert_eq!(reason(refused), ErrorReason::Unauthenticated);
}

async fn a_drill_is_taken_shown_as_one_and_told_of_when_nobody_assigns_it(database: TestDatabase) {
    let still = Still::start(database).await;
    let drill = still.drill(1);
    still.receiving.submit(&drill).await;
    assert_eq!(still.look().await, [true]);
    still.clock.advance(240 * MINUTE);
    still.check().await;
    assert_eq!(still.tasks().await, [""; 0]);
    still.clock.advance(MINUTE);
    still.check().await;
    let unanswered = format!("drill_unanswered {} intake", drill.transmission_id);
    assert_eq!(still.tasks().await, [unanswered]);
    still.receiving.assign(&drill, 0, CASEWORKER).await.unwrap();
    still.check().await;
    assert_eq!(still.tasks().await, [""; 0]);
}

async fn a_report_that_is_marked_as_a_drill_and_is_none_is_refused(database: TestDatabase) {
    let still = Still::start(database).await;
    let mut report = still.receiving.report(&[TROMSO]);
    report.drill = true;
    let sent = submission(1, &report, still.clock.now() + 1.second());
    let refused = still.receiving.exchange(POLICE).submit_transmission(sent).await;
    assert_eq!(reason(refused), ErrorReason::InvalidField);
}
