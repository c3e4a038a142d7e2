//! A real receiver in this process, with people, a case system and two police districts that send to it.

use std::sync::Arc;

use framme_demo::{
    pki::{self, Enterprise, Pki, synthetic_organisation},
    samples::{SampleReport, Samples},
    world::{LocalClient, WorkList},
};
use framme_receiver::{
    Receiver,
    config::{Config, ExchangeConfig, FiguresConfig, Limits, LocalConfig, PeerConfig, ReadinessConfig},
    core::Core,
};
use framme_shared::{
    db::Database,
    domain::{
        clocks::ClockPolicy, digest::Digest, escalation::LaddersInConfig, jws::JwsSigner,
        organisation::OrganisationNumber, statement::Schedule,
    },
    runtime::{
        clock::{Clock, SystemClock},
        connect,
        random::{OsRandom, Random as _},
        serve::ServeLimits,
        telemetry::LogFormat,
        tls::{TlsStore, TrustFiles, install_provider},
    },
    wire::{
        pb::{
            exchange::{
                SubmitTransmissionRequest, exchange_service_client::ExchangeServiceClient,
                figures_service_client::FiguresServiceClient, holding_service_client::HoldingServiceClient,
                letter_service_client::LetterServiceClient as Announcing,
                readiness_service_client::ReadinessServiceClient, statement_service_client::StatementServiceClient,
            },
            receiver::{
                AssignChildRequest, ChildChange, ChildChanged, CreateStaffRequest, CredentialKind,
                IssueCredentialRequest, StaffMember, StaffRole, UpdateStaffRequest, UpdateStaffResponse,
                letter_service_client::LetterServiceClient, waiting_service_client::WaitingServiceClient,
            },
            report as pb,
        },
        report::fill_child_ids,
        status::Received,
        time::to_pb,
    },
};
use framme_tests::database::TestDatabase;
use jiff::ToSpan as _;
use prost::Message as _;
use tonic::{Status, transport::Channel};

/// The organisations of these tests.
const RECEIVER: u32 = 1;
pub(crate) const POLICE: u32 = 2;
pub(crate) const OTHER_POLICE: u32 = 3;
pub(crate) const STRANGER: u32 = 4;

/// Intake leader of both municipalities.
pub(crate) const LEADER: &str = "il-1";
/// Caseworkers of Tromsø.
pub(crate) const CASEWORKER: &str = "cw-1";
pub(crate) const COLLEAGUE: &str = "cw-2";
/// Caseworker of Harstad.
pub(crate) const FAR_CASEWORKER: &str = "cw-far";
const ADMINISTRATOR: &str = "adm-1";

pub(crate) const TROMSO: &str = "5501";
pub(crate) const HARSTAD: &str = "5503";

/// The receiver, and whom it takes to be who.
pub(crate) struct Receiving {
    pub(crate) database: TestDatabase,
    pub(crate) receiver: Receiver,
    pub(crate) config: Config,
    pub(crate) clock: Arc<dyn Clock>,
    pki: Pki,
    samples: std::sync::Mutex<Samples>,
    administrator: String,
    pub(crate) leader: String,
    pub(crate) caseworker: String,
    pub(crate) case_system: String,
}

impl Receiving {
    pub(crate) async fn start(database: TestDatabase) -> Self {
        Self::start_with(database, Arc::new(SystemClock)).await
    }

    pub(crate) async fn start_with(database: TestDatabase, clock: Arc<dyn Clock>) -> Self {
        Self::start_as(database, clock, |_| {}).await
    }

    /// With another configuration than the usual one.
    pub(crate) async fn start_configured(database: TestDatabase, change: impl FnOnce(&mut Config)) -> Self {
        Self::start_as(database, Arc::new(SystemClock), change).await
    }

    async fn start_as(database: TestDatabase, clock: Arc<dyn Clock>, change: impl FnOnce(&mut Config)) -> Self {
        install_provider();
        let pki = Pki::new(clock.now()).unwrap();
        let mut config = config(&database, &pki);
        change(&mut config);
        Database::migrate(&config.database, &framme_receiver::store::SCHEMA, clock.now())
            .await
            .unwrap();
        let receiver = Receiver::start(config.clone(), Arc::clone(&clock), Arc::new(OsRandom))
            .await
            .unwrap();
        let mut receiving = Self {
            administrator: first_administrator(receiver.core()).await,
            database,
            receiver,
            config,
            clock,
            pki,
            samples: Samples::new(1).into(),
            leader: String::new(),
            caseworker: String::new(),
            case_system: String::new(),
        };
        receiving.hire().await;
        receiving
    }

