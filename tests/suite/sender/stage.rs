//! A sender's parts on a stage: its database, its local interface, and receivers that the test plays. Time stands still
//! unless the test moves it, and workers do what their steps do.

use std::{sync::Arc, time::Duration};

use framme_demo::{
    pki::{self, Pki},
    samples::{SampleReport, Samples},
};
use framme_sender::{
    config::{ConfirmationConfig, DrillConfig, LettersConfig, OutboxConfig, ReadinessConfig, ReceiverConfig},
    context::Context,
    credentials::IssueCredential,
    directory::{Current, TakeDirectory, short_form},
    drill::{DrillWorker, Drills},
    figures::{Receivers, Sources},
    followers::Followers,
    grpc::{Api, authorisation::Role},
    holding::{self, HoldingWorker},
    letters::{self, LetterWorker},
    outbox::{self, OutboxWorker},
    peer::Peer,
    readiness::ReadinessWorker,
    signing::Signing,
    statements::{self, StatementWorker},
    store::{SCHEMA, credential::NewCredential, delivery, view},
    tracking::{self, TrackingWorker},
    window::Windows,
};
use framme_shared::{
    db::{
        Change, StoreError, Tx,
        deadlines::Rules,
        tasks::{self, Task},
    },
    domain::{
        clocks::ClockPolicy,
        digest::Digest,
        escalation::Ladders,
        figures::Promise,
        holding::Schedule,
        ids::{CredentialId, ReportId},
        municipality::Area,
        organisation::OrganisationNumber,
        receipt::Pair,
        retry::Backoff,
        statement::{self, Side},
    },
    runtime::{
        clock::{Clock, ManualClock},
        random::{Random, SeededRandom},
        shutdown::Shutdown,
        tls::TlsFiles,
        trust::ReceiptTrust,
        validity::{USUAL_DAYS, expiry},
    },
    wire::pb::{
        report::{Report, Urgency},
        sender::{
            SubmitReportRequest, SubmitReportResponse, evidence_service_client::EvidenceServiceClient,
            figures_service_client::FiguresServiceClient, letter_service_client::LetterServiceClient,
            readiness_service_client::ReadinessServiceClient, sender_service_client::SenderServiceClient,
        },
    },
};
use framme_tests::database::TestDatabase;
use jiff::{SignedDuration, Timestamp};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{
    Request, Status,
    service::interceptor::InterceptedService,
    transport::{Channel, Endpoint, Server},
};

use super::receiver::PlayedReceiver;

/// Tromsø, served by the first receiver.
pub(crate) const TROMSO: &str = "5501";
/// Harstad, served by the second.
pub(crate) const HARSTAD: &str = "5503";

const DISTRICT: &str = "Troms";

pub(crate) type Caller = fn(Request<()>) -> Result<Request<()>, Status>;
/// A caller of the local interface.
pub(crate) type Local = SenderServiceClient<InterceptedService<Channel, Caller>>;

/// A caller of the local interface who wants signed figures.
pub(crate) type LocalFigures = FiguresServiceClient<InterceptedService<Channel, Caller>>;

/// The stage.
pub(crate) struct Stage {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) context: Arc<Context>,
    pub(crate) first: Arc<PlayedReceiver>,
    pub(crate) second: Arc<PlayedReceiver>,
    pub(crate) pki: Pki,
    /// The sender's certificate, and whom it believes.
    pub(crate) tls: TlsFiles,
    pub(crate) peers: [Peer; 2],
    local: String,
    samples: Samples,
    /// Gone when dropped.
    pub(crate) database: TestDatabase,
}

impl Stage {
    pub(crate) async fn set(database: TestDatabase) -> Self {
        Self::set_with(database, false).await
    }

