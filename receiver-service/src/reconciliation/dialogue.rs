//! One comparison with a sender: each message of its is answered by one, in order, until the result.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use framme_shared::{
    domain::{
        ids::RequestId,
        organisation::OrganisationNumber,
        receipt::Pair,
        reconciliation::{Findings, NodeId, Period, Side, Tree, numbers_of_leaf},
    },
    wire::{
        pb::exchange::{
            LeafAnswer, LeafQuestion, RangeAnswer, RangeQuestion, ReconcileRequest, ReconcileResponse,
            ReconciliationOpened, ReconciliationOpening, ReconciliationResult, reconcile_request::Step as Asked,
            reconcile_response::Step as Said,
        },
        reconciliation::{
            MOST_DIFFERENCES, MOST_DUPLICATES, MOST_LEAVES, MOST_LEAVES_IN_ALL, MOST_RANGES, difference_from_pb,
            entry_to_pb, pack, range_from_pb, side_from_pb, side_to_pb,
        },
        status::Failure,
        time,
    },
};
use futures::Stream;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;
use tonic::Streaming;

use super::{
    finish::{Answered, FinishReconciliation},
    holdings,
    open::Opened,
};
use crate::{core::Core, error::Refusal, store::fingerprint};

/// A comparison takes at most this.
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

struct Dialogue {
    core: Arc<Core>,
    sender: OrganisationNumber,
    incoming: Streaming<ReconcileRequest>,
    stop: CancellationToken,
    begun: Timestamp,
    /// Set by the opening.
    under_way: Option<UnderWay>,
    ended: bool,
    /// The sender's one place.
    _opened: Opened,
}

struct UnderWay {
    tree: Tree,
    answered: Answered,
    leaves_asked: usize,
}

/// Answers a sender's comparison. The stream ends after the result, after a fault, or when a stop is asked for.
///
/// # Errors
/// `OVERLOADED` while the sender has another one open.
pub fn dialogue(
    core: Arc<Core>,
    sender: OrganisationNumber,
    incoming: Streaming<ReconcileRequest>,
    stop: CancellationToken,
) -> Result<impl Stream<Item = Result<ReconcileResponse, Refusal>> + Send + 'static, Refusal> {
    let opened = core.reconciliations.open(sender).ok_or(Failure::Overloaded)?;
    let dialogue = Dialogue {
        begun: core.clock.now(),
        core,
        sender,
        incoming,
        stop,
        under_way: None,
        ended: false,
        _opened: opened,
    };
    Ok(futures::stream::unfold(Some(dialogue), |dialogue| async {
        let mut dialogue = dialogue?;
        match dialogue.next().await {
            Ok(Some(said)) => Some((Ok(ReconcileResponse { step: Some(said) }), Some(dialogue))),
            Ok(None) => None,
            Err(refusal) => Some((Err(refusal), None)),
        }
    }))
}

impl Dialogue {
    async fn next(&mut self) -> Result<Option<Said>, Refusal> {
        if self.ended {
            return Ok(None);
        }
        let message = tokio::select! {
            () = self.stop.cancelled() => return Ok(None),
            message = self.incoming.message() => message.map_err(Refusal::Stream)?,
        };
        let Some(message) = message else {
            return Ok(None);
        };
        if self.core.clock.now().duration_since(self.begun) > LONGEST {
            return Err(Failure::Overloaded.into());
        }
        let said = match (message.step, &mut self.under_way) {
            (Some(Asked::Opening(opening)), None) => Said::Opened(self.open(&opening).await?),
            (Some(Asked::Ranges(question)), Some(under_way)) => Said::Ranges(ranges(&under_way.tree, &question)?),
            (Some(Asked::Leaves(question)), Some(under_way)) => {
                Said::Leaves(leaves(&self.core, under_way, &question).await?)
            }
            (Some(Asked::Result(result)), Some(_)) => Said::Result(self.finish(result).await?),
            (None, _) => return Err(Failure::invalid_field("step", "must be given").into()),
            (Some(_), _) => {
                let rule = "must be the opening first and once, then questions, and the result last";
                return Err(Failure::invalid_field("step", rule).into());
            }
        };
        Ok(Some(said))
    }

    /// Makes the tree over what lies in storage now.
    async fn open(&mut self, opening: &ReconciliationOpening) -> Result<ReconciliationOpened, Refusal> {
        let (id, period, theirs) = read_opening(opening)?;
        let (core, sender) = (&self.core, &self.sender);
        let tree = holdings::tree(core, sender, &period).await?;
        let duplicates = fingerprint::duplicates(core.db.reader(), sender, &period, MOST_DUPLICATES).await?;
        let own = Side {
            entries: tree.entries(),
            highest: tree.highest(),
            root: tree.root(),
        };
        let (counts, listed, all) = Findings::list(&[]);
        let expected = Findings {
            id,
            pair: Pair {
                sender: *sender,
                receiver: core.notary.organisation(),
            },
            time: self.begun,
            period,
            sender: theirs,
            receiver: own,
            matched: 0,
            complete: true,
            counts,
            listed,
            all,
            over: None,
        };
        let opened = ReconciliationOpened {
            receiver: Some(side_to_pb(&own)),
            duplicate_sequences: duplicates.iter().map(|duplicate| duplicate.sequence).collect(),
        };
        self.under_way = Some(UnderWay {
            tree,
            answered: Answered {
                expected,
                leaves: BTreeSet::new(),
                told: BTreeMap::new(),
                duplicates,
            },
            leaves_asked: 0,
        });
        Ok(opened)
    }

