//! A receiver that the test plays: it stores what it gets and states what the test tells it to, truthfully or not.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use framme_demo::pki::Pki;
use framme_shared::{
    domain::{
        digest::Digest,
        ids::{ChildId, ReportId, TransmissionId},
        receipt::{ChainHead, Pair, ReceiptClaims, ReceiptSigner, Software, StatedBy, Statement},
        staff_role::{StaffReference, StaffRole},
        statement::{self, Entry, Receipts, StatementClaims, TallyOfDay, Transmissions, View},
    },
    runtime::clock::{Clock, ManualClock},
    wire::{
        pb::{
            exchange::{
                ConfirmReceiptsRequest, ConfirmReceiptsResponse, ExchangeStatementRequest, ExchangeStatementResponse,
                GetAttachmentUploadRequest, GetAttachmentUploadResponse, StreamReceiptsRequest, StreamReceiptsResponse,
                SubmitTransmissionRequest, SubmitTransmissionResponse, UploadAttachmentRequest,
                UploadAttachmentResponse, WithdrawTransmissionRequest, WithdrawTransmissionResponse,
                exchange_service_server::{ExchangeService, ExchangeServiceServer},
                holding_service_server::HoldingServiceServer,
                letter_service_server::LetterServiceServer,
                readiness_service_server::ReadinessServiceServer,
                statement_service_server::{StatementService, StatementServiceServer},
                stream_receipts_response::Event,
            },
            report::{AttachmentUploadState, Report, attachment_chunk::Part},
        },
        status::Failure,
        time::from_pb,
    },
};
use futures::{StreamExt as _, stream::BoxStream};
use jiff::{Timestamp, civil::Date};
use prost::Message as _;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, Streaming, transport::Server};

/// How the receiver behaves when something is submitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mood {
    /// Stores and answers.
    Good,
    /// Takes the call and never answers.
    Silent,
    /// Stores, and the answer is lost.
    AnswerLost,
    /// Refuses with PERMISSION_DENIED.
    Denies,
}

pub(crate) struct PlayedReceiver {
    pub(crate) pair: Pair,
    pub(crate) address: String,
    clock: Arc<ManualClock>,
    signer: ReceiptSigner,
    state: Mutex<State>,
}

struct State {
    mood: Mood,
    /// In the order of arrival, repetitions included.
    arrived: Vec<SubmitTransmissionRequest>,
    withdrawn: Vec<WithdrawTransmissionRequest>,
    first_receipt: HashMap<String, String>,
    head: ChainHead,
    receipts: Vec<String>,
    confirmed: u64,
    files: HashMap<String, Vec<u8>>,
    questions: Questions,
    letters: LettersState,
    uploads_break_after: Option<usize>,
    /// The sender's statements as they came, and what is answered; refused with UNAVAILABLE while there is nothing.
    statements: Vec<String>,
    answers: Option<StatementAnswers>,
    readiness: Readiness,
}

/// How statements are answered.
pub(crate) type StatementAnswers = Arc<dyn Fn(StatementClaims) -> Result<StatementClaims, Failure> + Send + Sync>;

