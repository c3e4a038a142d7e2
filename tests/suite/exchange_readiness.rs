//! What happened from 2018 to 2023, once more: reports go to a receiver at which nobody has access. Here both sides know it
//! before the first report is sent, and the report goes out all the same. A real sender and a real receiver; their
//! readiness workers do what their steps do.

use std::{sync::Arc, time::Duration};

use framme_demo::{pki::synthetic_organisation, world::LocalClient};
use framme_receiver::{
    config::ReadinessConfig as ReceiverReadinessConfig, credentials, readiness::ReadinessWorker as OwnWorker,
    staff::EnsureAdministrator, store::credential::CredentialKind as Kind,
};
use framme_sender::{
    config::ReadinessConfig,
    drill::{self, DrillWorker, Started},
    peer::Peer,
    readiness::ReadinessWorker,
    store::drill::DrillRow,
};
use framme_shared::{
    db::{
        Database,
        heartbeat::{self, Beat, CLOCKS},
        tasks,
    },
    domain::{drill::DrillResult, ids::ReportId, receipt::Pair},
    runtime::{
        clock::{Clock as _, ManualClock},
        tls::TrustFiles,
        trust::ReceiptTrust,
    },
    wire::{
        pb::receiver::{
            AssignChildRequest, ChildChange, CreateStaffRequest, CredentialKind, GetTransmissionRequest,
            IssueCredentialRequest, ListTransmissionsRequest, StaffRole,
        },
        time::to_pb,
    },
};
use framme_tests::{database::TestDatabase, on_both_databases};
use jiff::ToSpan as _;

use crate::{
    exchange::{
        POLICE, RECEIVER, TROMSO,
        authorities::Authorities,
        receiver::{RealReceiver, new_id},
        sender::{Known, RealSender},
        until,
    },
    receiving::member,
};

on_both_databases!(
    nobody_with_access_is_known_at_both_sides_before_the_first_report_which_goes_out_all_the_same,
    each_side_tells_when_the_others_clock_worker_has_stopped,
    a_drill_is_opened_assigned_and_withdrawn_and_its_times_are_kept,
);

const LEADER: &str = "il-1";
const CASEWORKER: &str = "cw-1";
const MINUTE: Duration = Duration::from_secs(60);

struct Sides {
    clock: Arc<ManualClock>,
    receiver: RealReceiver,
    sender: RealSender,
    asking: ReadinessWorker,
    own: OwnWorker,
}

impl Sides {
    async fn start(database: TestDatabase) -> Self {
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
        let asking = ReadinessWorker::new(
            Arc::clone(sender.sender.context()),
            synthetic_organisation(RECEIVER),
            receiver.police(),
            ReadinessConfig::default(),
        );
        let own = OwnWorker::new(
            Arc::clone(receiver.receiver.core()),
            ReceiverReadinessConfig::default(),
            Vec::new(),
            vec![synthetic_organisation(POLICE)],
        );
        Self {
            clock,
            receiver,
            sender,
            asking,
            own,
        }
    }

    /// Both workers, once.
    async fn look(&self) {
        self.asking.step().await.unwrap();
        self.own.step().await.unwrap();
    }

    fn senders(&self) -> &Database {
        &self.sender.sender.context().database
    }

    fn receivers(&self) -> &Database {
        &self.receiver.receiver.core().db
    }

    /// An intake leader with a credential, and a caseworker.
    async fn hire(&self) -> (LocalClient, String) {
        let core = self.receiver.receiver.core();
        let administrator: framme_shared::domain::staff_id::StaffId = "adm-1".parse().unwrap();
        let first = EnsureAdministrator {
            staff: administrator.clone(),
            keys: Arc::clone(&core.keys),
        };
        core.db.change(first).await.unwrap();
        let expires = core.clock.now() + 24.hours();
        let issued = credentials::issue(
            core.random.as_ref(),
            Kind::Person,
            administrator,
            expires,
            "test".to_owned(),
        );
        core.db.change(issued.change).await.unwrap().unwrap();
        let authorities = &self.receiver.authorities;
        let files = authorities.files("people", &authorities.issue(RECEIVER));
        let local = LocalClient {
            address: self.receiver.receiver.addresses().local.parse().unwrap(),
            trust: TrustFiles {
                trust: files.trust,
                crls: files.crls,
            },
            organisation: core.notary.organisation(),
        };
        let mut register = local.staff(issued.token.expose()).unwrap();
        for (id, role) in [(LEADER, StaffRole::IntakeLeader), (CASEWORKER, StaffRole::Caseworker)] {
            let request = CreateStaffRequest {
                request_id: new_id(),
                staff: Some(member(id, role, &[TROMSO])),
            };
            register.create_staff(request).await.unwrap();
        }
        let request = IssueCredentialRequest {
            kind: CredentialKind::Person.into(),
            holder_id: LEADER.to_owned(),
            expire_time: Some(to_pb(expires)),
        };
        let token = register.issue_credential(request).await.unwrap().into_inner().token;
        (local, token)
    }

    fn drills(&self) -> DrillWorker {
        let authorities = &self.receiver.authorities;
        let files = authorities.files("drills", &authorities.issue(POLICE));
        let pair = Pair {
            sender: synthetic_organisation(POLICE),
            receiver: synthetic_organisation(RECEIVER),
        };
        let peer = Peer::new(pair, self.receiver.police(), ReceiptTrust::load(&files).unwrap());
        DrillWorker::new(Arc::clone(self.sender.sender.context()), peer)
    }

    async fn drill(&self) -> DrillRow {
        let reader = self.senders().reader();
        let found = framme_sender::store::drill::last_of(reader, &synthetic_organisation(RECEIVER)).await;
        found.unwrap().unwrap()
    }
}

