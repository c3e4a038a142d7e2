//! A receiver that serves the exchange over mutual TLS with our limits, and answers and states what the test wants.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use framme_demo::pki::{Issued, synthetic_organisation};
use framme_receiver::{config::PeerConfig, grpc::ExchangeGate};
use framme_shared::{
    domain::{
        digest::Digest,
        ids::{ChildId, ReportId, TransmissionId},
        receipt::{ChainHead, Pair, ReceiptClaims, ReceiptSigner, Software, StatedBy, Statement},
        staff_role::{StaffReference, StaffRole},
    },
    runtime::{
        serve::{Listener, ServeLimits, Service, serve},
        shutdown::Shutdown,
        standard::standard_services,
        tls::TlsStore,
    },
    wire::{
        pb::{
            DESCRIPTORS,
            exchange::{
                ConfirmReceiptsRequest, ConfirmReceiptsResponse, GetAttachmentUploadRequest,
                GetAttachmentUploadResponse, StreamReceiptsRequest, StreamReceiptsResponse, SubmitTransmissionRequest,
                SubmitTransmissionResponse, UploadAttachmentRequest, UploadAttachmentResponse,
                WithdrawTransmissionRequest, WithdrawTransmissionResponse,
                exchange_service_server::{ExchangeService, ExchangeServiceServer},
                stream_receipts_response::Event,
            },
            report::Report,
        },
        status::Failure,
    },
};
use futures::stream::BoxStream;
use prost::Message as _;
use tokio::sync::watch;
use tonic::{Request, Response, Status, Streaming};

use super::{POLICE, authorities::Authorities};

/// Longer than any test: a call that hangs goes on hanging.
const NEVER: Duration = Duration::from_secs(3_600);

/// How submissions are answered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers {
    /// Truthfully.
    Truth,
    /// With a receipt that another key has signed.
    Forgery,
    /// Never.
    Never,
}

pub(crate) struct Hostile {
    pub(crate) pair: Pair,
    pub(crate) address: String,
    authorities: Arc<Authorities>,
    signer: ReceiptSigner,
    state: Mutex<State>,
    stated: watch::Sender<usize>,
}

struct State {
    answers: Answers,
    arrived: Vec<SubmitTransmissionRequest>,
    head: ChainHead,
    receipts: Vec<String>,
    confirmed: u64,
}

impl Hostile {
    /// Serves with this certificate, which should be of the organisation that it claims to be.
    pub(crate) async fn start(authorities: &Arc<Authorities>, organisation: u32, certificate: &Issued) -> Arc<Self> {
        let tls = TlsStore::load(
            authorities.files("hostile", certificate),
            Arc::clone(&authorities.clock),
        );
        let listener = Listener::exchange("127.0.0.1:0".parse().unwrap(), tls.unwrap())
            .await
            .unwrap();
        let hostile = Arc::new(Self {
            pair: Pair {
                sender: synthetic_organisation(POLICE),
                receiver: synthetic_organisation(organisation),
            },
            address: listener.address().unwrap().to_string(),
            authorities: Arc::clone(authorities),
            signer: authorities.signer(&authorities.issue(organisation)),
            state: Mutex::new(State {
                answers: Answers::Truth,
                arrived: Vec::new(),
                head: ChainHead::START,
                receipts: Vec::new(),
                confirmed: 0,
            }),
            stated: watch::Sender::new(0),
        });
        let standard = standard_services(DESCRIPTORS).unwrap();
        let peers = vec![PeerConfig {
            organisation: hostile.pair.sender,
            issuers: Vec::new(),
        }];
        let exchange = ExchangeServiceServer::new(Exchange(Arc::clone(&hostile)));
        let service = Service {
            routes: standard.routes.add_service(exchange),
            gate: Arc::new(ExchangeGate::new(peers)),
            limits: ServeLimits {
                request_timeout: NEVER,
                ..ServeLimits::default()
            },
            streaming: standard.streaming,
            clock: Arc::clone(&authorities.clock),
        };
        tokio::spawn(serve(listener, service, Shutdown::new()));
        hostile
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn set(&self, answers: Answers) {
        self.state().answers = answers;
    }

    pub(crate) fn arrived(&self) -> usize {
        self.state().arrived.len()
    }

    pub(crate) fn confirmed(&self) -> u64 {
        self.state().confirmed
    }

    /// What would truthfully be stated next about the first transmission: that its child is assigned.
    pub(crate) fn assigned(&self) -> ReceiptClaims {
        let state = self.state();
        let about = &state.arrived[0];
        let child = Report::decode(about.content.clone()).unwrap().children.remove(0);
        let caseworker = StaffReference {
            role: StaffRole::Caseworker,
            staff: "cw-1".parse().unwrap(),
        };
        ReceiptClaims {
            child: Some(ChildId::parse(&child.child_id).unwrap()),
            stated_by: StatedBy::Person(caseworker.clone()),
            statement: Statement::Assigned(caseworker),
            ..self.stored(&state, about)
        }
    }

    fn stored(&self, state: &State, about: &SubmitTransmissionRequest) -> ReceiptClaims {
        let report = Report::decode(about.content.clone()).unwrap();
        ReceiptClaims {
            pair: self.pair,
            sequence: state.head.next_sequence(),
            previous: state.head.digest(),
            time: self.authorities.clock.now(),
            transmission: TransmissionId::parse(&about.transmission_id).unwrap(),
            report: ReportId::parse(&report.report_id).unwrap(),
            child: None,
            digest: Digest::of(&about.content),
            stated_by: StatedBy::Program {
                program: "receiver".parse().unwrap(),
                on_behalf_of: None,
            },
            statement: Statement::Stored,
            software: Software {
                name: "hostile".to_owned(),
                version: "1".to_owned(),
            },
        }
    }

    /// Signs as it should.
    pub(crate) fn sign(&self, claims: &ReceiptClaims) -> String {
        self.signer.sign(claims).unwrap().into_string()
    }

    /// The same receipt with a signature by another key.
    pub(crate) fn forge(&self, receipt: &str, claims: &ReceiptClaims) -> String {
        let organisation = self.authorities.pki.enterprise(self.pair.receiver).unwrap();
        let other = self
            .authorities
            .signer(&organisation)
            .sign(claims)
            .unwrap()
            .into_string();
        let (signed, _) = receipt.rsplit_once('.').unwrap();
        let (_, signature) = other.rsplit_once('.').unwrap();
        format!("{signed}.{signature}")
    }

    /// Puts this into the stream.
    pub(crate) fn state_bytes(&self, receipt: String) {
        let mut state = self.state();
        state.receipts.push(receipt);
        self.stated.send_replace(state.receipts.len());
    }

    fn store(&self, request: &SubmitTransmissionRequest) -> String {
        let mut state = self.state();
        let known = state
            .arrived
            .iter()
            .filter(|known| known.transmission_id == request.transmission_id);
        assert_eq!(known.count(), 1, "repetitions are for other tests");
        let claims = self.stored(&state, request);
        let receipt = self.signer.sign(&claims).unwrap();
        state.head = state.head.appended(&receipt);
        let receipt = receipt.into_string();
        state.receipts.push(receipt.clone());
        self.stated.send_replace(state.receipts.len());
        receipt
    }
}

struct Exchange(Arc<Hostile>);

#[tonic::async_trait]
impl ExchangeService for Exchange {
    async fn get_attachment_upload(
        &self,
        _: Request<GetAttachmentUploadRequest>,
    ) -> Result<Response<GetAttachmentUploadResponse>, Status> {
        Err(Failure::NotFound.into())
    }