impl PlayedReceiver {
    pub(crate) async fn start(pki: &Pki, pair: Pair, clock: Arc<ManualClock>) -> Arc<Self> {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Arc::new(Self {
            pair,
            address: format!("http://{}", socket.local_addr().unwrap()),
            clock,
            signer: signer(pki, pair),
            state: Mutex::new(State {
                mood: Mood::Good,
                arrived: Vec::new(),
                withdrawn: Vec::new(),
                first_receipt: HashMap::new(),
                head: ChainHead::START,
                receipts: Vec::new(),
                confirmed: 0,
                files: HashMap::new(),
                questions: Questions::default(),
                letters: LettersState::default(),
                uploads_break_after: None,
                statements: Vec::new(),
                answers: None,
                readiness: Readiness::default(),
            }),
        });
        let service = ExchangeServiceServer::new(Exchange(Arc::clone(&receiver)));
        let statements = StatementServiceServer::new(Exchange(Arc::clone(&receiver)));
        let holdings = HoldingServiceServer::new(Holdings(Arc::clone(&receiver)));
        let readiness = ReadinessServiceServer::new(Ready(Arc::clone(&receiver)));
        let server = Server::builder()
            .add_service(readiness)
            .add_service(service)
            .add_service(statements)
            .add_service(holdings)
            .add_service(LetterServiceServer::new(Letters(Arc::clone(&receiver))));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(socket)));
        receiver
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        self.state().mood = mood;
    }

    /// Uploads break when this many bytes have come, once.
    pub(crate) fn break_upload_after(&self, bytes: usize) {
        self.state().uploads_break_after = Some(bytes);
    }

    /// Answers the sender's statements: with a truthful one after it went through `change`.
    pub(crate) fn answer_statements(
        &self,
        change: impl Fn(StatementClaims) -> Result<StatementClaims, Failure> + Send + Sync + 'static,
    ) {
        self.state().answers = Some(Arc::new(change));
    }

    /// The sender's statements, repetitions included.
    pub(crate) fn statements(&self) -> Vec<String> {
        self.state().statements.clone()
    }

    /// What would truthfully be stated of a day.
    fn statement(&self, day: Date) -> StatementClaims {
        let (state, ends) = (self.state(), statement::bounds(day).unwrap());
        let submitted = |about: &SubmitTransmissionRequest| from_pb(about.submitted_time.as_ref().unwrap()).unwrap();
        let mut held: Vec<&SubmitTransmissionRequest> = state.arrived.iter().collect();
        held.sort_by_key(|about| about.sequence);
        held.dedup_by_key(|about| about.sequence);
        let mut tally = TallyOfDay::default();
        for about in held.iter().filter(|about| ends.contain(submitted(about))) {
            tally.add(&entry(about, submitted(about)));
        }
        let before = held.iter().filter(|about| submitted(about) < ends.until);
        StatementClaims {
            pair: self.pair,
            day,
            time: self.clock.now(),
            transmissions: Transmissions {
                tally: tally.finish(),
                last: before.map(|about| about.sequence).max().unwrap_or(0),
            },
            view: View::Receiver { lacks: Vec::new() },
            receipts: Receipts {
                last: state.head.sequence(),
                head: state.head.digest(),
            },
            software: Software {
                name: "played".to_owned(),
                version: "1".to_owned(),
            },
        }
    }

    /// What arrived, repetitions included.
    pub(crate) fn arrived(&self) -> Vec<SubmitTransmissionRequest> {
        self.state().arrived.clone()
    }

    pub(crate) fn withdrawn(&self) -> Vec<WithdrawTransmissionRequest> {
        self.state().withdrawn.clone()
    }

    /// The files that arrived.
    pub(crate) fn files(&self) -> Vec<Vec<u8>> {
        self.state().files.values().cloned().collect()
    }

    /// How many receipts it has made.
    pub(crate) fn stated(&self) -> u64 {
        self.state().receipts.len() as u64
    }

    /// Every receipt it has made.
    pub(crate) fn receipts(&self) -> Vec<String> {
        self.state().receipts.clone()
    }

    /// Loses its last receipt, as after a restored backup. The chain's head stays.
    pub(crate) fn forget_last(&self) {
        self.state().receipts.pop();
    }

    /// Up to where the sender has confirmed.
    pub(crate) fn confirmed(&self) -> u64 {
        self.state().confirmed
    }

    /// What would truthfully be stated next about the latest transmission.
    pub(crate) fn claims(&self, statement: Statement, child: Option<ChildId>) -> ReceiptClaims {
        let state = self.state();
        let about = state.arrived.last().expect("something must have arrived").clone();
        self.claims_about(&state, &about, statement, child)
    }

    fn claims_about(
        &self,
        state: &State,
        about: &SubmitTransmissionRequest,
        statement: Statement,
        child: Option<ChildId>,
    ) -> ReceiptClaims {
        let report = Report::decode(about.content.clone()).unwrap();
        ReceiptClaims {
            pair: self.pair,
            sequence: state.head.next_sequence(),
            previous: state.head.digest(),
            time: self.clock.now(),
            transmission: TransmissionId::parse(&about.transmission_id).unwrap(),
            report: ReportId::parse(&report.report_id).unwrap(),
            child,
            digest: Digest::of(&about.content),
            stated_by: match statement {
                Statement::Stored | Statement::Withdrawn(_) => StatedBy::Program {
                    program: "receiver".parse().unwrap(),
                    on_behalf_of: None,
                },
                _ => StatedBy::Person(caseworker()),
            },
            statement,
            software: state.questions.software(),
        }
    }

    /// The children of the latest transmission.
    pub(crate) fn children(&self) -> Vec<ChildId> {
        let about = self.state().arrived.last().unwrap().clone();
        let report = Report::decode(about.content).unwrap();
        report
            .children
            .iter()
            .map(|child| ChildId::parse(&child.child_id).unwrap())
            .collect()
    }

    /// States this, signed by its own key.
    pub(crate) fn state_claims(&self, claims: &ReceiptClaims) {
        let receipt = self.signer.sign(claims).unwrap();
        let mut state = self.state();
        state.head = state.head.appended(&receipt);
        state.receipts.push(receipt.into_string());
    }

    /// Puts these bytes where a receipt should be.
    pub(crate) fn state_bytes(&self, bytes: String) {
        self.state().receipts.push(bytes);
    }

    /// States this truthfully about a child of the latest transmission.
    pub(crate) fn states(&self, statement: Statement, child: Option<ChildId>) {
        self.state_claims(&self.claims(statement, child));
    }

    /// Assigns every child of the latest transmission.
    pub(crate) fn assigns_all(&self) {
        for child in self.children() {
            self.states(Statement::Assigned(caseworker()), Some(child));
        }
    }

    fn store(&self, request: &SubmitTransmissionRequest) -> String {
        if let Some(first) = self.state().first_receipt.get(&request.transmission_id) {
            return first.clone();
        }
        let claims = self.claims_about(&self.state(), request, Statement::Stored, None);
        self.state_claims(&claims);
        let mut state = self.state();
        let receipt = state.receipts.last().unwrap().clone();
        state
            .first_receipt
            .insert(request.transmission_id.clone(), receipt.clone());
        receipt
    }
}

