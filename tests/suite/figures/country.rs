//! Twelve police districts, each with an organisation, a certificate, a database and a running sender of its own, and one
//! child welfare service that serves every municipality. All in this process; their clocks show the last day of 2023.

use std::{path::PathBuf, sync::Arc, time::Duration};

use framme_demo::{
    pki::{self, Pki, synthetic_organisation},
    replay::{PlannedReport, plan},
    samples::{SampleReport, Samples, police_districts},
    world::{LocalClient, WorkList, areas_of},
};
use framme_receiver::{Receiver, config as receiver_config};
use framme_sender::{
    Config, Sender,
    config::{AttachmentLimits, ConfirmationConfig, FiguresConfig, LocalConfig, OutboxConfig, ReceiverConfig},
    credentials::IssueCredential,
    grpc::authorisation::Role,
    store::{SCHEMA, credential::NewCredential, view},
};
use framme_shared::{
    db::{Database, Dialect},
    domain::{
        digest::Digest,
        figures::{FiguresError, SignedFigures},
        ids::{CredentialId, ReportId},
        jws::{JwsVerifier, TrustedIssuers},
        municipality::Area,
    },
    runtime::{
        clock::{Clock, SystemClock},
        random::{OsRandom, Random as _},
        serve::{LocalAddress, ServeLimits},
        telemetry::LogFormat,
        tls::{TlsFiles, TrustFiles, install_provider},
        validity::{USUAL_DAYS, expiry},
    },
    wire::{
        pb::{
            receiver::{
                AssignChildRequest, ChildChange, CreateStaffRequest, CredentialKind, IssueCredentialRequest,
                KnownToService, ListTransmissionsRequest, StaffMember, StaffRole, TransmissionSummary,
            },
            report::{Report, Urgency},
            sender::{ExportFiguresRequest, SubmitReportRequest, sender_service_client::SenderServiceClient},
        },
        time::to_pb,
    },
};
use framme_tests::database::{Folder, TestDatabase};
use futures::{StreamExt as _, future::BoxFuture, stream};
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use crate::exchange::until;

const DESK: &str = "desk-1";
const SERVICE: u32 = 1;
/// The first of the twelve.
const FIRST_DISTRICT: u32 = 20;
const CASEWORKER: &str = "cw-1";
const LEADER: &str = "il-1";

/// The machine's clock, so many years ago.
#[derive(Debug)]
struct ShiftedClock(SignedDuration);

impl ShiftedClock {
    fn showing(now: Timestamp) -> Self {
        Self(SystemClock.now().duration_since(now))
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Timestamp {
        SystemClock.now() - self.0
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        SystemClock.sleep(duration)
    }
}

/// A police district with a sender.
pub(crate) struct District {
    pub(crate) name: &'static str,
    sender: Sender,
    local: LocalClient,
    _database: TestDatabase,
}

/// The country.
pub(crate) struct Country {
    pub(crate) districts: Vec<District>,
    service: Option<Receiver>,
    work_list: LocalClient,
    leader: String,
    pki: Pki,
    clock: Arc<dyn Clock>,
    samples: Samples,
    _database: TestDatabase,
    folder: Folder,
}

impl Country {
    /// Everybody serves when this returns.
    pub(crate) async fn start(dialect: Dialect) -> Self {
        install_provider();
        let clock: Arc<dyn Clock> = Arc::new(ShiftedClock::showing("2023-12-31T10:00:00Z".parse().unwrap()));
        let (pki, folder) = (Pki::new(clock.now()).unwrap(), Folder::new("country"));
        let database = TestDatabase::new(dialect).await;
        let service = start_service(&database, install(&pki, &folder, SERVICE), &clock).await;
        let (work_list, leader) = hire(&service, &folder, &clock).await;
        let address = service.addresses().exchange.clone();
        let mut districts = Vec::new();
        for (name, organisation) in police_districts::names().zip(FIRST_DISTRICT..) {
            let database = TestDatabase::new(dialect).await;
            let tls = install(&pki, &folder, organisation);
            districts.push(start_district(name, organisation, database, tls, &address, &clock).await);
        }
        Self {
            districts,
            service: Some(service),
            work_list,
            leader,
            pki,
            clock,
            samples: Samples::new(2023),
            _database: database,
            folder,
        }
    }