    async fn hire(&mut self) {
        self.add(LEADER, StaffRole::IntakeLeader, &[TROMSO, HARSTAD]).await;
        self.add(CASEWORKER, StaffRole::Caseworker, &[TROMSO]).await;
        self.add(COLLEAGUE, StaffRole::Caseworker, &[TROMSO]).await;
        self.add(FAR_CASEWORKER, StaffRole::Caseworker, &[HARSTAD]).await;
        self.leader = self.token(CredentialKind::Person, LEADER).await;
        self.caseworker = self.token(CredentialKind::Person, CASEWORKER).await;
        self.case_system = self.token(CredentialKind::CaseSystem, "case-system").await;
    }

    pub(crate) async fn add(&self, id: &str, role: StaffRole, areas: &[&str]) {
        let request = CreateStaffRequest {
            request_id: new_id(),
            staff: Some(member(id, role, areas)),
        };
        self.register().create_staff(request).await.unwrap();
    }

    pub(crate) async fn update(&self, staff: StaffMember) -> UpdateStaffResponse {
        let request = UpdateStaffRequest {
            request_id: new_id(),
            staff: Some(staff),
        };
        self.register().update_staff(request).await.unwrap().into_inner()
    }

    pub(crate) async fn token(&self, kind: CredentialKind, holder: &str) -> String {
        let request = IssueCredentialRequest {
            kind: kind.into(),
            holder_id: holder.to_owned(),
            expire_time: Some(to_pb(self.clock.now() + 24.hours())),
        };
        self.register()
            .issue_credential(request)
            .await
            .unwrap()
            .into_inner()
            .token
    }

    /// The staff register, as the administrator.
    pub(crate) fn register(
        &self,
    ) -> framme_shared::wire::pb::receiver::staff_service_client::StaffServiceClient<framme_demo::world::Client> {
        self.local().staff(&self.administrator).unwrap()
    }

    pub(crate) fn work_list(&self, token: &str) -> WorkList {
        self.local().work_list(token).unwrap()
    }

    fn local(&self) -> LocalClient {
        LocalClient {
            address: self.receiver.addresses().local.parse().unwrap(),
            trust: TrustFiles {
                trust: self.config.tls.trust.clone(),
                crls: self.config.tls.crls.clone(),
            },
            organisation: self.config.organisation,
        }
    }

    /// The exchange, as this organisation.
    pub(crate) fn exchange(&self, organisation: u32) -> ExchangeServiceClient<Channel> {
        ExchangeServiceClient::new(self.channel(organisation))
    }

    /// What is counted for figures, as this organisation.
    pub(crate) fn figures(&self, organisation: u32) -> FiguresServiceClient<Channel> {
        FiguresServiceClient::new(self.channel(organisation))
    }

    /// The exchange of daily statements, as this organisation.
    pub(crate) fn statements(&self, organisation: u32) -> StatementServiceClient<Channel> {
        StatementServiceClient::new(self.channel(organisation))
    }

    /// What this organisation signs with.
    pub(crate) fn signer(&self, organisation: u32) -> JwsSigner {
        let issued = self.pki.enterprise(synthetic_organisation(organisation)).unwrap();
        JwsSigner::from_pem(issued.chain_pem.as_bytes(), issued.key_pem.as_bytes()).unwrap()
    }

    /// Questions whether something is still held, as this organisation.
    pub(crate) fn holdings(&self, organisation: u32) -> HoldingServiceClient<Channel> {
        HoldingServiceClient::new(self.channel(organisation))
    }

    /// Tells of letters, as this organisation.
    pub(crate) fn announcing(&self, organisation: u32) -> Announcing<Channel> {
        Announcing::new(self.channel(organisation))
    }

