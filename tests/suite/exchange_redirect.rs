//! Children that are sent on between real receivers: a chain, a circle, a part of a report, and what people see of it.

use std::{sync::Arc, time::Duration};

use framme_demo::{pki::synthetic_organisation, world::WorkList};
use framme_sender::{
    config::{ReceiverConfig, ReconciliationConfig},
    directory::{TakeDirectory, short_form},
    peer::Peer,
    reconciliation::{ReconciliationWorker, Step},
    recovery::AllowTakingBack,
    redirect::NEEDS_PERSON,
    store::{
        SCHEMA,
        view::{ReportView, look_up},
    },
};
use framme_shared::{
    db::tasks,
    domain::{
        ids::ReportId,
        lifecycle::{Stage, Standing},
        receipt::Pair,
    },
    runtime::{clock::SystemClock, trust::ReceiptTrust},
    wire::pb::{
        receiver::{
            AssignChildRequest, ChildChange, GetTransmissionRequest, ListTransmissionsRequest, RedirectChildRequest,
            TransmissionSummary,
        },
        report::Report,
        sender::{RouteChildRequest, StartReconciliationRequest},
    },
};
use framme_tests::{database::TestDatabase, on_both_databases};

use crate::exchange::{
    HARSTAD, OTHER_RECEIVER, POLICE, RECEIVER, TROMSO,
    authorities::Authorities,
    people::{CASEWORKER, hire_for},
    receiver::{RealReceiver, new_id},
    sender::{Known, RealSender},
    until,
};

on_both_databases!(
    a_chain_ends_with_the_assignment_at_its_last_service,
    a_circle_ends_with_a_person_and_the_same_service_takes_it_again,
    a_part_of_the_children_goes_on_and_the_rest_stays,
    both_sides_hold_the_same_of_what_was_sent_on,
    a_receiver_tells_what_was_read_when_a_report_is_withdrawn,
    a_follow_up_shows_who_has_the_earlier_report,
    a_sender_that_lost_everything_gets_a_chain_back_as_it_was,
);

const THIRD_RECEIVER: u32 = 3;
const SERVICES: [u32; 3] = [RECEIVER, OTHER_RECEIVER, THIRD_RECEIVER];
/// What each of them serves: nobody at the others serves the municipality of the children that are sent on to them.
const SERVED: [&str; 3] = [TROMSO, HARSTAD, "5601"];

/// Three services with their people; the first serves the municipality of the reports.
struct Services {
    authorities: Arc<Authorities>,
    receivers: Vec<RealReceiver>,
    leaders: Vec<WorkList>,
    sender: RealSender,
}

impl Services {
    async fn new(database: TestDatabase) -> Self {
        let dialect = database.config().dialect().unwrap();
        let authorities = Authorities::new(Arc::new(SystemClock));
        let mut databases = vec![database];
        for _ in 1..SERVICES.len() {
            databases.push(TestDatabase::new(dialect).await);
        }
        let (mut receivers, mut leaders) = (Vec::new(), Vec::new());
        for ((organisation, municipality), database) in SERVICES.into_iter().zip(SERVED).zip(databases) {
            let receiver = RealReceiver::start_as(organisation, &authorities, database).await;
            leaders.push(hire_for(&receiver, municipality).await);
            receivers.push(receiver);
        }
        let sender = start_sender(&authorities, &receivers, TestDatabase::new(dialect).await).await;
        Self {
            authorities,
            receivers,
            leaders,
            sender,
        }
    }

    async fn listed(&self, service: usize) -> Vec<TransmissionSummary> {
        let request = ListTransmissionsRequest::default();
        let answer = self.leaders[service].clone().list_transmissions(request).await;
        answer.unwrap().into_inner().transmissions
    }

    /// Returns the transmission of a report at this service that waits for somebody, as soon as it is there.
    async fn waiting(&self, service: usize, report: &ReportId) -> TransmissionSummary {
        let find = async || {
            let request = ListTransmissionsRequest {
                unassigned_only: true,
                ..ListTransmissionsRequest::default()
            };
            let answer = self.leaders[service].clone().list_transmissions(request).await;
            let listed = answer.unwrap().into_inner().transmissions;
            listed.into_iter().find(|one| {
                let waits = |stage| stage == Stage::Stored || stage == Stage::Opened;
                one.report_id == report.to_string() && one.children.iter().any(|child| waits(stage_of(child.stage)))
            })
        };
        until("it is on the work list", || async { find().await.is_some() }).await;
        find().await.unwrap()
    }