    /// The reports of the official table, each with the district that sends it, as the replay plans them.
    pub(crate) fn planned(&mut self) -> Vec<(PlannedReport, Report)> {
        let written = self.clock.now() - 1.minute();
        let mut report = |planned: PlannedReport| {
            let home = areas_of(&planned.police_district)[0].clone();
            let sample = SampleReport {
                police_district: planned.police_district.clone(),
                children: vec![home; planned.children as usize],
                urgency: Urgency::Normal,
                written,
            };
            let report = self.samples.report(&sample);
            (planned, report)
        };
        plan(2023).unwrap().into_iter().map(&mut report).collect()
    }

    pub(crate) fn district(&self, name: &str) -> &District {
        self.districts.iter().find(|district| district.name == name).unwrap()
    }

    /// Submits these reports, each to the sender of its own district.
    pub(crate) async fn submit(&self, reports: impl IntoIterator<Item = Report>) {
        stream::iter(reports)
            .for_each_concurrent(16, |report| async {
                let name = report.reporter.as_ref().unwrap().police_district.clone();
                let request = SubmitReportRequest { report: Some(report) };
                let mut desk = self.district(&name).desk();
                desk.submit_report(request).await.unwrap();
            })
            .await;
    }

    /// Gives every child that has no caseworker one, and says whether its case was known; returns when the senders know.
    pub(crate) async fn assign_all(&self, known: impl Fn(&str) -> KnownToService, reports: &[Report]) {
        let mut work_list = self.work_list();
        until("every report is at the service", || async {
            unassigned(&mut self.work_list()).await.len() == reports.len()
        })
        .await;
        for transmission in unassigned(&mut work_list).await {
            for child in &transmission.children {
                let request = AssignChildRequest {
                    change: Some(ChildChange {
                        request_id: OsRandom.new_uuid().to_string(),
                        transmission_id: transmission.transmission_id.clone(),
                        child_id: child.child_id.clone(),
                        on_behalf_of_staff_id: String::new(),
                    }),
                    caseworker_staff_id: CASEWORKER.to_owned(),
                    known_to_service: known(&transmission.report_id).into(),
                };
                work_list.assign_child(request).await.unwrap();
            }
        }
        until("the senders know of every assignment", || async {
            let mut all = true;
            for report in reports {
                let name = &report.reporter.as_ref().unwrap().police_district;
                let id = ReportId::parse(&report.report_id).unwrap();
                let reader = self.district(name).sender.context().database.reader();
                all &= view::look_up(reader, &id)
                    .await
                    .unwrap()
                    .unwrap()
                    .delivered_at()
                    .is_some();
            }
            all
        })
        .await;
    }

    fn work_list(&self) -> WorkList {
        self.work_list.work_list(&self.leader).unwrap()
    }

    /// The child welfare service is gone.
    pub(crate) async fn stop_service(&mut self) {
        self.service.take().unwrap().stop().await;
    }

    /// Every district's signed file of 2018-2023, as files.
    pub(crate) async fn export(&self, folder: &str) -> Vec<PathBuf> {
        let folder = self.folder.path().join(folder);
        std::fs::create_dir(&folder).unwrap();
        let mut files = Vec::new();
        for district in &self.districts {
            let file = folder.join(format!("{}.jws", district.name));
            std::fs::write(&file, district.export().await).unwrap();
            files.push(file);
        }
        files
    }

