//! A real receiver in this process, and what a sender would ask of it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use framme_demo::{
    pki::{Issued, synthetic_organisation},
    samples::{SampleReport, Samples},
};
use framme_receiver::{
    Receiver,
    config::{Config, ExchangeConfig, FiguresConfig, Limits, LocalConfig, PeerConfig, ReadinessConfig},
    store::{SCHEMA, receipt},
};
use framme_shared::{
    db::Database,
    domain::{
        clocks::ClockPolicy,
        digest::Digest,
        escalation::LaddersInConfig,
        receipt::{ChainHead, Pair, ReceiptClaims},
        statement::Schedule,
    },
    runtime::{
        random::{OsRandom, Random as _},
        serve::ServeLimits,
        telemetry::LogFormat,
    },
    wire::{
        pb::{
            exchange::{SubmitTransmissionRequest, UploadAttachmentRequest},
            report::{Attachment, AttachmentChunk, AttachmentUploadHeader, Report, Urgency, attachment_chunk::Part},
        },
        report::fill_child_ids,
        time::to_pb,
    },
};
use framme_tests::database::TestDatabase;
use jiff::ToSpan as _;
use prost::Message as _;
use tonic::{codegen::Bytes, transport::Channel};

use super::{OTHER_POLICE, POLICE, RECEIVER, TROMSO, authorities::Authorities};

/// The receiver. Two police districts may send to it.
pub(crate) struct RealReceiver {
    pub(crate) authorities: Arc<Authorities>,
    pub(crate) organisation: u32,
    pub(crate) receiver: Receiver,
    pub(crate) police: Issued,
    /// Gone when dropped.
    pub(crate) database: TestDatabase,
    samples: Mutex<Samples>,
    /// The last number given to a transmission of the police.
    last_number: AtomicU64,
}

impl RealReceiver {
    pub(crate) async fn start(authorities: &Arc<Authorities>, database: TestDatabase) -> Self {
        Self::start_as(RECEIVER, authorities, database).await
    }

    /// Another organisation's.
    pub(crate) async fn start_as(organisation: u32, authorities: &Arc<Authorities>, database: TestDatabase) -> Self {
        let clock = Arc::clone(&authorities.clock);
        let config = config(organisation, authorities, &database);
        Database::migrate(&config.database, &SCHEMA, clock.now()).await.unwrap();
        let receiver = Receiver::start(config, clock, Arc::new(OsRandom)).await.unwrap();
        Self {
            authorities: Arc::clone(authorities),
            organisation,
            receiver,
            police: authorities.issue(POLICE),
            database,
            samples: Samples::new(1).into(),
            last_number: AtomicU64::new(0),
        }
    }

    /// Where its exchange listens.
    pub(crate) fn address(&self) -> &str {
        &self.receiver.addresses().exchange
    }

    /// A new connection of the police, to this address.
    pub(crate) fn police_at(&self, address: &str) -> Channel {
        self.authorities
            .channel("police", &self.police, address, self.organisation)
    }

    /// A new connection of the police.
    pub(crate) fn police(&self) -> Channel {
        self.police_at(self.address())
    }

    /// A new connection of another organisation.
    pub(crate) fn organisation(&self, organisation: u32) -> Channel {
        let issued = self.authorities.issue(organisation);
        let name = format!("organisation-{organisation}");
        self.authorities
            .channel(&name, &issued, self.address(), self.organisation)
    }

    /// A report about a child, and the id of the transmission that it could go with.
    pub(crate) fn report(&self) -> Report {
        let sample = SampleReport {
            police_district: "Troms".to_owned(),
            children: vec![(TROMSO.to_owned(), String::new()); 2],
            urgency: Urgency::Urgent,
            written: self.authorities.clock.now() - 1.minute(),
        };
        let mut report = self.samples.lock().unwrap().report(&sample);
        fill_child_ids(&mut report);
        report
    }

