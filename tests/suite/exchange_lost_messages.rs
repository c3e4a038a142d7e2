//! Lost requests and lost answers, for every call of the exchange that changes something: the second arrival gets the
//! first answer, byte for byte, and has no effect of its own.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
};

use framme_demo::pki::synthetic_organisation;
use framme_shared::{
    db::statements,
    domain::{
        digest::Digest,
        receipt::{Pair, Software},
        statement::{Receipts, StatementClaims, TallyOfDay, Transmissions, View, day_of, sign},
    },
    runtime::clock::{Clock as _, SystemClock},
    wire::{
        pb::{
            DESCRIPTORS,
            exchange::{
                ConfirmReceiptsRequest, ConfirmReceiptsResponse, ExchangeStatementRequest, ExchangeStatementResponse,
                SubmitTransmissionRequest, SubmitTransmissionResponse, UploadAttachmentResponse,
                WithdrawTransmissionRequest, WithdrawTransmissionResponse,
            },
            report::{Attachment, AttachmentUploadState, ErrorReason},
        },
        status::reason_of,
    },
};
use framme_tests::{
    database::TestDatabase,
    on_both_databases,
    proxy::{Fault, Proxy, Way},
};
use jiff::{SignedDuration, Timestamp, ToSpan as _, civil::Date};
use prost::Message as _;
use prost_types::FileDescriptorSet;
use tonic::{Status, codegen::Bytes};

use crate::exchange::{
    POLICE, RECEIVER,
    authorities::Authorities,
    raw,
    receiver::{RealReceiver, encoded, new_id, upload},
    soon, until,
};

on_both_databases!(
    a_request_that_was_lost_takes_effect_when_it_comes_again,
    an_answer_that_was_lost_is_given_again_byte_for_byte,
    a_request_that_broke_anywhere_takes_effect_once,
    an_answer_that_broke_anywhere_is_given_again_byte_for_byte,
    the_same_id_with_other_content_is_refused_and_changes_nothing,
);

/// A call that changes something.
struct Mutating {
    method: &'static str,
    /// The entry in the receiver's ledger that says that it took effect: one, however often it is called.
    effect: &'static str,
    /// How the same ids with other content are refused.
    differs: ErrorReason,
}

const MUTATING: [Mutating; 5] = [
    Mutating {
        method: "UploadAttachment",
        effect: "upload_completed",
        differs: ErrorReason::ContentDiffers,
    },
    Mutating {
        method: "SubmitTransmission",
        effect: "transmission_stored",
        differs: ErrorReason::ContentDiffers,
    },
    Mutating {
        method: "WithdrawTransmission",
        effect: "transmission_withdrawn",
        differs: ErrorReason::ContentDiffers,
    },
    // It has no id of its own: what differs from the receiver's history is another history.
    Mutating {
        method: "ConfirmReceipts",
        effect: "receipts_confirmed",
        differs: ErrorReason::ChainMismatch,
    },
    Mutating {
        method: "ExchangeStatement",
        effect: "statement_received",
        differs: ErrorReason::ContentDiffers,
    },
];

/// And a comparison, which is made anew whenever it breaks: `reconciliation::signed` has its lost answer.
const READING: [&str; 11] = [
    "GetAttachmentUpload",
    "StreamReceipts",
    "CompareNumbers",
    "Reconcile",
    "CountKnownChildren",
    "ConfirmHeld",
    // Asked every few minutes, and the last question counts.
    "CheckReadiness",
    // Its repetitions are in `receiver_letters`.
    "AnnounceLetters",
    // After a restore, whose repetitions are in `exchange_recovery`.
    "ComparePair",
    "RestoreReceipts",
    "ListSent",
];

#[test]
fn every_call_of_the_exchange_that_changes_something_is_in_these_tests() {
    let descriptors = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let services = descriptors
        .file
        .iter()
        .filter(|file| file.package() == "framme.exchange.v1")
        .flat_map(|file| &file.service);
    let offered: BTreeSet<&str> = services
        .flat_map(|service| &service.method)
        .map(|method| method.name())
        .collect();
    let known: BTreeSet<&str> = MUTATING.iter().map(|call| call.method).chain(READING).collect();
    assert_eq!(offered, known);
}

