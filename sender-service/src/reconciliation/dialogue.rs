//! One comparison with a receiver, from the opening to the result that both have signed. Changes nothing at this side.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use framme_shared::{
    db::StoreError,
    domain::{
        digest::Digest,
        ids::RequestId,
        jws::Kind,
        reconciliation::{
            Class, Comparison, Contradiction, Difference, Entry, FAN_OUT, Findings, LEAF_NUMBERS, NodeId, Period, Side,
            Tree, compare,
        },
    },
    wire::{
        pb::exchange::{
            LeafQuestion, RangeQuestion, ReconcileRequest, ReconcileResponse, ReconciliationOpening,
            ReconciliationResult, reconcile_request::Step as Asked, reconcile_response::Step as Said,
        },
        reconciliation::{
            MOST_DIFFERENCES, MOST_LEAVES, MOST_LEAVES_IN_ALL, MOST_RANGES, difference_to_pb, entry_from_pb,
            range_to_pb, side_from_pb, side_to_pb, unpack,
        },
        status::no_answer,
        time::to_pb,
    },
};
use prost::Message as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use super::holdings;
use crate::{context::Context, outbox::Failure, peer::Peer, store::holdings as rows};

/// The receiver reads all that it holds before it answers the opening.
const OPENING_LIMIT: Duration = Duration::from_secs(600);
/// Any other answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// What is compared.
pub(super) struct Job {
    pub(super) id: RequestId,
    pub(super) period: Period,
    /// Between the two looks.
    pub(super) second_look: Duration,
}

/// What a comparison came to.
pub(super) struct Outcome {
    pub(super) findings: Findings,
    pub(super) differences: Vec<Difference>,
    /// What the receiver said of those that differ, by number.
    pub(super) theirs: HashMap<u64, Entry>,
    pub(super) sender_result: String,
    pub(super) receiver_result: String,
    pub(super) bytes_moved: u64,
}

/// Why a comparison came to no end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("the call failed")]
    Call(Failure),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Broken {
    const fn not_believed(reason: &'static str) -> Self {
        Self::Call(Failure::NotBelieved(reason))
    }
}

impl From<Contradiction> for Broken {
    fn from(_: Contradiction) -> Self {
        Self::not_believed("reconciliation_contradicts_itself")
    }
}

/// Compares.
pub(super) async fn run(context: &Context, peer: &Peer, job: &Job) -> Result<Outcome, Broken> {
    let tree = holdings::tree(context, peer, &job.period).await?;
    let sender = Side {
        entries: tree.entries(),
        highest: tree.highest(),
        root: tree.root(),
    };
    let mut line = Line::open(context, peer).await?;
    let opening = ReconciliationOpening {
        reconciliation_id: job.id.to_string(),
        from_time: job.period.from.map(to_pb),
        until_time: job.period.until.map(to_pb),
        sender: Some(side_to_pb(&sender)),
    };
    let Said::Opened(opened) = line.ask(Asked::Opening(opening), OPENING_LIMIT).await? else {
        return Err(out_of_order());
    };
    let theirs = opened.receiver.as_ref().ok_or_else(malformed)?;
    let receiver = side_from_pb(theirs).map_err(|_| malformed())?;

    let (leaves, complete) = differing(&tree, &receiver, &mut line).await?;
    let looks = Looks { context, peer, job };
    let (mut differences, theirs) = looks.both(&leaves, &mut line).await?;
    let disagreeing = differences.iter().filter(|one| one.at_sender.is_some()).count() as u64;
    let unseen = if complete { 0 } else { sender.entries };
    let matched = sender.entries.saturating_sub(disagreeing + unseen);
    differences.extend(
        opened
            .duplicate_sequences
            .iter()
            .map(|sequence| fact(*sequence, Class::Duplicate)),
    );
    differences.extend(found_again(context, peer, job, &differences, complete).await?);
    differences.sort_unstable_by_key(|one| (one.sequence, one.class));
    differences.dedup();
    differences.truncate(MOST_DIFFERENCES);

    let (counts, listed, all) = Findings::list(&differences);
    let findings = Findings {
        id: job.id,
        pair: peer.pair,
        time: context.clock.now(),
        period: job.period,
        sender,
        receiver,
        // What moved while it was compared may count on one side only.
        matched: matched.min(receiver.entries),
        complete,
        counts,
        listed,
        all,
        over: None,
    };
    let (sender_result, receiver_result) = sign(context, peer, &findings, &differences, &mut line).await?;
    Ok(Outcome {
        findings,
        differences,
        theirs,
        sender_result,
        receiver_result,
        bytes_moved: line.bytes,
    })
}