    async fn redirect(&self, service: usize, transmission: &str, child: &str, to: usize) {
        let request = RedirectChildRequest {
            change: change(transmission, child),
            to_organisation_number: synthetic_organisation(SERVICES[to]).to_string(),
        };
        self.leaders[service].clone().redirect_child(request).await.unwrap();
    }

    /// The service redirects the one child of what waits there.
    async fn redirect_waiting(&self, service: usize, report: &ReportId, to: usize) {
        let waiting = self.waiting(service, report).await;
        let child = &waiting.children[0].child_id;
        self.redirect(service, &waiting.transmission_id, child, to).await;
    }

    async fn assign(&self, service: usize, transmission: &str, child: &str) {
        let request = AssignChildRequest {
            change: change(transmission, child),
            known_to_service: 0,
            caseworker_staff_id: CASEWORKER.to_owned(),
        };
        self.leaders[service].clone().assign_child(request).await.unwrap();
    }

    async fn assign_waiting(&self, service: usize, report: &ReportId) {
        let waiting = self.waiting(service, report).await;
        for child in &waiting.children {
            self.assign(service, &waiting.transmission_id, &child.child_id).await;
        }
    }

    async fn until_standing(&self, report: &ReportId, standing: Standing) {
        until(&format!("the report is {standing:?}"), || async {
            self.sender.view(report).await.standing() == standing
        })
        .await;
    }

    async fn tasks(&self) -> Vec<String> {
        let reader = self.sender.sender.context().database.reader();
        let open = tasks::page(reader, 0, false, 100).await.unwrap();
        open.into_iter().map(|task| task.kind).collect()
    }

    /// Compares everything with a service; returns how many transmissions both hold alike, and how many not.
    async fn compare(&self, service: usize) -> (u64, u64) {
        let organisation = SERVICES[service];
        let request = StartReconciliationRequest {
            request_id: new_id(),
            receiver_organisation_number: synthetic_organisation(organisation).to_string(),
            ..StartReconciliationRequest::default()
        };
        let id = request.request_id.clone();
        self.sender.desk().start_reconciliation(request).await.unwrap();
        let police = self.authorities.issue(POLICE);
        let name = format!("comparing-{organisation}");
        let trust = ReceiptTrust::load(&self.authorities.files(&name, &police)).unwrap();
        let address = self.receivers[service].address();
        let channel = self.authorities.channel(&name, &police, address, organisation);
        let pair = Pair {
            sender: synthetic_organisation(POLICE),
            receiver: synthetic_organisation(organisation),
        };
        let config = ReconciliationConfig {
            scheduled: false,
            second_look_seconds: 0,
            ..ReconciliationConfig::default()
        };
        let context = Arc::clone(self.sender.sender.context());
        let mut worker = ReconciliationWorker::new(context, Peer::new(pair, channel, trust), &config);
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        loop {
            let step = worker.step().await.unwrap();
            assert!(!matches!(step, Step::Failed(_)), "{step:?}");
            let request = framme_shared::wire::pb::sender::GetReconciliationRequest {
                reconciliation_id: id.clone(),
            };
            let found = self
                .sender
                .desk()
                .get_reconciliation(request)
                .await
                .unwrap()
                .into_inner();
            let state = found.reconciliation.unwrap();
            if state.ended_time.is_some() {
                return (state.matched, state.differences);
            }
            ticks.tick().await;
        }
    }
}

async fn start_sender(
    authorities: &Arc<Authorities>,
    receivers: &[RealReceiver],
    database: TestDatabase,
) -> RealSender {
    let known: Vec<Known<'_>> = receivers
        .iter()
        .zip(SERVED)
        .map(|(receiver, municipality)| Known {
            organisation: receiver.organisation,
            address: receiver.address(),
            municipality,
        })
        .collect();
    RealSender::start(authorities, database, &known).await
}

fn change(transmission: &str, child: &str) -> Option<ChildChange> {
    Some(ChildChange {
        request_id: new_id(),
        transmission_id: transmission.to_owned(),
        child_id: child.to_owned(),
        ..ChildChange::default()
    })
}

