//! What both sides sign: it verifies, it states the same, and nothing else is taken.

use std::sync::Arc;

use framme_demo::pki::synthetic_organisation;
use framme_receiver::store::reconciliation;
use framme_shared::{
    domain::{
        digest::Digest,
        ids::RequestId,
        jws::{JwsSigner, Kind},
        receipt::Pair as Organisations,
        reconciliation::{Class, Difference, Findings, Period},
    },
    runtime::clock::SystemClock,
    wire::{
        pb::{
            exchange::{
                HoldingsDigest, LeafQuestion, Range, RangeQuestion, ReconcileRequest, ReconcileResponse,
                ReconciliationOpening, ReconciliationResult, reconcile_request::Step as Asked,
                reconcile_response::Step as Said, reconciliation_service_client::ReconciliationServiceClient,
            },
            report::ErrorReason,
        },
        reconciliation::{difference_to_pb, side_from_pb},
        status::reason_of,
    },
};
use framme_tests::{database::TestDatabase, on_both_databases};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::pair::{Pair, findings};
use crate::exchange::{OTHER_POLICE, POLICE, RECEIVER, receiver::new_id};

on_both_databases!(
    both_results_verify_state_the_same_and_lie_at_both_sides,
    a_result_that_is_forged_or_does_not_fit_is_refused_and_nothing_is_stored,
    a_comparison_whose_answer_was_lost_is_made_anew_and_both_results_are_kept,
    questions_out_of_order_or_beyond_the_limits_are_refused,
    a_sender_has_one_comparison_open_at_a_time,
);

async fn both_results_verify_state_the_same_and_lie_at_both_sides(database: TestDatabase) {
    let mut pair = Pair::new(database, Arc::new(SystemClock)).await;
    pair.stored(3).await;
    pair.forget(3).await;
    let result = pair.compare().await;
    let verifier = pair.authorities.verifier();
    let now = pair.authorities.clock.now();
    for (jws, signer) in [(&result.sender_result, POLICE), (&result.receiver_result, RECEIVER)] {
        let signer = synthetic_organisation(signer);
        let verified = verifier.jws().verify(jws, Kind::Reconciliation, Some(&signer), now);
        assert!(Findings::read(&verified.unwrap().payload).is_ok());
    }
    let (ours, theirs) = (findings(&result.sender_result), findings(&result.receiver_result));
    assert!(ours.agrees_with(&theirs));
    assert_eq!(theirs.over, Some(Digest::of(result.sender_result.as_bytes())));
    assert_eq!((ours.matched, ours.total()), (2, 1));

    let id: RequestId = result.reconciliation.unwrap().reconciliation_id.parse().unwrap();
    let reader = pair.receiver.receiver.core().db.reader();
    let stored = reconciliation::of(reader, &synthetic_organisation(POLICE), &id)
        .await
        .unwrap();
    assert_eq!(stored.len(), 1);
    assert_eq!(
        (&stored[0].sender, &stored[0].receiver),
        (&result.sender_result, &result.receiver_result)
    );
}

/// A comparison by hand.
struct Line {
    id: String,
    questions: mpsc::Sender<ReconcileRequest>,
    answers: Streaming<ReconcileResponse>,
}

impl Line {
    async fn open(pair: &Pair) -> Result<Self, Status> {
        let mut client = ReconciliationServiceClient::new(pair.receiver.police());
        let (questions, outgoing) = mpsc::channel(1);
        let answers = client.reconcile(ReceiverStream::new(outgoing)).await?.into_inner();
        Ok(Self {
            id: new_id(),
            questions,
            answers,
        })
    }

    async fn ask(&mut self, step: Asked) -> Result<Said, Status> {
        let _ = self.questions.send(ReconcileRequest { step: Some(step) }).await;
        let answer = self.answers.message().await?.unwrap();
        Ok(answer.step.unwrap())
    }

    fn opening(&self) -> Asked {
        Asked::Opening(ReconciliationOpening {
            reconciliation_id: self.id.clone(),
            from_time: None,
            until_time: None,
            sender: Some(HoldingsDigest {
                entries: 0,
                highest_sequence: 0,
                root_sha256: vec![0; 32].into(),
            }),
        })
    }