/// The leaves whose digests differ, and whether they are all: a receiver is not asked for more than it answers.
async fn differing(tree: &Tree, receiver: &Side, line: &mut Line<'_>) -> Result<(Vec<u64>, bool), Broken> {
    /// Two looks at each leaf, and a third of the receiver's limit to spare.
    const MOST: usize = MOST_LEAVES_IN_ALL / 3;
    let mut comparison = Comparison::begin(tree, receiver.root, receiver.highest)?;
    while comparison.differing() <= MOST {
        let nodes = comparison.questions(MOST_RANGES);
        if nodes.is_empty() {
            break;
        }
        let answers = line.below(&nodes).await?;
        comparison.answers(&answers)?;
    }
    let mut leaves = comparison.into_leaves();
    let complete = leaves.len() <= MOST;
    leaves.truncate(MOST);
    Ok((leaves, complete))
}

/// Entries are looked at twice, with time between: what moves meanwhile is under way, and no difference.
struct Looks<'a> {
    context: &'a Context,
    peer: &'a Peer,
    job: &'a Job,
}

/// Differences by number.
type Seen = BTreeMap<u64, Difference>;

impl Looks<'_> {
    async fn both(
        &self,
        leaves: &[u64],
        line: &mut Line<'_>,
    ) -> Result<(Vec<Difference>, HashMap<u64, Entry>), Broken> {
        let (first, _) = self.look(leaves, line).await?;
        if first.is_empty() {
            return Ok((Vec::new(), HashMap::new()));
        }
        self.context.clock.sleep(self.job.second_look).await;
        let mut suspects: Vec<u64> = first.keys().map(|number| (number - 1) / LEAF_NUMBERS).collect();
        suspects.dedup();
        let (second, theirs) = self.look(&suspects, line).await?;
        let same = second
            .into_iter()
            .filter(|(number, seen)| first.get(number) == Some(seen));
        Ok((same.map(|(_, difference)| difference).collect(), theirs))
    }

    async fn look(&self, leaves: &[u64], line: &mut Line<'_>) -> Result<(Seen, HashMap<u64, Entry>), Broken> {
        let (mut seen, mut kept) = (Seen::new(), HashMap::new());
        for some in leaves.chunks(MOST_LEAVES) {
            let theirs = line.entries(some).await?;
            let ours = holdings::leaves(self.context, self.peer, &self.job.period, some).await?;
            let differences = compare(&ours, &theirs);
            let mut theirs: HashMap<u64, Entry> = theirs.into_iter().map(|entry| (entry.sequence, entry)).collect();
            for difference in self.not_under_way(differences, &theirs).await? {
                if let Some(entry) = theirs.remove(&difference.sequence) {
                    kept.insert(difference.sequence, entry);
                }
                seen.insert(difference.sequence, difference);
            }
        }
        Ok((seen, kept))
    }

    /// What the receiver holds and the sender still counts as waiting is not unknown: its receipt is under way, or it
    /// is another thing under the same number.
    async fn not_under_way(
        &self,
        mut differences: Vec<Difference>,
        theirs: &HashMap<u64, Entry>,
    ) -> Result<Vec<Difference>, Broken> {
        let unknown: Vec<u64> = differences
            .iter()
            .filter(|one| one.class == Class::UnknownToSender)
            .map(|one| one.sequence)
            .collect();
        if unknown.is_empty() {
            return Ok(differences);
        }
        let receiver = self.peer.organisation();
        let mut conn = self
            .context
            .database
            .reader()
            .acquire()
            .await
            .map_err(StoreError::from)?;
        let ours = rows::numbered(&mut conn, &receiver, &unknown).await?;
        drop(conn);
        for row in ours.iter().filter(|row| row.waiting) {
            let is_same = theirs.get(&row.sequence).is_some_and(|entry| {
                (entry.transmission, entry.report, entry.content_sha256)
                    == (row.transmission, row.report, row.content_sha256)
            });
            if is_same {
                differences.retain(|one| one.sequence != row.sequence);
            }
        }
        Ok(differences)
    }
}

/// What was recorded as lost, was not sent anew since, and is there.
async fn found_again(
    context: &Context,
    peer: &Peer,
    job: &Job,
    differences: &[Difference],
    complete: bool,
) -> Result<Vec<Difference>, Broken> {
    if !complete {
        return Ok(Vec::new());
    }
    let tasks = rows::open_tasks(context.database.reader(), &peer.organisation(), &job.period).await?;
    let differs = |sequence| {
        differences
            .iter()
            .any(|one| one.sequence == sequence && one.class.is_disagreement())
    };
    let matching: Vec<_> = tasks
        .into_iter()
        .filter(|task| task.kind == Class::MissingAtReceiver.as_str() && task.handed_over && !differs(task.sequence))
        .collect();
    let ids: Vec<_> = matching.iter().map(|task| task.transmission).collect();
    let told = super::told::told(context, peer, &ids).await?;
    let was_there = matching.iter().filter(|task| {
        let stored = told.get(&task.transmission).and_then(super::told::Receipts::stored_at);
        stored.is_some_and(|stored| stored < task.opened_at)
    });
    Ok(was_there
        .map(|task| fact(task.sequence, Class::RecordedAsLostButFound))
        .collect())
}

/// What both should know, and is no disagreement about what is held.
const fn fact(sequence: u64, class: Class) -> Difference {
    Difference {
        sequence,
        class,
        at_sender: None,
        at_receiver: None,
    }
}