async fn kinds(database: &Database) -> Vec<String> {
    let open = tasks::page(database.reader(), 0, false, 1_000).await.unwrap();
    open.into_iter().map(|task| task.kind).collect()
}

async fn nobody_with_access_is_known_at_both_sides_before_the_first_report_which_goes_out_all_the_same(
    database: TestDatabase,
) {
    let sides = Sides::start(database).await;
    sides.look().await;
    assert_eq!(kinds(sides.senders()).await, ["nobody_can_open"]);
    assert_eq!(kinds(sides.receivers()).await, ["nobody_can_open"; 2]);

    sides.sender.submit(TROMSO).await;
    until("the report is stored and receipted", || async {
        sides.sender.receiver(RECEIVER).await.last_receipt == 1
    })
    .await;
    sides.look().await;
    assert_eq!(kinds(sides.senders()).await, ["nobody_can_open"]);

    sides.hire().await;
    sides.look().await;
    assert_eq!(kinds(sides.senders()).await, [""; 0]);
    assert_eq!(kinds(sides.receivers()).await, [""; 0]);
}

/// As if a clock worker had stopped eleven minutes ago: it has completed the step of now, and sleeps until time is moved.
async fn stop(database: &Database, of_the_test: &TestDatabase, clock: &ManualClock) {
    until("the clock worker has completed its step", || async {
        heartbeat::last(database.reader(), CLOCKS).await.unwrap() == Some(clock.now())
    })
    .await;
    let mut connection = of_the_test.connect().await;
    let stopped = sqlx::query("UPDATE heartbeat SET beat_at = beat_at - 660000000 WHERE worker = 'clocks'")
        .execute(&mut connection)
        .await
        .unwrap();
    assert_eq!(stopped.rows_affected(), 1);
}

async fn each_side_tells_when_the_others_clock_worker_has_stopped(database: TestDatabase) {
    let sides = Sides::start(database).await;
    sides.hire().await;
    let both = [sides.senders(), sides.receivers()];
    let [sender, receiver] = both;
    until("both clock workers beat", || async {
        let [sender, receiver] = both.map(|database| heartbeat::last(database.reader(), CLOCKS));
        sender.await.unwrap().is_some() && receiver.await.unwrap().is_some()
    })
    .await;
    sides.look().await;
    assert_eq!(kinds(sender).await, [""; 0]);
    assert_eq!(kinds(receiver).await, [""; 0]);

    stop(receiver, &sides.receiver.database, &sides.clock).await;
    sides.look().await;
    assert_eq!(kinds(sender).await, ["peer_clock_stopped"]);
    assert_eq!(kinds(receiver).await, [""; 0]);
    receiver.change(Beat(CLOCKS)).await.unwrap();

    stop(sender, &sides.sender.database, &sides.clock).await;
    sides.look().await;
    assert_eq!(kinds(sender).await, [""; 0]);
    assert_eq!(kinds(receiver).await, ["sender_clock_stopped"]);

    sender.change(Beat(CLOCKS)).await.unwrap();
    sides.look().await;
    assert_eq!(kinds(receiver).await, [""; 0]);
}

async fn a_drill_is_opened_assigned_and_withdrawn_and_its_times_are_kept(database: TestDatabase) {
    let sides = Sides::start(database).await;
    let (local, token) = sides.hire().await;
    // Connections grow old while time is moved.
    let list = || local.work_list(&token).unwrap();
    let id: ReportId = new_id().parse().unwrap();
    let receiver = synthetic_organisation(RECEIVER);
    let started = drill::start(sides.sender.sender.context(), &receiver, id, "desk-1").await;
    assert!(matches!(started, Ok(Some(Started::Now(_)))));
    until("the drill is stored", || async {
        sides.sender.receiver(RECEIVER).await.last_receipt == 1
    })
    .await;
    sides.clock.advance(30 * MINUTE);
    let page = list()
        .list_transmissions(ListTransmissionsRequest::default())
        .await
        .unwrap();
    let waiting = page.into_inner().transmissions.remove(0);
    assert!(waiting.drill);
    let transmission_id = waiting.transmission_id;
    let get = GetTransmissionRequest {
        transmission_id: transmission_id.clone(),
    };
    list().get_transmission(get).await.unwrap();
    sides.clock.advance(30 * MINUTE);
    let assign = AssignChildRequest {
        change: Some(ChildChange {
            request_id: new_id(),
            transmission_id,
            child_id: waiting.children[0].child_id.clone(),
            ..ChildChange::default()
        }),
        caseworker_staff_id: CASEWORKER.to_owned(),
        known_to_service: 0,
    };
    list().assign_child(assign).await.unwrap();
    until("the sender knows that it is assigned", || async {
        sides.sender.receiver(RECEIVER).await.last_receipt == 3
    })
    .await;
    sides.drills().step().await.unwrap();
    let drill = sides.drill().await;
    assert_eq!(drill.result, DrillResult::Answered);
    let after = |time: Option<jiff::Timestamp>| time.unwrap().duration_since(drill.started_at).as_mins();
    assert_eq!((after(drill.opened_at), after(drill.assigned_at)), (30, 60));
    until("it is withdrawn, and nothing of it stays open", || async {
        sides.sender.receiver(RECEIVER).await.last_receipt == 4
    })
    .await;
    let request = ListTransmissionsRequest {
        unassigned_only: true,
        ..ListTransmissionsRequest::default()
    };
    let page = list().list_transmissions(request).await.unwrap();
    assert!(page.into_inner().transmissions.is_empty());
    assert_eq!(kinds(sides.senders()).await, [""; 0]);
}