/// A receiver behind a proxy.
struct Line {
    receiver: RealReceiver,
    proxy: Proxy,
    /// How many days were stated, each further back.
    days: AtomicI32,
}

/// One request, and the same ids with other content.
struct Requests {
    right: Vec<Bytes>,
    other: Vec<Bytes>,
}

impl Line {
    async fn new(database: TestDatabase) -> Self {
        let authorities = Authorities::new(Arc::new(SystemClock));
        let receiver = RealReceiver::start(&authorities, database).await;
        let proxy = Proxy::before(receiver.address()).await;
        // A receiver that runs for the first time states the day before, for each sender.
        until("the receiver has stated the day before", || async {
            receiver.ledger("statement_made").await == 2
        })
        .await;
        Self {
            receiver,
            proxy,
            days: AtomicI32::new(1),
        }
    }

    /// A request that has never come before, about a transmission of its own.
    async fn prepare(&self, call: &Mutating) -> Requests {
        match call.method {
            "UploadAttachment" => {
                let owner = new_id();
                let (right, other) = (vec![7; 100_000], vec![8; 100_000]);
                let file = Attachment {
                    attachment_id: new_id(),
                    ..Attachment::default()
                };
                Requests {
                    right: upload(&owner, &file, &right),
                    other: upload(&owner, &file, &other),
                }
            }
            "SubmitTransmission" => {
                let request = self.receiver.transmission();
                let content = self.receiver.report().encode_to_vec();
                let other = SubmitTransmissionRequest {
                    content_sha256: Digest::of(&content).as_bytes().to_vec().into(),
                    content: content.into(),
                    ..request.clone()
                };
                Requests::of(&request, &other)
            }
            "WithdrawTransmission" => {
                let request = WithdrawTransmissionRequest {
                    transmission_id: self.submit().await,
                    request_id: new_id(),
                    withdrawn_by: "desk-1".to_owned(),
                };
                let other = WithdrawTransmissionRequest {
                    withdrawn_by: "desk-2".to_owned(),
                    ..request.clone()
                };
                Requests::of(&request, &other)
            }
            "ConfirmReceipts" => {
                self.submit().await;
                let receipts = self.receiver.receipts_for(POLICE).await;
                let digest = |receipt: &str| Digest::of(receipt.as_bytes()).as_bytes().to_vec().into();
                let request = ConfirmReceiptsRequest {
                    sequence: receipts.len() as u64,
                    receipt_sha256: digest(receipts.last().unwrap()),
                };
                let other = ConfirmReceiptsRequest {
                    receipt_sha256: digest("another history"),
                    ..request
                };
                Requests::of(&request, &other)
            }
            "ExchangeStatement" => {
                self.days.fetch_add(1, Ordering::Relaxed);
                let now = SystemClock.now();
                let times = [now, now - SignedDuration::from_micros(1)];
                let [right, other] = times.map(|time| ExchangeStatementRequest {
                    statement: self.statement(time),
                });
                Requests::of(&right, &other)
            }
            unknown => panic!("{unknown} has no request here"),
        }
    }

    /// The day that was stated last.
    fn day(&self) -> Date {
        let back = self.days.load(Ordering::Relaxed);
        day_of(SystemClock.now()).checked_sub(back.days()).unwrap()
    }

    /// What the police state of that day, on which nothing was sent, at this time.
    fn statement(&self, time: Timestamp) -> String {
        let (day, nothing) = (self.day(), TallyOfDay::default().finish());
        let claims = StatementClaims {
            pair: Pair {
                sender: synthetic_organisation(POLICE),
                receiver: synthetic_organisation(RECEIVER),
            },
            day,
            time,
            transmissions: Transmissions {
                tally: nothing,
                last: 0,
            },
            view: View::Sender { receipted: nothing },
            receipts: Receipts {
                last: 0,
                head: Digest::ZERO,
            },
            software: Software {
                name: "test".to_owned(),
                version: "1".to_owned(),
            },
        };
        let signer = self.receiver.authorities.signer(&self.receiver.police);
        sign(signer.jws(), &claims).unwrap()
    }