    /// With drills by the program itself.
    pub(crate) async fn set_with(database: TestDatabase, scheduled: bool) -> Self {
        let clock = Arc::new(ManualClock::new("2026-03-02T08:00:00Z".parse().unwrap()));
        let pki = Pki::new(clock.now()).unwrap();
        let sender = pki::POLICE_DISTRICT.number();
        let [one, other, _] = pki::RECEIVERS.map(|receiver| receiver.number());
        let tls = files(&pki, &database, sender);
        let trust = ReceiptTrust::load(&tls).unwrap();
        let first = PlayedReceiver::start(&pki, Pair { sender, receiver: one }, clock.clone()).await;
        let second = PlayedReceiver::start(
            &pki,
            Pair {
                sender,
                receiver: other,
            },
            clock.clone(),
        )
        .await;

        let opened = database.open_with(&SCHEMA, clock.clone()).await;
        for (role, holder) in [
            (Role::Desk, "desk-1"),
            (Role::Officer, "officer-1"),
            (Role::System, "police-system"),
        ] {
            opened.change(issue(role, holder, clock.now())).await.unwrap();
        }
        let directory = short_form(&[serving(one, TROMSO), serving(other, HARSTAD)]).unwrap();
        let take = TakeDirectory::new(&directory, None);
        opened.change(take).await.unwrap();
        let outbox = OutboxConfig::default();
        let context = Arc::new(Context {
            tell_answered: Arc::default(),
            database: opened,
            keys: database.master_keys(),
            clock: clock.clone(),
            random: Arc::new(SeededRandom::new(7)),
            figures: Sources {
                promise: Promise::default(),
                receivers: Receivers::default(),
            },
            signing: Arc::new(Signing::load(tls.certificate.clone(), tls.key.clone(), sender).unwrap()),
            organisation: sender,
            production: false,
            max_attachment_bytes: 100 * 1024 * 1024,
            directory: Current::new(directory),
            followers: Followers::default(),
            windows: Windows::new(outbox.in_flight, outbox.lease()),
            deadlines: Arc::new(Rules {
                policy: ClockPolicy::default(),
                ladders: Ladders::default_of(Side::Sender),
                announce: false,
                contacts: None,
            }),
            confirmation: Schedule::default(),
            letters: LettersConfig::default(),
            readiness: ReadinessConfig::default(),
            drills: Drills {
                config: DrillConfig {
                    scheduled,
                    ..DrillConfig::default()
                },
            },
        });
        for receiver in [&first, &second] {
            context.windows.open(receiver.pair.receiver);
            context
                .figures
                .receivers
                .insert(receiver.pair.receiver, lazily(receiver));
        }
        let peers = [&first, &second].map(|receiver| Peer::new(receiver.pair, lazily(receiver), Arc::clone(&trust)));
        let local = serve_local(Arc::clone(&context)).await;
        Self {
            clock,
            context,
            first,
            second,
            pki,
            tls,
            peers,
            local,
            samples: Samples::new(1),
            database,
        }
    }

    /// As a person at the desk.
    pub(crate) fn desk(&self) -> Local {
        self.caller(|request| with_token(request, "desk-1"))
    }

    /// As a police officer.
    pub(crate) fn officer(&self) -> Local {
        self.caller(|request| with_token(request, "officer-1"))
    }

    /// As a police system.
    pub(crate) fn system(&self) -> Local {
        self.caller(|request| with_token(request, "police-system"))
    }

    /// As somebody without a credential.
    pub(crate) fn stranger(&self) -> Local {
        self.caller(|request| with_token(request, "nobody"))
    }

    /// Signed figures, as the holder of this token.
    pub(crate) fn figures(&self, caller: Caller) -> LocalFigures {
        let channel = Endpoint::from_shared(self.local.clone()).unwrap().connect_lazy();
        FiguresServiceClient::with_interceptor(channel, caller)
    }

    /// Exports evidence, as a person at the desk.
    pub(crate) fn evidence(&self) -> EvidenceServiceClient<InterceptedService<Channel, Caller>> {
        let channel = Endpoint::from_shared(self.local.clone()).unwrap().connect_lazy();
        EvidenceServiceClient::with_interceptor(channel, |request| with_token(request, "desk-1"))
    }

    /// Letters, as the holder of this token.
    pub(crate) fn letters(&self, caller: Caller) -> LetterServiceClient<InterceptedService<Channel, Caller>> {
        let channel = Endpoint::from_shared(self.local.clone()).unwrap().connect_lazy();
        LetterServiceClient::with_interceptor(channel, caller)
    }