    async fn upload_attachment(
        &self,
        _: Request<Streaming<UploadAttachmentRequest>>,
    ) -> Result<Response<UploadAttachmentResponse>, Status> {
        Err(Failure::PermissionDenied.into())
    }

    async fn submit_transmission(
        &self,
        request: Request<SubmitTransmissionRequest>,
    ) -> Result<Response<SubmitTransmissionResponse>, Status> {
        let request = request.into_inner();
        let answers = {
            let mut state = self.0.state();
            state.arrived.push(request.clone());
            state.answers
        };
        let receipt = match answers {
            Answers::Truth => self.0.store(&request),
            Answers::Forgery => {
                let claims = self.0.stored(&self.0.state(), &request);
                self.0.forge(&self.0.sign(&claims), &claims)
            }
            Answers::Never => std::future::pending().await,
        };
        Ok(Response::new(SubmitTransmissionResponse { receipt }))
    }

    async fn withdraw_transmission(
        &self,
        _: Request<WithdrawTransmissionRequest>,
    ) -> Result<Response<WithdrawTransmissionResponse>, Status> {
        Err(Failure::NotFound.into())
    }

    type StreamReceiptsStream = BoxStream<'static, Result<StreamReceiptsResponse, Status>>;

    async fn stream_receipts(
        &self,
        request: Request<StreamReceiptsRequest>,
    ) -> Result<Response<Self::StreamReceiptsStream>, Status> {
        let position = request.into_inner().after_sequence as usize;
        let (hostile, stated) = (Arc::clone(&self.0), self.0.stated.subscribe());
        let stream = futures::stream::unfold((position, stated), move |(position, mut stated)| {
            let hostile = Arc::clone(&hostile);
            async move {
                stated.wait_for(|stated| *stated > position).await.ok()?;
                let event = Some(Event::Receipt(hostile.state().receipts[position].clone()));
                Some((Ok(StreamReceiptsResponse { event }), (position + 1, stated)))
            }
        });
        Ok(Response::new(Box::pin(stream)))
    }

    async fn confirm_receipts(
        &self,
        request: Request<ConfirmReceiptsRequest>,
    ) -> Result<Response<ConfirmReceiptsResponse>, Status> {
        let sequence = request.into_inner().sequence;
        self.0.state().confirmed = sequence;
        Ok(Response::new(ConfirmReceiptsResponse { sequence }))
    }
}