    /// Submits a transmission past the proxy.
    async fn submit(&self) -> String {
        let request = self.receiver.transmission();
        let police = self.receiver.police();
        raw::call(&police, "SubmitTransmission", vec![encoded(&request)])
            .await
            .unwrap();
        request.transmission_id
    }

    /// What the first answer was or would have been, by what the receiver has stored: it is asked for right after the
    /// first effect.
    async fn first_answer(&self, call: &Mutating) -> Bytes {
        let mut receipts = self.receiver.receipts_for(POLICE).await;
        match call.method {
            "UploadAttachment" => encoded(&UploadAttachmentResponse {
                state: Some(AttachmentUploadState {
                    committed_bytes: 100_000,
                    complete: true,
                }),
            }),
            "SubmitTransmission" => encoded(&SubmitTransmissionResponse {
                receipt: receipts.pop().unwrap(),
            }),
            // Of both children.
            "WithdrawTransmission" => encoded(&WithdrawTransmissionResponse {
                receipts: receipts.split_off(receipts.len() - 2),
            }),
            "ConfirmReceipts" => encoded(&ConfirmReceiptsResponse {
                sequence: receipts.len() as u64,
            }),
            "ExchangeStatement" => {
                let reader = self.receiver.receiver.core().db.reader();
                let texts = statements::texts(reader, &synthetic_organisation(POLICE), self.day()).await;
                encoded(&ExchangeStatementResponse {
                    statement: texts.unwrap().own.unwrap(),
                })
            }
            unknown => panic!("{unknown} has no answer here"),
        }
    }

    /// Calls through the proxy, over a connection that has carried a call before.
    async fn call(&self, call: &Mutating, requests: &Requests, fault: Fault) -> Result<Bytes, Status> {
        let police = self.receiver.police_at(&self.proxy.address());
        let warm = ConfirmReceiptsRequest::default();
        let refused = raw::call(&police, "ConfirmReceipts", vec![encoded(&warm)]).await;
        assert_eq!(reason_of(&refused.unwrap_err()), Some(ErrorReason::InvalidField));
        self.proxy.set(fault);
        let answer = raw::call(&police, call.method, requests.right.clone());
        soon("the call ends", answer).await
    }

    /// The same call again, twice, over new connections past the proxy: both get the first answer and neither has an
    /// effect of its own.
    async fn assert_repetitions_get(&self, call: &Mutating, requests: &Requests, first: &Bytes) {
        let before = self.receiver.ledger("").await;
        for _ in 0..2 {
            let again = self.direct(call, &requests.right).await.unwrap();
            assert!(again == first, "{}: another answer than the first", call.method);
        }
        assert_eq!(
            self.receiver.ledger("").await,
            before,
            "{}: an effect of its own",
            call.method
        );
    }

    async fn direct(&self, call: &Mutating, messages: &[Bytes]) -> Result<Bytes, Status> {
        raw::call(&self.receiver.police(), call.method, messages.to_vec()).await
    }

    /// Receipts are numbered, linked and signed without a gap, and each transmission was stored once.
    async fn assert_history_is_whole(&self) {
        let stated = self.receiver.stated().await;
        let stored: Vec<_> = stated
            .iter()
            .filter(|claims| claims.child.is_none())
            .map(|claims| claims.transmission)
            .collect();
        let different: BTreeSet<_> = stored.iter().map(ToString::to_string).collect();
        assert_eq!(different.len(), stored.len());
    }
}

impl Requests {
    fn of<M: prost::Message>(right: &M, other: &M) -> Self {
        Self {
            right: vec![encoded(right)],
            other: vec![encoded(other)],
        }
    }
}