    /// The next transmission of the police.
    pub(crate) fn transmission(&self) -> SubmitTransmissionRequest {
        let sequence = self.last_number.fetch_add(1, Ordering::Relaxed) + 1;
        submission(&new_id(), sequence, &self.report(), self.authorities.clock.now())
    }

    /// Every receipt for an organisation, as stored.
    pub(crate) async fn receipts_for(&self, organisation: u32) -> Vec<String> {
        let sender = synthetic_organisation(organisation);
        let rows = receipt::after(self.receiver.core().db.reader(), &sender, 0, 100_000).await;
        rows.unwrap().into_iter().map(|receipt| receipt.jws).collect()
    }

    /// What it has stated to the police, verified and chained from the first receipt.
    pub(crate) async fn stated(&self) -> Vec<ReceiptClaims> {
        let verifier = self.authorities.verifier();
        let pair = Pair {
            sender: synthetic_organisation(POLICE),
            receiver: synthetic_organisation(self.organisation),
        };
        let mut head = ChainHead::START;
        let receipts = self.receipts_for(POLICE).await.into_iter();
        receipts
            .map(|jws| {
                let receipt = verifier.verify(&jws, &pair, self.authorities.clock.now()).unwrap();
                head = head.follow(&receipt).unwrap();
                receipt.into_claims()
            })
            .collect()
    }

    /// How many entries of this kind the ledger has; of every kind when it is empty.
    pub(crate) async fn ledger(&self, kind: &str) -> i64 {
        let counted = sqlx::query_scalar("SELECT COUNT(*) FROM ledger WHERE kind = $1 OR $1 = ''")
            .bind(kind.to_owned())
            .fetch_one(self.receiver.core().db.reader())
            .await;
        counted.unwrap()
    }
}

/// What hands over this report.
pub(crate) fn submission(id: &str, sequence: u64, report: &Report, at: jiff::Timestamp) -> SubmitTransmissionRequest {
    let content = report.encode_to_vec();
    SubmitTransmissionRequest {
        transmission_id: id.to_owned(),
        sequence,
        content_sha256: Digest::of(&content).as_bytes().to_vec().into(),
        content: content.into(),
        submitted_time: Some(to_pb(at)),
        last_receipt_sequence: 0,
        redirected_from_transmission_id: String::new(),
    }
}

/// The messages of an upload of these bytes.
pub(crate) fn upload(owner: &str, file: &Attachment, bytes: &[u8]) -> Vec<Bytes> {
    let header = AttachmentUploadHeader {
        owner_id: owner.to_owned(),
        attachment_id: file.attachment_id.clone(),
        size_bytes: bytes.len() as u64,
        sha256: Digest::of(bytes).as_bytes().to_vec().into(),
        offset: 0,
    };
    let data = bytes.chunks(16 * 1024).map(|chunk| Part::Data(chunk.to_vec().into()));
    [Part::Header(header)]
        .into_iter()
        .chain(data)
        .map(|part| {
            let chunk = Some(AttachmentChunk { part: Some(part) });
            encoded(&UploadAttachmentRequest { chunk })
        })
        .collect()
}

pub(crate) fn encoded(message: &impl prost::Message) -> Bytes {
    message.encode_to_vec().into()
}

pub(crate) fn new_id() -> String {
    OsRandom.new_uuid().to_string()
}

fn config(organisation: u32, authorities: &Authorities, database: &TestDatabase) -> Config {
    let peer = |index| PeerConfig {
        organisation: synthetic_organisation(index),
        issuers: Vec::new(),
    };
    Config {
        organisation: synthetic_organisation(organisation),
        production: false,
        log_format: LogFormat::Text,
        database: database.config().clone(),
        tls: authorities.files(&format!("receiver-{organisation}"), &authorities.issue(organisation)),
        tls_reload_seconds: 1,
        exchange: ExchangeConfig {
            address: "127.0.0.1:0".parse().unwrap(),
            limits: ServeLimits {
                // Some tests let hours pass at once.
                connection_age: Duration::from_secs(86_400),
                ..ServeLimits::default()
            },
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