    /// Asks this receiver about all letters that are due.
    pub(crate) async fn ask_about_letters(&self, receiver: usize) {
        let peer = self.peers[receiver].clone();
        let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60)).unwrap();
        let mut worker = LetterWorker::new(Arc::clone(&self.context), peer, &LettersConfig::default(), backoff);
        for _ in 0..10 {
            if matches!(worker.step().await.unwrap(), letters::Step::Idle { .. }) {
                return;
            }
        }
        panic!("the questions never come to an end");
    }

    fn caller(&self, caller: Caller) -> Local {
        let channel = Endpoint::from_shared(self.local.clone()).unwrap().connect_lazy();
        SenderServiceClient::with_interceptor(channel, caller)
    }

    /// A new report about children in these municipalities.
    pub(crate) fn report(&mut self, municipalities: &[&str], urgency: Urgency) -> Report {
        let sample = SampleReport {
            police_district: DISTRICT.to_owned(),
            children: municipalities
                .iter()
                .map(|number| ((*number).to_owned(), String::new()))
                .collect(),
            urgency,
            written: self.clock.now(),
        };
        self.samples.report(&sample)
    }

    /// Submits a new report as a police system does.
    pub(crate) async fn submit(&mut self, municipalities: &[&str], urgency: Urgency) -> ReportId {
        let report = self.report(municipalities, urgency);
        let id = ReportId::parse(&report.report_id).unwrap();
        self.send(report).await.unwrap();
        id
    }

    /// Submits this report as a police system does.
    pub(crate) async fn send(&self, report: Report) -> Result<SubmitReportResponse, Status> {
        let request = SubmitReportRequest { report: Some(report) };
        self.system()
            .submit_report(request)
            .await
            .map(tonic::Response::into_inner)
    }

    /// Where a report is.
    pub(crate) async fn view(&self, report: &ReportId) -> view::ReportView {
        view::look_up(self.context.database.reader(), report)
            .await
            .unwrap()
            .unwrap()
    }

    /// The worker that delivers to the first (0) or second (1) receiver.
    pub(crate) fn outbox(&self, receiver: usize) -> OutboxWorker {
        let config = OutboxConfig::default();
        OutboxWorker::new(Arc::clone(&self.context), self.peers[receiver].clone(), &config)
    }

    /// The worker that follows the first (0) or second (1) receiver's receipts.
    pub(crate) fn tracking(&self, receiver: usize) -> TrackingWorker {
        TrackingWorker::new(
            Arc::clone(&self.context),
            self.peers[receiver].clone(),
            Backoff::default(),
        )
    }

    /// The worker that asks the first (0) or second (1) receiver whether it still holds what it has confirmed.
    pub(crate) fn holding(&self, receiver: usize) -> HoldingWorker {
        let config = ConfirmationConfig::default();
        let peer = self.peers[receiver].clone();
        HoldingWorker::new(Arc::clone(&self.context), peer, &config, Backoff::default())
    }

    /// The worker that asks the first (0) or second (1) receiver whether somebody could open.
    pub(crate) fn readiness(&self, receiver: usize) -> ReadinessWorker {
        let address = [&self.first, &self.second][receiver].address.clone();
        ReadinessWorker::new(
            Arc::clone(&self.context),
            self.receiver_number(receiver),
            Endpoint::from_shared(address).unwrap().connect_lazy(),
            ReadinessConfig::default(),
        )
    }

    /// The worker of this receiver's drills.
    pub(crate) fn drills(&self, receiver: usize) -> DrillWorker {
        DrillWorker::new(Arc::clone(&self.context), self.peers[receiver].clone())
    }

    /// Drills by hand, as a person at the desk.
    pub(crate) fn drilling(&self) -> ReadinessServiceClient<InterceptedService<Channel, Caller>> {
        let channel = Endpoint::from_shared(self.local.clone()).unwrap().connect_lazy();
        ReadinessServiceClient::with_interceptor(channel, |request| with_token(request, "desk-1"))
    }

    /// Asks this receiver everything that is due.
    pub(crate) async fn ask(&self, receiver: usize) {
        let mut worker = self.holding(receiver);
        for _ in 0..100 {
            if matches!(worker.step().await.unwrap(), holding::Step::Idle { .. }) {
                return;
            }
        }
        panic!("the questions never come to an end");
    }

    /// The worker that states each day to the first (0) or second (1) receiver.
    pub(crate) fn statements(&self, receiver: usize) -> StatementWorker {
        let address = [&self.first, &self.second][receiver].address.clone();
        StatementWorker::new(
            Arc::clone(&self.context),
            self.peers[receiver].clone(),
            Endpoint::from_shared(address).unwrap().connect_lazy(),
            statement::Schedule::default(),
            Backoff::default(),
        )
    }

    /// Makes, exchanges and compares statements until nothing is due.
    pub(crate) async fn exchange_statements(&self, receiver: usize) {
        let mut worker = self.statements(receiver);
        while worker.step().await.unwrap() == statements::Step::Worked {}
    }

    /// The open tasks as kind and subject.
    pub(crate) async fn tasks(&self) -> Vec<(String, String)> {
        let open = tasks::page(self.context.database.reader(), 0, false, 1_000).await;
        let about = |task: Task| (task.kind, task.subject);
        open.unwrap().into_iter().map(about).collect()
    }

    /// Delivers everything that is due to this receiver.
    pub(crate) async fn deliver(&self, receiver: usize) {
        drain(&mut self.outbox(receiver)).await;
    }

    /// Takes in what the receiver has stated, until it is quiet.
    pub(crate) async fn track(&self, receiver: usize) {
        let mut worker = self.tracking(receiver);
        let stated = [&self.first, &self.second][receiver].stated();
        for _ in 0..20 {
            if matches!(worker.step().await.unwrap(), tracking::Step::Idle { .. }) {
                return;
            }
            let reader = self.context.database.reader();
            let row = framme_sender::store::receiver::look_up(reader, &self.peers[receiver].organisation()).await;
            if row.unwrap().unwrap().last_receipt == stated {
                return;
            }
        }
        panic!("the receiver is never quiet");
    }

    pub(crate) fn receiver_number(&self, receiver: usize) -> OrganisationNumber {
        self.peers[receiver].organisation()
    }
}