    /// Letters that came by post, as the holder of this token.
    pub(crate) fn letters(&self, token: &str) -> LetterServiceClient<framme_demo::world::Client> {
        self.local().letters(token).unwrap()
    }

    /// Questions whether somebody could open, as this organisation.
    pub(crate) fn readiness(&self, organisation: u32) -> ReadinessServiceClient<Channel> {
        ReadinessServiceClient::new(self.channel(organisation))
    }

    /// How much waits, as the holder of this token.
    pub(crate) fn waiting(&self, token: &str) -> WaitingServiceClient<framme_demo::world::Client> {
        self.local().waiting(token).unwrap()
    }

    /// The administrator's token.
    pub(crate) fn administrator(&self) -> String {
        self.administrator.clone()
    }

    fn channel(&self, organisation: u32) -> Channel {
        let request = Enterprise::new(format!("Sender {organisation}"), synthetic_organisation(organisation));
        let issued = self.pki.issue(&request).unwrap();
        let folder = self.database.folder().join(format!("sender-{organisation}"));
        let files = pki::install(&self.pki, &issued, &folder, &folder, &[]).unwrap();
        let tls = TlsStore::load(files, Arc::clone(&self.clock)).unwrap();
        let endpoint = format!("https://{}", self.receiver.addresses().exchange);
        connect::channel(&endpoint, tls, self.config.organisation, Arc::clone(&self.clock)).unwrap()
    }

    /// A transmission with one child in each of these municipalities.
    pub(crate) fn transmission(&self, sequence: u64, municipalities: &[&str]) -> SubmitTransmissionRequest {
        submission(sequence, &self.report(municipalities), self.clock.now())
    }

    pub(crate) fn report(&self, municipalities: &[&str]) -> pb::Report {
        let sample = SampleReport {
            police_district: "Troms".to_owned(),
            children: municipalities
                .iter()
                .map(|number| ((*number).to_owned(), String::new()))
                .collect(),
            urgency: pb::Urgency::Urgent,
            written: self.clock.now() - 1.minute(),
        };
        let mut report = self.samples.lock().unwrap().report(&sample);
        fill_child_ids(&mut report);
        report
    }

    /// Submits as the police, and returns the receipt.
    pub(crate) async fn submit(&self, request: &SubmitTransmissionRequest) -> String {
        let mut exchange = self.exchange(POLICE);
        exchange
            .submit_transmission(request.clone())
            .await
            .unwrap()
            .into_inner()
            .receipt
    }

    /// Gives a child to a caseworker as the intake leader.
    pub(crate) async fn assign(
        &self,
        request: &SubmitTransmissionRequest,
        child: usize,
        to: &str,
    ) -> Result<ChildChanged, Status> {
        let request = AssignChildRequest {
            change: Some(change(request, child)),
            caseworker_staff_id: to.to_owned(),
            known_to_service: 0,
        };
        let answer = self.work_list(&self.leader).assign_child(request).await?;
        Ok(answer.into_inner().changed.unwrap())
    }

    /// Everything that the police have been sent so far, verified and chained.
    pub(crate) async fn receipts(&self) -> Vec<framme_shared::domain::receipt::ReceiptClaims> {
        let sender = synthetic_organisation(POLICE);
        let rows = framme_receiver::store::receipt::after(self.core().db.reader(), &sender, 0, 10_000)
            .await
            .unwrap();
        verified(self, sender, rows.into_iter().map(|row| row.jws))
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        self.receiver.core()
    }
}

/// Verifies receipts from the first, and that each follows the one before.
pub(crate) fn verified(
    receiving: &Receiving,
    sender: OrganisationNumber,
    receipts: impl Iterator<Item = String>,
) -> Vec<framme_shared::domain::receipt::ReceiptClaims> {
    use framme_shared::domain::{
        jws::TrustedIssuers,
        receipt::{ChainHead, Pair, ReceiptVerifier},
    };
    let roots = std::fs::read(&receiving.config.tls.trust).unwrap();
    let lists = std::fs::read(&receiving.config.tls.crls[0]).unwrap();
    let verifier = ReceiptVerifier::new(TrustedIssuers::from_pem(&roots, &lists).unwrap());
    let pair = Pair {
        sender,
        receiver: receiving.config.organisation,
    };
    let mut head = ChainHead::START;
    receipts
        .map(|jws| {
            let receipt = verifier.verify(&jws, &pair, receiving.clock.now()).unwrap();
            head = head.follow(&receipt).unwrap();
            receipt.into_claims()
        })
        .collect()
}