    /// Opens it as a sender that holds nothing, looks at the first leaf, and makes the result that is right: both of
    /// the receiver's are unknown.
    async fn result(&mut self, pair: &Pair) -> (Findings, Vec<Difference>) {
        let Said::Opened(opened) = self.ask(self.opening()).await.unwrap() else {
            panic!("another answer")
        };
        let Said::Leaves(leaves) = self.ask(Asked::Leaves(LeafQuestion { leaves: vec![0] })).await.unwrap() else {
            panic!("another answer")
        };
        let differences: Vec<Difference> = leaves
            .entries
            .into_iter()
            .map(|entry| Difference {
                sequence: entry.sequence,
                class: Class::UnknownToSender,
                at_sender: None,
                at_receiver: Some(
                    framme_shared::wire::reconciliation::entry_from_pb(entry)
                        .unwrap()
                        .digest(),
                ),
            })
            .collect();
        assert_eq!(differences.len(), 2);
        let (counts, listed, all) = Findings::list(&differences);
        let nothing = HoldingsDigest {
            root_sha256: vec![0; 32].into(),
            ..HoldingsDigest::default()
        };
        let findings = Findings {
            id: self.id.parse().unwrap(),
            pair: Organisations {
                sender: synthetic_organisation(POLICE),
                receiver: synthetic_organisation(RECEIVER),
            },
            time: pair.authorities.clock.now(),
            period: Period::ALL,
            sender: side_from_pb(&nothing).unwrap(),
            receiver: side_from_pb(opened.receiver.as_ref().unwrap()).unwrap(),
            matched: 0,
            complete: true,
            counts,
            listed,
            all,
            over: None,
        };
        (findings, differences)
    }
}

fn sign(pair: &Pair, organisation: u32, kind: Kind, findings: &Findings) -> String {
    let issued = pair.authorities.issue(organisation);
    let signer = JwsSigner::from_pem(issued.chain_pem.as_bytes(), issued.key_pem.as_bytes()).unwrap();
    signer
        .sign(kind, findings.time.as_second(), &findings.write().unwrap())
        .unwrap()
}

/// Changes a result before or after it is signed.
type Forge = fn(&Pair, &mut Findings, &mut Vec<Difference>) -> String;

async fn a_result_that_is_forged_or_does_not_fit_is_refused_and_nothing_is_stored(database: TestDatabase) {
    let pair = Pair::new(database, Arc::new(SystemClock)).await;
    pair.stored(2).await;
    let forgeries: [(&str, Forge); 8] = [
        ("signed by another", |pair, findings, _| {
            sign(pair, OTHER_POLICE, Kind::Reconciliation, findings)
        }),
        ("signed as something else", |pair, findings, _| {
            sign(pair, POLICE, Kind::Statement, findings)
        }),
        ("a digit changed after it was signed", |pair, findings, _| {
            let right = sign(pair, POLICE, Kind::Reconciliation, findings);
            findings.matched = 1;
            let other = sign(pair, POLICE, Kind::Reconciliation, findings);
            let (signed, _) = other.rsplit_once('.').unwrap();
            let (_, signature) = right.rsplit_once('.').unwrap();
            format!("{signed}.{signature}")
        }),
        ("another root of the receiver", |pair, findings, _| {
            findings.receiver.root = Digest::of(b"another");
            sign(pair, POLICE, Kind::Reconciliation, findings)
        }),
        ("more matches than there are entries", |pair, findings, _| {
            findings.matched = 3;
            sign(pair, POLICE, Kind::Reconciliation, findings)
        }),
        ("a number missing that was answered", |pair, findings, differences| {
            differences[0].class = Class::MissingAtReceiver;
            (differences[0].at_sender, differences[0].at_receiver) = (Some(Digest::of(b"ours")), None);
            (findings.counts, findings.listed, findings.all) = Findings::list(differences);
            sign(pair, POLICE, Kind::Reconciliation, findings)
        }),
        ("a number that was not asked for", |pair, findings, differences| {
            differences[1].sequence = 900;
            (findings.counts, findings.listed, findings.all) = Findings::list(differences);
            sign(pair, POLICE, Kind::Reconciliation, findings)
        }),
        ("a list that is not the signed one", |pair, findings, differences| {
            differences.pop();
            sign(pair, POLICE, Kind::Reconciliation, findings)
        }),
    ];
    for (what, forge) in forgeries {
        let mut line = Line::open(&pair).await.unwrap();
        let (mut findings, mut differences) = line.result(&pair).await;
        let result = forge(&pair, &mut findings, &mut differences);
        let refused = line.ask(Asked::Result(wire(result, &differences))).await.err();
        assert_eq!(
            refused.as_ref().and_then(reason_of),
            Some(ErrorReason::InvalidField),
            "{what}"
        );
        assert!(stored(&pair, &line.id).await.is_empty(), "{what}");
    }
    let mut line = Line::open(&pair).await.unwrap();
    let (findings, differences) = line.result(&pair).await;
    let right = sign(&pair, POLICE, Kind::Reconciliation, &findings);
    let Said::Result(theirs) = line
        .ask(Asked::Result(wire(right.clone(), &differences)))
        .await
        .unwrap()
    else {
        panic!("another answer")
    };
    assert_eq!(stored(&pair, &line.id).await, [(right, theirs)]);
}