/// Steps a worker until nothing is due.
pub(crate) async fn drain(worker: &mut OutboxWorker) {
    for _ in 0..1_000 {
        if matches!(worker.step().await.unwrap(), outbox::Step::Idle { .. }) {
            return;
        }
    }
    panic!("the outbox never comes to rest");
}

/// Fails a test that would otherwise hang.
pub(crate) async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), work)
        .await
        .expect("this should not take long")
}

fn serving(organisation: OrganisationNumber, municipality: &str) -> ReceiverConfig {
    ReceiverConfig {
        organisation,
        endpoint: "https://127.0.0.1:1".to_owned(),
        municipalities: vec![Area::parse(municipality).unwrap()],
    }
}

fn lazily(receiver: &PlayedReceiver) -> Channel {
    Endpoint::from_shared(receiver.address.clone()).unwrap().connect_lazy()
}

fn issue(role: Role, holder: &str, now: Timestamp) -> IssueCredential {
    let id = CredentialId::from_uuid(SeededRandom::new(holder.len() as u64).new_uuid()).unwrap();
    IssueCredential {
        new: NewCredential {
            credential: id,
            kind: "token",
            secret_sha256: Digest::of(holder.as_bytes()),
            role,
            holder: holder.parse().unwrap(),
            expires_at: expiry(now, USUAL_DAYS),
        },
        by: "test".to_owned(),
    }
}

pub(crate) fn with_token(mut request: Request<()>, token: &str) -> Result<Request<()>, Status> {
    request
        .metadata_mut()
        .insert("authorization", format!("Bearer {token}").parse().unwrap());
    Ok(request)
}

fn files(pki: &Pki, database: &TestDatabase, sender: OrganisationNumber) -> TlsFiles {
    let issued = pki.enterprise(sender).unwrap();
    let folder = database.folder();
    pki::install(pki, &issued, &folder.join("tls"), &folder.join("trust"), &[]).unwrap()
}

async fn serve_local(context: Arc<Context>) -> String {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", socket.local_addr().unwrap());
    let api = Api::new(context, Shutdown::new());
    let server = Server::builder()
        .add_service(api.clone().service())
        .add_service(api.clone().figures_service())
        .add_service(api.clone().letter_service())
        .add_service(api.clone().readiness_service())
        .add_service(api.evidence_service());
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(socket)));
    address
}

impl Stage {
    /// Claims what is due, one lease after the other, without delivering it.
    pub(crate) async fn claim_one_by_one(&self, receiver: usize) -> Vec<ReportId> {
        let mut claimed = Vec::new();
        loop {
            let claim = ClaimOne(self.receiver_number(receiver));
            match self.context.database.change(claim).await.unwrap() {
                Some(report) => claimed.push(report),
                None => return claimed,
            }
        }
    }
}

struct ClaimOne(OrganisationNumber);

impl Change for ClaimOne {
    type Outcome = Option<ReportId>;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Option<ReportId>, StoreError> {
        let at = tx.at();
        let until = at + SignedDuration::from_secs(30);
        let claimed = delivery::claim(tx.conn(), &self.0, "test", until, 1, at).await?;
        Ok(claimed.first().map(|claimed| claimed.delivery.report))
    }
}