fn entry(about: &SubmitTransmissionRequest, submitted_at: Timestamp) -> Entry {
    let report = Report::decode(about.content.clone()).unwrap();
    Entry {
        number: about.sequence,
        transmission: about.transmission_id.parse().unwrap(),
        report: report.report_id.parse().unwrap(),
        content: Digest::of(&about.content),
        submitted_at,
    }
}

/// Somebody who can be given children.
pub(crate) fn caseworker() -> StaffReference {
    StaffReference {
        role: StaffRole::Caseworker,
        staff: "cw-1".parse().unwrap(),
    }
}

/// A signer with a good certificate of the receiver of this pair.
pub(crate) fn signer(pki: &Pki, pair: Pair) -> ReceiptSigner {
    let issued = pki.enterprise(pair.receiver).unwrap();
    ReceiptSigner::from_pem(issued.chain_pem.as_bytes(), issued.key_pem.as_bytes()).unwrap()
}

mod letters;
mod questions;
mod readiness;

pub(crate) use letters::Word;
use letters::{Letters, LettersState};
pub(crate) use questions::Answers;
use questions::{Holdings, Questions};
use readiness::{Readiness, Ready};

struct Exchange(Arc<PlayedReceiver>);

#[tonic::async_trait]
impl ExchangeService for Exchange {
    async fn get_attachment_upload(
        &self,
        request: Request<GetAttachmentUploadRequest>,
    ) -> Result<Response<GetAttachmentUploadResponse>, Status> {
        let request = request.into_inner();
        let state = self.0.state();
        let file = state.files.get(&request.attachment_id).ok_or(Failure::NotFound)?;
        Ok(Response::new(GetAttachmentUploadResponse {
            state: Some(AttachmentUploadState {
                committed_bytes: file.len() as u64,
                complete: false,
            }),
        }))
    }

    async fn upload_attachment(
        &self,
        request: Request<Streaming<UploadAttachmentRequest>>,
    ) -> Result<Response<UploadAttachmentResponse>, Status> {
        let mut messages = request.into_inner();
        let mut id = String::new();
        let mut announced = Digest::ZERO;
        while let Some(message) = messages.message().await? {
            match message.chunk.unwrap().part.unwrap() {
                Part::Header(header) => {
                    id = header.attachment_id;
                    announced = Digest::from_slice(&header.sha256).unwrap();
                    let mut state = self.0.state();
                    let file = state.files.entry(id.clone()).or_default();
                    assert_eq!(file.len() as u64, header.offset, "an upload goes on where it stopped");
                }
                Part::Data(data) => {
                    let mut state = self.0.state();
                    state.files.get_mut(&id).unwrap().extend_from_slice(&data);
                    let length = state.files[&id].len();
                    if state.uploads_break_after.is_some_and(|limit| length > limit) {
                        state.uploads_break_after = None;
                        return Err(Status::unavailable("broken"));
                    }
                }
            }
        }
        let state = self.0.state();
        if Digest::of(&state.files[&id]) != announced {
            return Err(Failure::DigestMismatch.into());
        }
        Ok(Response::new(UploadAttachmentResponse {
            state: Some(AttachmentUploadState {
                committed_bytes: state.files[&id].len() as u64,
                complete: true,
            }),
        }))
    }