pub(crate) fn member(id: &str, role: StaffRole, areas: &[&str]) -> StaffMember {
    StaffMember {
        staff_id: id.to_owned(),
        name: format!("Ansatt Oppdiktet {id}"),
        roles: vec![role.into()],
        active: true,
        municipalities: areas.iter().map(|area| (*area).to_owned()).collect(),
    }
}

pub(crate) fn submission(sequence: u64, report: &pb::Report, at: jiff::Timestamp) -> SubmitTransmissionRequest {
    let content = report.encode_to_vec();
    SubmitTransmissionRequest {
        transmission_id: new_id(),
        sequence,
        content_sha256: Digest::of(&content).as_bytes().to_vec().into(),
        content: content.into(),
        submitted_time: Some(to_pb(at)),
        last_receipt_sequence: 0,
        redirected_from_transmission_id: String::new(),
    }
}

/// The report inside a transmission.
pub(crate) fn report_of(request: &SubmitTransmissionRequest) -> pb::Report {
    pb::Report::decode(request.content.clone()).unwrap()
}

/// A new request about this child of a transmission.
pub(crate) fn change(request: &SubmitTransmissionRequest, child: usize) -> ChildChange {
    ChildChange {
        request_id: new_id(),
        transmission_id: request.transmission_id.clone(),
        child_id: report_of(request).children[child].child_id.clone(),
        on_behalf_of_staff_id: String::new(),
    }
}

pub(crate) fn new_id() -> String {
    OsRandom.new_uuid().to_string()
}

/// The reason of a refusal.
pub(crate) fn reason<T: std::fmt::Debug>(refused: Result<T, Status>) -> pb::ErrorReason {
    Received::from_status(&refused.unwrap_err()).reason.unwrap()
}

fn config(database: &TestDatabase, pki: &Pki) -> Config {
    let issued = pki.enterprise(synthetic_organisation(RECEIVER)).unwrap();
    let folder = database.folder();
    let tls = pki::install(pki, &issued, &folder.join("tls"), &folder.join("trust"), &[]).unwrap();
    let peer = |index| PeerConfig {
        organisation: synthetic_organisation(index),
        issuers: Vec::new(),
    };
    Config {
        organisation: synthetic_organisation(RECEIVER),
        production: false,
        log_format: LogFormat::Text,
        database: database.config().clone(),
        tls,
        tls_reload_seconds: 3_600,
        exchange: ExchangeConfig {
            address: "127.0.0.1:0".parse().unwrap(),
            limits: ServeLimits::default(),
        },
        local: LocalConfig {
            address: "127.0.0.1:0".parse().unwrap(),
            tls: None,
            limits: ServeLimits::local(),
        },
        attachments: Limits::default(),
        figures: FiguresConfig::default(),
        statements: Schedule::default(),
        notification: Default::default(),
        contacts: Vec::new(),
        serves: Vec::new(),
        readiness: ReadinessConfig {
            enabled: false,
            ..ReadinessConfig::default()
        },
        clocks: ClockPolicy::default(),
        escalation: LaddersInConfig::default(),
        peers: vec![peer(POLICE), peer(OTHER_POLICE)],
    }
}

/// As `receiver credential issue --direct` does.
pub(crate) async fn first_administrator(core: &Core) -> String {
    use framme_receiver::{credentials, staff::EnsureAdministrator, store::credential::CredentialKind as Kind};
    let staff: framme_shared::domain::staff_id::StaffId = ADMINISTRATOR.parse().unwrap();
    let keys = Arc::clone(&core.keys);
    let change = EnsureAdministrator {
        staff: staff.clone(),
        keys,
    };
    core.db.change(change).await.unwrap();
    let until = core.clock.now() + 24.hours();
    let issued = credentials::issue(core.random.as_ref(), Kind::Person, staff, until, "test".to_owned());
    core.db.change(issued.change).await.unwrap().unwrap();
    issued.token.expose().to_owned()
}