    pub(crate) fn verify(&self, file: &PathBuf) -> Result<SignedFigures, FiguresError> {
        let (roots, lists) = (self.pki.trust_pem(), self.pki.crls_pem(&[]).unwrap());
        let verifier = JwsVerifier::new(TrustedIssuers::from_pem(roots.as_bytes(), lists.as_bytes()).unwrap());
        SignedFigures::verify(&verifier, &std::fs::read_to_string(file).unwrap(), self.clock.now())
    }
}

impl District {
    fn desk(&self) -> SenderServiceClient<framme_demo::world::Client> {
        self.local.sender(DESK).unwrap()
    }

    async fn export(&self) -> String {
        let request = ExportFiguresRequest {
            police_district: self.name.to_owned(),
            from_day: "2018-01-01".to_owned(),
            until_day: "2023-12-31".to_owned(),
        };
        let mut client = self.local.figures(DESK).unwrap();
        client.export_figures(request).await.unwrap().into_inner().figures
    }
}

async fn unassigned(work_list: &mut WorkList) -> Vec<TransmissionSummary> {
    let request = ListTransmissionsRequest {
        page_size: 1_000,
        page_token: String::new(),
        unassigned_only: true,
    };
    let page = work_list.list_transmissions(request).await.unwrap().into_inner();
    assert!(page.next_page_token.is_empty());
    page.transmissions
}

fn install(pki: &Pki, folder: &Folder, organisation: u32) -> TlsFiles {
    let issued = pki.enterprise(synthetic_organisation(organisation)).unwrap();
    let own = folder.path().join(organisation.to_string());
    pki::install(pki, &issued, &own, &folder.path().join("trust"), &[]).unwrap()
}

async fn start_service(database: &TestDatabase, tls: TlsFiles, clock: &Arc<dyn Clock>) -> Receiver {
    let peer = |organisation| receiver_config::PeerConfig {
        organisation: synthetic_organisation(organisation),
        issuers: Vec::new(),
    };
    let config = receiver_config::Config {
        organisation: synthetic_organisation(SERVICE),
        production: false,
        log_format: LogFormat::Text,
        database: database.config().clone(),
        tls,
        tls_reload_seconds: 3_600,
        exchange: receiver_config::ExchangeConfig {
            address: "127.0.0.1:0".parse().unwrap(),
            limits: ServeLimits::default(),
        },
        local: receiver_config::LocalConfig {
            address: LocalAddress::Unix(database.folder().join("receiver.sock")),
            tls: None,
            limits: ServeLimits::local(),
        },
        attachments: receiver_config::Limits::default(),
        statements: framme_shared::domain::statement::Schedule::default(),
        notification: Default::default(),
        contacts: Vec::new(),
        clocks: framme_shared::domain::clocks::ClockPolicy::default(),
        escalation: framme_shared::domain::escalation::LaddersInConfig::default(),
        figures: receiver_config::FiguresConfig::default(),
        serves: Vec::new(),
        readiness: receiver_config::ReadinessConfig {
            enabled: false,
            ..Default::default()
        },
        peers: (FIRST_DISTRICT..FIRST_DISTRICT + 12).map(peer).collect(),
    };
    let schema = &framme_receiver::store::SCHEMA;
    Database::migrate(&config.database, schema, clock.now()).await.unwrap();
    Receiver::start(config, Arc::clone(clock), Arc::new(OsRandom))
        .await
        .unwrap()
}

/// An intake leader and a caseworker for the whole country.
async fn hire(service: &Receiver, folder: &Folder, clock: &Arc<dyn Clock>) -> (LocalClient, String) {
    let administrator = crate::receiving::first_administrator(service.core()).await;
    let trust = folder.path().join("trust");
    let local = LocalClient {
        address: service.addresses().local.parse().unwrap(),
        trust: TrustFiles {
            trust: trust.join("trust.pem"),
            crls: vec![trust.join("crls.pem")],
        },
        organisation: synthetic_organisation(SERVICE),
    };
    let mut register = local.staff(&administrator).unwrap();
    let everywhere: Vec<String> = police_districts::names()
        .map(|name| written(&areas_of(name)[0]))
        .collect();
    for (id, role) in [(LEADER, StaffRole::IntakeLeader), (CASEWORKER, StaffRole::Caseworker)] {
        let request = CreateStaffRequest {
            request_id: OsRandom.new_uuid().to_string(),
            staff: Some(StaffMember {
                staff_id: id.to_owned(),
                name: format!("Ansatt Oppdiktet {id}"),
                roles: vec![role.into()],
                active: true,
                municipalities: everywhere.clone(),
            }),
        };
        register.create_staff(request).await.unwrap();
    }
    let request = IssueCredentialRequest {
        kind: CredentialKind::Person.into(),
        holder_id: LEADER.to_owned(),
        expire_time: Some(to_pb(clock.now() + 24.hours())),
    };
    let token = register.issue_credential(request).await.unwrap().into_inner().token;
    (local, token)
}

fn written((municipality, city_district): &(String, String)) -> String {
    match city_district.as_str() {
        "" => municipality.clone(),
        district => format!("{municipality}/{district}"),
    }
}

async fn start_district(
    name: &'static str,
    organisation: u32,
    database: TestDatabase,
    tls: TlsFiles,
    service: &str,
    clock: &Arc<dyn Clock>,
) -> District {
    let config = Config {
        organisation: synthetic_organisation(organisation),
        production: false,
        log_format: LogFormat::Text,
        database: database.config().clone(),
        tls,
        tls_reload_seconds: 3_600,
        local: LocalConfig {
            address: LocalAddress::Unix(database.folder().join("sender.sock")),
            tls: None,
            limits: ServeLimits::local(),
        },
        confirmation: ConfirmationConfig::default(),
        letters: framme_sender::config::LettersConfig::default(),
        statements: framme_shared::domain::statement::Schedule::default(),
        notification: Default::default(),
        contacts: Vec::new(),
        clocks: framme_shared::domain::clocks::ClockPolicy::default(),
        escalation: framme_shared::domain::escalation::LaddersInConfig::default(),
        outbox: OutboxConfig {
            backoff_base_ms: 20,
            backoff_cap_ms: 200,
            poll_ms: 100,
            ..OutboxConfig::default()
        },
        attachments: AttachmentLimits::default(),
        figures: FiguresConfig::default(),
        feedback: framme_sender::config::FeedbackConfig::default(),
        readiness: framme_sender::config::ReadinessConfig {
            enabled: false,
            ..Default::default()
        },
        drills: framme_sender::config::DrillConfig {
            scheduled: false,
            ..Default::default()
        },
        reconciliation: framme_sender::config::ReconciliationConfig {
            scheduled: false,
            ..Default::default()
        },
        directory: None,
        receivers: vec![ReceiverConfig {
            organisation: synthetic_organisation(SERVICE),
            endpoint: format!("https://{service}"),
            municipalities: police_districts::names()
                .map(|name| Area::parse(&written(&areas_of(name)[0])).unwrap())
                .collect(),
        }],
    };
    let local = LocalClient {
        address: config.local.address.clone(),
        trust: TrustFiles {
            trust: config.tls.trust.clone(),
            crls: config.tls.crls.clone(),
        },
        organisation: config.organisation,
    };
    Database::migrate(&config.database, &SCHEMA, clock.now()).await.unwrap();
    let sender = Sender::start(config, Arc::clone(clock), Arc::new(OsRandom))
        .await
        .unwrap();
    let credential = IssueCredential {
        new: NewCredential {
            credential: CredentialId::from_uuid(OsRandom.new_uuid()).unwrap(),
            kind: "token",
            secret_sha256: Digest::of(DESK.as_bytes()),
            role: Role::Desk,
            holder: DESK.parse().unwrap(),
            expires_at: expiry(clock.now(), USUAL_DAYS),
        },
        by: "test".to_owned(),
    };
    sender.context().database.change(credential).await.unwrap();
    District {
        name,
        sender,
        local,
        _database: database,
    }
}