/// Signs, and has the receiver sign over the same facts.
async fn sign(
    context: &Context,
    peer: &Peer,
    findings: &Findings,
    differences: &[Difference],
    line: &mut Line<'_>,
) -> Result<(String, String), Broken> {
    let payload = findings
        .write()
        .map_err(|_| Broken::Call(Failure::Ours("result-not-written")))?;
    let signed = context
        .signing
        .sign(Kind::Reconciliation, findings.time.as_second(), &payload);
    let own = signed.ok_or(Broken::Call(Failure::Ours("result-not-signed")))?;
    let result = ReconciliationResult {
        result: own.clone(),
        differences: differences.iter().map(difference_to_pb).collect(),
    };
    let Said::Result(theirs) = line.ask(Asked::Result(result), ANSWER_LIMIT).await? else {
        return Err(out_of_order());
    };
    let verifier = peer.trust.verifier();
    let verified = verifier.jws().verify(
        &theirs,
        Kind::Reconciliation,
        Some(&peer.organisation()),
        context.clock.now(),
    );
    let verified = verified.map_err(|error| {
        Broken::Call(if error.is_ours() {
            Failure::Ours(error.reason())
        } else {
            Failure::NotBelieved(error.reason())
        })
    })?;
    let stated = Findings::read(&verified.payload).map_err(|_| malformed())?;
    let is_over_own = stated.over == Some(Digest::of(own.as_bytes()));
    if !stated.agrees_with(findings) || !is_over_own || stated.time.as_second() != verified.second {
        return Err(Broken::not_believed("reconciliation_result_differs"));
    }
    Ok((own, theirs))
}

/// The open call: questions one way, answers the other, one at a time.
struct Line<'a> {
    context: &'a Context,
    questions: mpsc::Sender<ReconcileRequest>,
    answers: Streaming<ReconcileResponse>,
    bytes: u64,
}

impl<'a> Line<'a> {
    async fn open(context: &'a Context, peer: &Peer) -> Result<Self, Broken> {
        let (questions, outgoing) = mpsc::channel(1);
        let mut client = peer.reconciliation().max_decoding_message_size(MAX_ANSWER_BYTES);
        let opened = tokio::select! {
            opened = client.reconcile(ReceiverStream::new(outgoing)) => opened,
            () = context.clock.sleep(ANSWER_LIMIT) => Err(no_answer()),
        };
        let answers = opened.map_err(|status| Broken::Call(Failure::from(&status)))?;
        Ok(Self {
            context,
            questions,
            answers: answers.into_inner(),
            bytes: 0,
        })
    }

    async fn ask(&mut self, step: Asked, limit: Duration) -> Result<Said, Broken> {
        let question = ReconcileRequest { step: Some(step) };
        self.bytes += question.encoded_len() as u64;
        // When the call has ended there is nobody to take it: the answer says why.
        let _ = self.questions.send(question).await;
        let answer = tokio::select! {
            answer = self.answers.message() => answer,
            () = self.context.clock.sleep(limit) => Err(no_answer()),
        };
        let answer = answer.map_err(|status| Broken::Call(Failure::from(&status)))?;
        let answer = answer.ok_or(Broken::Call(Failure::Unreachable("unavailable")))?;
        self.bytes += answer.encoded_len() as u64;
        answer.step.ok_or_else(malformed)
    }

    async fn below(&mut self, nodes: &[NodeId]) -> Result<Vec<[Digest; FAN_OUT]>, Broken> {
        let ranges = nodes.iter().map(|node| range_to_pb(*node)).collect();
        match self.ask(Asked::Ranges(RangeQuestion { ranges }), ANSWER_LIMIT).await? {
            Said::Ranges(answer) => unpack(&answer.digests).map_err(|_| malformed()),
            _ => Err(out_of_order()),
        }
    }

    async fn entries(&mut self, leaves: &[u64]) -> Result<Vec<Entry>, Broken> {
        let question = LeafQuestion {
            leaves: leaves.to_vec(),
        };
        let Said::Leaves(answer) = self.ask(Asked::Leaves(question), ANSWER_LIMIT).await? else {
            return Err(out_of_order());
        };
        let entries = answer
            .entries
            .into_iter()
            .map(entry_from_pb)
            .collect::<Result<Vec<_>, _>>();
        let entries = entries.map_err(|_| malformed())?;
        let asked_for = |entry: &Entry| entry.sequence > 0 && leaves.contains(&((entry.sequence - 1) / LEAF_NUMBERS));
        if entries.is_sorted_by(|one, next| one.sequence < next.sequence) && entries.iter().all(asked_for) {
            Ok(entries)
        } else {
            Err(malformed())
        }
    }
}

/// The largest answer: the entries of 64 leaves, each with at most 50 children.
const MAX_ANSWER_BYTES: usize = 8 * 1024 * 1024;

const fn malformed() -> Broken {
    Broken::not_believed("reconciliation_malformed")
}

const fn out_of_order() -> Broken {
    Broken::not_believed("reconciliation_out_of_order")
}