fn stage_of(value: i32) -> Stage {
    use framme_shared::wire::pb::report::Stage as Wire;
    match Wire::try_from(value).unwrap() {
        Wire::Stored => Stage::Stored,
        Wire::Opened => Stage::Opened,
        _ => Stage::Closed,
    }
}

async fn a_chain_ends_with_the_assignment_at_its_last_service(database: TestDatabase) {
    let services = Services::new(database).await;
    let report = services.sender.submit(TROMSO).await;
    services.redirect_waiting(0, &report, 1).await;
    services.redirect_waiting(1, &report, 2).await;
    assert!(services.waiting(2, &report).await.redirected_here);
    assert_eq!(services.sender.view(&report).await.standing(), Standing::Open);
    services.assign_waiting(2, &report).await;
    services.until_standing(&report, Standing::Delivered).await;

    let view = services.sender.view(&report).await;
    let by_service = |service: usize| {
        let number = synthetic_organisation(SERVICES[service]);
        view.transmissions.iter().find(|sent| sent.receiver == number).unwrap()
    };
    let [first, second, third] = [0, 1, 2].map(by_service);
    assert_eq!(first.redirected_from, None);
    assert_eq!(second.redirected_from, Some(first.transmission));
    assert_eq!(third.redirected_from, Some(second.transmission));
    assert_eq!(view.children().count(), 1);
    let taken = view.submitted_at;
    for service in 0..3 {
        let listed = services.listed(service).await;
        let submitted = listed[0].submitted_time.as_ref().unwrap();
        assert_eq!(framme_shared::wire::time::from_pb(submitted).unwrap(), taken);
    }
    assert!(services.tasks().await.is_empty());
}

async fn a_circle_ends_with_a_person_and_the_same_service_takes_it_again(database: TestDatabase) {
    let services = Services::new(database).await;
    let report = services.sender.submit(TROMSO).await;
    services.redirect_waiting(0, &report, 1).await;
    services.redirect_waiting(1, &report, 0).await;
    until("a person is asked", || async {
        services.tasks().await == [NEEDS_PERSON]
    })
    .await;

    let child = services.sender.view(&report).await.children().next().unwrap().child;
    let request = RouteChildRequest {
        report_id: report.to_string(),
        child_id: child.to_string(),
        to_organisation_number: synthetic_organisation(RECEIVER).to_string(),
        request_id: new_id(),
        reason: "Avtalt på telefon.".to_owned(),
    };
    services.sender.desk().route_child(request).await.unwrap();
    services.assign_waiting(0, &report).await;
    services.until_standing(&report, Standing::Delivered).await;
    assert!(services.tasks().await.is_empty());
    let of_first = services.listed(0).await;
    assert_eq!(of_first.len(), 2, "it holds both transmissions of the report");
}

fn two_children(services: &Services) -> Report {
    let mut report = services.sender.report(TROMSO);
    let mut second = services.sender.report(TROMSO).children.remove(0);
    second.child_id = new_id();
    report.children[0].child_id = new_id();
    report.children.push(second);
    report
}

async fn a_part_of_the_children_goes_on_and_the_rest_stays(database: TestDatabase) {
    let services = Services::new(database).await;
    let report = two_children(&services);
    let ids: Vec<String> = report.children.iter().map(|child| child.child_id.clone()).collect();
    let report = services.sender.submit_this(report).await;
    let waiting = services.waiting(0, &report).await;
    services.redirect(0, &waiting.transmission_id, &ids[1], 1).await;
    services.assign(0, &waiting.transmission_id, &ids[0]).await;
    let sent_on = services.waiting(1, &report).await;
    assert_eq!(sent_on.children[0].municipality_number, TROMSO);
    let children: Vec<&str> = sent_on.children.iter().map(|child| child.child_id.as_str()).collect();
    assert_eq!(children, [&ids[1]]);
    assert_eq!(services.sender.view(&report).await.standing(), Standing::Open);
    services.assign_waiting(1, &report).await;
    services.until_standing(&report, Standing::Delivered).await;
}

async fn both_sides_hold_the_same_of_what_was_sent_on(database: TestDatabase) {
    let services = Services::new(database).await;
    let report = services.sender.submit(TROMSO).await;
    services.redirect_waiting(0, &report, 1).await;
    services.redirect_waiting(1, &report, 2).await;
    services.assign_waiting(2, &report).await;
    services.until_standing(&report, Standing::Delivered).await;
    for service in 0..3 {
        assert_eq!(services.compare(service).await, (1, 0));
    }
    assert!(services.tasks().await.is_empty());
}