async fn a_request_that_was_lost_takes_effect_when_it_comes_again(database: TestDatabase) {
    let line = Line::new(database).await;
    for call in &MUTATING {
        let requests = line.prepare(call).await;
        let before = line.receiver.ledger("").await;
        let lost = line.call(call, &requests, Fault::CutAfter(Way::There, 0)).await;
        assert!(lost.is_err(), "{}", call.method);
        assert_eq!(line.receiver.ledger("").await, before, "{} never arrived", call.method);
        let effects = line.receiver.ledger(call.effect).await;
        let answer = line.direct(call, &requests.right).await.unwrap();
        assert_eq!(line.receiver.ledger(call.effect).await, effects + 1, "{}", call.method);
        assert!(answer == line.first_answer(call).await, "{}", call.method);
        line.assert_repetitions_get(call, &requests, &answer).await;
    }
    line.assert_history_is_whole().await;
}

async fn an_answer_that_was_lost_is_given_again_byte_for_byte(database: TestDatabase) {
    let line = Line::new(database).await;
    for call in &MUTATING {
        let requests = line.prepare(call).await;
        let effects = line.receiver.ledger(call.effect).await;
        let committed = async {
            until("the receiver has committed", || async {
                line.receiver.ledger(call.effect).await == effects + 1
            })
            .await;
            let first = line.first_answer(call).await;
            line.proxy.cut();
            first
        };
        let (lost, first) = tokio::join!(line.call(call, &requests, Fault::LoseAnswers), committed);
        assert!(lost.is_err(), "{}", call.method);
        line.assert_repetitions_get(call, &requests, &first).await;
        assert_eq!(line.receiver.ledger(call.effect).await, effects + 1, "{}", call.method);
    }
    line.assert_history_is_whole().await;
}

/// How far into a request or answer the connection breaks: in headers, in the first message, in later ones, at the end.
const BREAKS: [usize; 7] = [1, 40, 150, 400, 1_500, 20_000, 90_000];

async fn a_request_that_broke_anywhere_takes_effect_once(database: TestDatabase) {
    let line = Line::new(database).await;
    assert_breaks_do_no_harm(&line, Way::There).await;
}

async fn an_answer_that_broke_anywhere_is_given_again_byte_for_byte(database: TestDatabase) {
    let line = Line::new(database).await;
    assert_breaks_do_no_harm(&line, Way::Back).await;
}

async fn assert_breaks_do_no_harm(line: &Line, way: Way) {
    for call in &MUTATING {
        let mut broken = 0;
        for bytes in BREAKS {
            let requests = line.prepare(call).await;
            let effects = line.receiver.ledger(call.effect).await;
            let first = line.call(call, &requests, Fault::CutAfter(way, bytes)).await;
            line.proxy.set(Fault::None);
            broken += usize::from(first.is_err());
            let second = line.direct(call, &requests.right).await.unwrap();
            if let Ok(first) = first {
                assert!(first == second, "{}: another answer than the first", call.method);
            }
            assert!(second == line.first_answer(call).await, "{}", call.method);
            assert_eq!(
                line.receiver.ledger(call.effect).await,
                effects + 1,
                "{} at {bytes}",
                call.method
            );
            line.assert_repetitions_get(call, &requests, &second).await;
        }
        assert!(broken >= 2, "{}: only {broken} calls were broken", call.method);
    }
    line.assert_history_is_whole().await;
}

async fn the_same_id_with_other_content_is_refused_and_changes_nothing(database: TestDatabase) {
    let line = Line::new(database).await;
    for call in &MUTATING {
        let requests = line.prepare(call).await;
        let first = line.direct(call, &requests.right).await.unwrap();
        let before = line.receiver.ledger("").await;
        let refused = line.direct(call, &requests.other).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(call.differs), "{}", call.method);
        assert_eq!(line.receiver.ledger("").await, before, "{}", call.method);
        line.assert_repetitions_get(call, &requests, &first).await;
    }
    line.assert_history_is_whole().await;
}