    async fn finish(&mut self, result: ReconciliationResult) -> Result<String, Refusal> {
        self.ended = true;
        let under_way = self.under_way.take().ok_or(Failure::NotFound)?;
        if result.differences.len() > MOST_DIFFERENCES {
            let limit = format!("{MOST_DIFFERENCES} differences");
            return Err(Failure::TooLarge {
                what: "a result",
                limit,
            }
            .into());
        }
        let read = result
            .differences
            .iter()
            .map(difference_from_pb)
            .collect::<Result<Vec<_>, _>>();
        let differences = read.map_err(|rule| Failure::invalid_field("result.differences", rule.to_string()))?;
        let answered = under_way.answered;
        let trust = self.core.trust.verifier();
        let findings = answered.check(&result.result, &differences, trust.jws(), self.core.clock.now())?;
        let finishing = FinishReconciliation {
            notary: Arc::clone(&self.core.notary),
            findings,
            sender_result: result.result,
            differences,
            duplicates: answered.duplicates,
        };
        self.core.db.change(finishing).await
    }
}

fn read_opening(opening: &ReconciliationOpening) -> Result<(RequestId, Period, Side), Refusal> {
    let field = |name: &str, rule: String| Refusal::from(Failure::invalid_field(format!("opening.{name}"), rule));
    let id =
        RequestId::parse(&opening.reconciliation_id).map_err(|rule| field("reconciliation_id", rule.to_string()))?;
    let read = |name: &'static str, at: &Option<prost_types::Timestamp>| match at {
        None => Ok(None),
        Some(at) => {
            let at = time::from_pb(at).map_err(|rule| field(name, rule.to_string()))?;
            if at.as_nanosecond() % 1_000 != 0 {
                return Err(field(name, "must be whole microseconds".to_owned()));
            }
            Ok(Some(at))
        }
    };
    let (from, until) = (
        read("from_time", &opening.from_time)?,
        read("until_time", &opening.until_time)?,
    );
    let period = Period::new(from, until).map_err(|rule| field("until_time", rule.to_string()))?;
    let sender = opening
        .sender
        .as_ref()
        .ok_or_else(|| field("sender", "must be given".to_owned()))?;
    let theirs = side_from_pb(sender).map_err(|rule| field("sender.root_sha256", rule.to_string()))?;
    Ok((id, period, theirs))
}

fn ranges(tree: &Tree, question: &RangeQuestion) -> Result<RangeAnswer, Refusal> {
    if !(1..=MOST_RANGES).contains(&question.ranges.len()) {
        let rule = format!("must be 1 to {MOST_RANGES}");
        return Err(Failure::invalid_field("ranges.ranges", rule).into());
    }
    let nodes = question.ranges.iter().map(range_from_pb).collect::<Result<Vec<_>, _>>();
    let nodes =
        nodes.map_err(|_| Failure::invalid_field("ranges.ranges", "must be ranges of level 1 to 13 that exist"))?;
    let answers: Vec<_> = nodes.into_iter().map(|node| tree.children(node)).collect();
    Ok(RangeAnswer {
        digests: pack(&answers).into(),
    })
}

async fn leaves(core: &Core, under_way: &mut UnderWay, question: &LeafQuestion) -> Result<LeafAnswer, Refusal> {
    let asked = &question.leaves;
    let in_order = asked.is_sorted_by(|one, next| one < next);
    let exist = asked.last().is_some_and(|last| {
        let index = *last;
        NodeId { level: 0, index }.exists()
    });
    if !in_order || !exist || asked.len() > MOST_LEAVES {
        let rule = format!("must be 1 to {MOST_LEAVES} leaves that exist, in order");
        return Err(Failure::invalid_field("leaves.leaves", rule).into());
    }
    under_way.leaves_asked += asked.len();
    if under_way.leaves_asked > MOST_LEAVES_IN_ALL {
        return Err(Failure::Overloaded.into());
    }
    let answered = &mut under_way.answered;
    let Findings { pair, period, .. } = &answered.expected;
    let entries = holdings::leaves(core, &pair.sender, period, asked).await?;
    for leaf in asked {
        answered.leaves.insert(*leaf);
        let (first, last) = numbers_of_leaf(*leaf);
        for number in first..=last {
            answered.told.remove(&number);
        }
    }
    for entry in &entries {
        answered.told.insert(entry.sequence, entry.digest());
    }
    Ok(LeafAnswer {
        entries: entries.iter().map(entry_to_pb).collect(),
    })
}
