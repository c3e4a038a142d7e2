//! A real sender in this process.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use framme_demo::{
    pki::synthetic_organisation,
    samples::{SampleReport, Samples},
    world::{Client, LocalClient},
};
use framme_sender::{
    Config, Sender,
    config::{
        AttachmentLimits, ConfirmationConfig, DrillConfig, FeedbackConfig, FiguresConfig, LocalConfig, OutboxConfig,
        ReadinessConfig, ReceiverConfig, ReconciliationConfig,
    },
    credentials::IssueCredential,
    grpc::authorisation::Role,
    store::{SCHEMA, credential::NewCredential, receiver, view},
};
use framme_shared::{
    db::Database,
    domain::{
        clocks::ClockPolicy,
        digest::Digest,
        escalation::LaddersInConfig,
        ids::{CredentialId, ReportId},
        lifecycle::Stage,
        municipality::Area,
        statement::Schedule,
    },
    runtime::{
        random::{OsRandom, Random as _},
        serve::{LocalAddress, ServeLimits},
        telemetry::LogFormat,
        tls::TrustFiles,
        validity::{USUAL_DAYS, expiry},
    },
    wire::pb::{
        report::{Report, Urgency},
        sender::{
            CloseReportRequest, SubmitReportRequest, WithdrawReportRequest, sender_service_client::SenderServiceClient,
        },
    },
};
use framme_tests::database::TestDatabase;
use futures::StreamExt as _;
use jiff::ToSpan as _;

use super::{POLICE, authorities::Authorities, patiently, receiver::new_id, until};

const DESK: &str = "desk-1";

/// The sender of the police.
pub(crate) struct RealSender {
    pub(crate) sender: Sender,
    authorities: Arc<Authorities>,
    local: LocalClient,
    samples: Mutex<Samples>,
    /// Gone when dropped.
    pub(crate) database: TestDatabase,
}

/// A receiver as the sender is told of it.
pub(crate) struct Known<'a> {
    pub(crate) organisation: u32,
    pub(crate) address: &'a str,
    pub(crate) municipality: &'a str,
}