    async fn submit_transmission(
        &self,
        request: Request<SubmitTransmissionRequest>,
    ) -> Result<Response<SubmitTransmissionResponse>, Status> {
        let request = request.into_inner();
        let mood = {
            let mut state = self.0.state();
            state.arrived.push(request.clone());
            state.mood
        };
        match mood {
            Mood::Good => Ok(Response::new(SubmitTransmissionResponse {
                receipt: self.0.store(&request),
            })),
            Mood::AnswerLost => {
                self.0.store(&request);
                Err(Status::unavailable("the connection broke"))
            }
            Mood::Silent => std::future::pending().await,
            Mood::Denies => Err(Failure::PermissionDenied.into()),
        }
    }

    async fn withdraw_transmission(
        &self,
        request: Request<WithdrawTransmissionRequest>,
    ) -> Result<Response<WithdrawTransmissionResponse>, Status> {
        self.0.state().withdrawn.push(request.into_inner());
        let mut receipts = Vec::new();
        for child in self.0.children() {
            self.0.states(Statement::Withdrawn(None), Some(child));
            receipts.push(self.0.state().receipts.last().unwrap().clone());
        }
        Ok(Response::new(WithdrawTransmissionResponse { receipts }))
    }

    type StreamReceiptsStream = BoxStream<'static, Result<StreamReceiptsResponse, Status>>;

    async fn stream_receipts(
        &self,
        request: Request<StreamReceiptsRequest>,
    ) -> Result<Response<Self::StreamReceiptsStream>, Status> {
        let after = request.into_inner().after_sequence as usize;
        let receipts = self.0.state().receipts.clone();
        if after > receipts.len() {
            return Err(Failure::ChainMismatch.into());
        }
        let messages = receipts.into_iter().skip(after).map(|receipt| {
            Ok(StreamReceiptsResponse {
                event: Some(Event::Receipt(receipt)),
            })
        });
        Ok(Response::new(
            futures::stream::iter(messages)
                .chain(futures::stream::pending())
                .boxed(),
        ))
    }

    async fn confirm_receipts(
        &self,
        request: Request<ConfirmReceiptsRequest>,
    ) -> Result<Response<ConfirmReceiptsResponse>, Status> {
        let request = request.into_inner();
        let mut state = self.0.state();
        let receipt = &state.receipts[request.sequence as usize - 1];
        assert_eq!(
            Digest::of(receipt.as_bytes()).as_bytes().as_slice(),
            &request.receipt_sha256[..]
        );
        state.confirmed = request.sequence;
        Ok(Response::new(ConfirmReceiptsResponse {
            sequence: request.sequence,
        }))
    }
}

#[tonic::async_trait]
impl StatementService for Exchange {
    async fn exchange_statement(
        &self,
        request: Request<ExchangeStatementRequest>,
    ) -> Result<Response<ExchangeStatementResponse>, Status> {
        let text = request.into_inner().statement;
        let answers = {
            let mut state = self.0.state();
            state.statements.push(text.clone());
            state.answers.clone()
        };
        let answers = answers.ok_or_else(|| Status::unavailable("away"))?;
        let truth = self.0.statement(day_of(&text));
        let statement = statement::sign(self.0.signer.jws(), &answers(truth)?).unwrap();
        Ok(Response::new(ExchangeStatementResponse { statement }))
    }
}

/// The day of a signed statement; its signature is for other tests.
fn day_of(text: &str) -> Date {
    payload(text)["day"].as_str().unwrap().parse().unwrap()
}

/// What a signed text says.
pub(crate) fn payload(text: &str) -> serde_json::Value {
    let payload = URL_SAFE_NO_PAD.decode(text.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&payload).unwrap()
}