async fn a_comparison_whose_answer_was_lost_is_made_anew_and_both_results_are_kept(database: TestDatabase) {
    let pair = Pair::new(database, Arc::new(SystemClock)).await;
    pair.stored(2).await;
    let mut results = Vec::new();
    let id = new_id();
    for _ in 0..2 {
        let mut line = Line::open(&pair).await.unwrap();
        line.id = id.clone();
        let (findings, differences) = line.result(&pair).await;
        let own = sign(&pair, POLICE, Kind::Reconciliation, &findings);
        let Said::Result(theirs) = line.ask(Asked::Result(wire(own.clone(), &differences))).await.unwrap() else {
            panic!("another answer")
        };
        results.push((own, theirs));
    }
    assert_eq!(stored(&pair, &id).await, results);
}

fn wire(result: String, differences: &[Difference]) -> ReconciliationResult {
    ReconciliationResult {
        result,
        differences: differences.iter().map(difference_to_pb).collect(),
    }
}

async fn stored(pair: &Pair, id: &str) -> Vec<(String, String)> {
    let reader = pair.receiver.receiver.core().db.reader();
    let found = reconciliation::of(reader, &synthetic_organisation(POLICE), &id.parse().unwrap()).await;
    found
        .unwrap()
        .into_iter()
        .map(|signed| (signed.sender, signed.receiver))
        .collect()
}

async fn questions_out_of_order_or_beyond_the_limits_are_refused(database: TestDatabase) {
    let pair = Pair::new(database, Arc::new(SystemClock)).await;
    pair.stored(1).await;
    let ranges = |level, index, many| {
        let ranges = vec![Range { level, index }; many];
        Asked::Ranges(RangeQuestion { ranges })
    };
    let leaves = |leaves| Asked::Leaves(LeafQuestion { leaves });
    for (what, opened, question) in [
        ("a question before the opening", false, leaves(vec![0])),
        ("no leaf", true, leaves(vec![])),
        ("leaves out of order", true, leaves(vec![4, 3])),
        ("a leaf that cannot be", true, leaves(vec![1 << 50])),
        ("too many leaves", true, leaves((0..65).collect())),
        ("a range of level 0", true, ranges(0, 0, 1)),
        ("a range that cannot be", true, ranges(13, 1, 1)),
        ("too many ranges", true, ranges(1, 0, 129)),
    ] {
        let mut line = Line::open(&pair).await.unwrap();
        if opened {
            let opening = line.opening();
            line.ask(opening).await.unwrap();
        }
        let refused = line.ask(question).await.err();
        assert_eq!(
            refused.as_ref().and_then(reason_of),
            Some(ErrorReason::InvalidField),
            "{what}"
        );
    }
    let mut line = Line::open(&pair).await.unwrap();
    let opening = line.opening();
    line.ask(opening.clone()).await.unwrap();
    let refused = line.ask(opening).await.err();
    assert_eq!(refused.as_ref().and_then(reason_of), Some(ErrorReason::InvalidField));
}

async fn a_sender_has_one_comparison_open_at_a_time(database: TestDatabase) {
    let pair = Pair::new(database, Arc::new(SystemClock)).await;
    let mut first = Line::open(&pair).await.unwrap();
    let opening = first.opening();
    first.ask(opening).await.unwrap();
    let refused = Line::open(&pair).await.err();
    assert_eq!(refused.as_ref().and_then(reason_of), Some(ErrorReason::Overloaded));
    drop(first);
    crate::exchange::until("the place is free again", || async { Line::open(&pair).await.is_ok() }).await;
}