impl RealSender {
    pub(crate) async fn start(authorities: &Arc<Authorities>, database: TestDatabase, receivers: &[Known<'_>]) -> Self {
        let config = config(authorities, &database, receivers);
        Self::start_as(authorities, database, config).await
    }

    /// With the register in this file.
    pub(crate) async fn start_with_directory(
        authorities: &Arc<Authorities>,
        database: TestDatabase,
        file: &Path,
        look_every: u64,
    ) -> Self {
        let config = Config {
            directory: Some(file.to_owned()),
            tls_reload_seconds: look_every,
            ..config(authorities, &database, &[])
        };
        Self::start_as(authorities, database, config).await
    }

    async fn start_as(authorities: &Arc<Authorities>, database: TestDatabase, config: Config) -> Self {
        let clock = Arc::clone(&authorities.clock);
        Database::migrate(&config.database, &SCHEMA, clock.now()).await.unwrap();
        let local = LocalClient {
            address: config.local.address.clone(),
            trust: TrustFiles {
                trust: config.tls.trust.clone(),
                crls: config.tls.crls.clone(),
            },
            organisation: config.organisation,
        };
        let sender = Sender::start(config, clock, Arc::new(OsRandom)).await.unwrap();
        let credential = IssueCredential {
            new: NewCredential {
                credential: CredentialId::from_uuid(OsRandom.new_uuid()).unwrap(),
                kind: "token",
                secret_sha256: Digest::of(DESK.as_bytes()),
                role: Role::Desk,
                holder: DESK.parse().unwrap(),
                expires_at: expiry(authorities.clock.now(), USUAL_DAYS),
            },
            by: "test".to_owned(),
        };
        sender.context().database.change(credential).await.unwrap();
        Self {
            sender,
            authorities: Arc::clone(authorities),
            local,
            samples: Samples::new(2).into(),
            database,
        }
    }

    /// As a person at the desk.
    pub(crate) fn desk(&self) -> SenderServiceClient<Client> {
        self.local.sender(DESK).unwrap()
    }

    /// Submits a report about a child in this municipality.
    pub(crate) async fn submit(&self, municipality: &str) -> ReportId {
        let report = self.report(municipality);
        self.submit_this(report).await
    }

    /// A report about a child in this municipality.
    pub(crate) fn report(&self, municipality: &str) -> Report {
        let sample = SampleReport {
            police_district: "Troms".to_owned(),
            children: vec![(municipality.to_owned(), String::new())],
            urgency: Urgency::Normal,
            written: self.authorities.clock.now() - 1.minute(),
        };
        self.report_of(&sample)
    }

    /// A report of this sample.
    pub(crate) fn report_of(&self, sample: &SampleReport) -> Report {
        self.samples.lock().unwrap().report(sample)
    }

    pub(crate) async fn submit_this(&self, report: Report) -> ReportId {
        let id = ReportId::parse(&report.report_id).unwrap();
        let request = SubmitReportRequest { report: Some(report) };
        self.desk().submit_report(request).await.unwrap();
        id
    }

    /// Submits so many reports about a child each in this municipality, several at the same time.
    pub(crate) async fn submit_many(&self, count: usize, municipality: &str) -> Vec<ReportId> {
        let sample = SampleReport {
            police_district: "Troms".to_owned(),
            children: vec![(municipality.to_owned(), String::new())],
            urgency: Urgency::Normal,
            written: self.authorities.clock.now() - 1.minute(),
        };
        let reports: Vec<_> = {
            let mut samples = self.samples.lock().unwrap();
            (0..count).map(|_| samples.report(&sample)).collect()
        };
        let desk = self.desk();
        let submitted = futures::stream::iter(reports).map(|report| {
            let desk = desk.clone();
            async move {
                let id = ReportId::parse(&report.report_id).unwrap();
                let request = SubmitReportRequest { report: Some(report) };
                patiently(|| {
                    let (mut desk, request) = (desk.clone(), request.clone());
                    async move { desk.submit_report(request).await }
                })
                .await;
                id
            }
        });
        submitted.buffer_unordered(32).collect().await
    }

    pub(crate) async fn withdraw(&self, report: &ReportId) {
        let request = WithdrawReportRequest {
            report_id: report.to_string(),
            request_id: new_id(),
            reason: "Sendt ved en feil.".to_owned(),
        };
        self.desk().withdraw_report(request).await.unwrap();
    }

    pub(crate) async fn close(&self, report: &ReportId) {
        let request = CloseReportRequest {
            report_id: report.to_string(),
            request_id: new_id(),
            reason: "Tatt på telefon.".to_owned(),
            child_ids: Vec::new(),
            kind: 0,
        };
        self.desk().close_report(request).await.unwrap();
    }

    pub(crate) async fn view(&self, report: &ReportId) -> view::ReportView {
        let reader = self.sender.context().database.reader();
        view::look_up(reader, report).await.unwrap().unwrap()
    }

    /// The stage of a report's one child.
    pub(crate) async fn stage(&self, report: &ReportId) -> Stage {
        self.view(report).await.children().next().unwrap().state.stage()
    }

    /// Returns when the report's one child has come to this stage.
    pub(crate) async fn until_stage(&self, report: &ReportId, stage: Stage) {
        let what = format!("the sender knows the child as {stage:?}");
        until(&what, || async { self.stage(report).await == stage }).await;
    }

    /// Returns when the delivery of the report's one transmission has failed for this reason.
    pub(crate) async fn until_failure(&self, report: &ReportId, failure: &str) {
        until(&format!("the delivery failed with {failure}"), || async {
            self.view(report).await.transmissions[0].last_failure.as_deref() == Some(failure)
        })
        .await;
    }

    pub(crate) async fn receiver(&self, organisation: u32) -> receiver::ReceiverRow {
        let reader = self.sender.context().database.reader();
        let row = receiver::look_up(reader, &synthetic_organisation(organisation)).await;
        row.unwrap().unwrap()
    }
}

fn config(authorities: &Authorities, database: &TestDatabase, receivers: &[Known<'_>]) -> Config {
    Config {
        organisation: synthetic_organisation(POLICE),
        production: false,
        log_format: LogFormat::Text,
        database: database.config().clone(),
        tls: authorities.files("sender", &authorities.issue(POLICE)),
        tls_reload_seconds: 3_600,
        local: LocalConfig {
            address: LocalAddress::Unix(database.folder().join("sender.sock")),
            tls: None,
            limits: ServeLimits::local(),
        },
        outbox: OutboxConfig {
            backoff_base_ms: 20,
            backoff_cap_ms: 200,
            poll_ms: 100,
            // Longer than a test waits for anything: a delivery that hangs goes on hanging.
            lease_seconds: 600,
            ..OutboxConfig::default()
        },
        letters: framme_sender::config::LettersConfig::default(),
        confirmation: ConfirmationConfig {
            poll_ms: 100,
            ..ConfirmationConfig::default()
        },
        feedback: FeedbackConfig {
            tell: vec!["officer".parse().unwrap()],
        },
        attachments: AttachmentLimits::default(),
        reconciliation: ReconciliationConfig {
            scheduled: false,
            second_look_seconds: 0,
            ..ReconciliationConfig::default()
        },
        figures: FiguresConfig::default(),
        statements: Schedule::default(),
        directory: None,
        notification: Default::default(),
        contacts: Vec::new(),
        readiness: ReadinessConfig {
            enabled: false,
            ..ReadinessConfig::default()
        },
        drills: DrillConfig {
            scheduled: false,
            ..DrillConfig::default()
        },
        clocks: ClockPolicy::default(),
        escalation: LaddersInConfig::default(),
        receivers: receivers
            .iter()
            .map(|receiver| ReceiverConfig {
                organisation: synthetic_organisation(receiver.organisation),
                endpoint: format!("https://{}", receiver.address),
                municipalities: vec![Area::parse(receiver.municipality).unwrap()],
            })
            .collect(),
    }
}