async fn a_receiver_tells_what_was_read_when_a_report_is_withdrawn(database: TestDatabase) {
    let services = Services::new(database).await;
    let (read, unread) = (
        services.sender.submit(TROMSO).await,
        services.sender.submit(TROMSO).await,
    );
    let opened = services.waiting(0, &read).await;
    services.waiting(0, &unread).await;
    let request = GetTransmissionRequest {
        transmission_id: opened.transmission_id,
    };
    services.leaders[0].clone().get_transmission(request).await.unwrap();
    for report in [&read, &unread] {
        services.sender.withdraw(report).await;
        services.sender.until_stage(report, Stage::Withdrawn).await;
    }
    let told = async |report| {
        let view = services.sender.view(report).await;
        let read = view.children().next().unwrap().read_before.clone().unwrap();
        (read.opened, read.readers_text())
    };
    assert_eq!(told(&read).await, (true, "intake_leader=1".to_owned()));
    assert_eq!(told(&unread).await, (false, String::new()));
}

async fn a_follow_up_shows_who_has_the_earlier_report(database: TestDatabase) {
    let services = Services::new(database).await;
    let first = services.sender.submit(TROMSO).await;
    services.assign_waiting(0, &first).await;
    services.until_standing(&first, Standing::Delivered).await;
    let mut second = services.sender.report(TROMSO);
    second.follows_up_report_id = first.to_string();
    let second = services.sender.submit_this(second).await;

    let follow_up = services.waiting(0, &second).await;
    assert_eq!(follow_up.earlier.len(), 1);
    assert_eq!(follow_up.earlier[0].report_id, first.to_string());
    assert_eq!(follow_up.earlier[0].children[0].assigned_staff_id, CASEWORKER);
    assert!(follow_up.later.is_empty());
    let listed = services.listed(0).await;
    let earlier = listed.iter().find(|one| one.report_id == first.to_string()).unwrap();
    assert_eq!(earlier.later[0].report_id, second.to_string());
}

async fn a_sender_that_lost_everything_gets_a_chain_back_as_it_was(database: TestDatabase) {
    let dialect = database.config().dialect().unwrap();
    let services = Services::new(database).await;
    let report = services.sender.submit(TROMSO).await;
    services.redirect_waiting(0, &report, 1).await;
    services.redirect_waiting(1, &report, 2).await;
    services.assign_waiting(2, &report).await;
    services.until_standing(&report, Standing::Delivered).await;
    let links = |view: &ReportView| -> Vec<_> {
        let sent = view.transmissions.iter();
        sent.map(|sent| (sent.transmission, sent.redirected_from, sent.children[0].moved_to))
            .collect()
    };
    let before = links(&services.sender.view(&report).await);

    let Services {
        authorities,
        receivers,
        sender,
        ..
    } = services;
    sender.sender.stop().await;
    let database = TestDatabase::new(dialect).await;
    let numbers = SERVICES.map(synthetic_organisation).to_vec();
    let opened = database.open_with(&SCHEMA, Arc::clone(&authorities.clock)).await;
    let known = numbers.iter().map(|organisation| ReceiverConfig {
        organisation: *organisation,
        endpoint: "https://127.0.0.1:1".to_owned(),
        municipalities: Vec::new(),
    });
    let directory = short_form(&known.collect::<Vec<_>>()).unwrap();
    opened.change(TakeDirectory::new(&directory, None)).await.unwrap();
    let allow = AllowTakingBack {
        receivers: numbers,
        by: "test".to_owned(),
    };
    opened.change(allow).await.unwrap();
    opened.close().await;
    let empty = start_sender(&authorities, &receivers, database).await;
    let database = &empty.sender.context().database;
    until("the report is back and delivered", || async {
        let view = look_up(database.reader(), &report).await.unwrap();
        view.is_some_and(|view| view.transmissions.len() == 3 && view.standing() == Standing::Delivered)
    })
    .await;
    let view = empty.view(&report).await;
    assert_eq!(links(&view), before);
    assert_eq!(view.children().count(), 1);
    for receiver in &receivers {
        let held = receiver.ledger("transmission_arrived").await;
        assert_eq!(held, 1, "nothing was sent twice");
    }
}
