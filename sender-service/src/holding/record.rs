//! The change that records an answer: kept verbatim, judged against what is known, and everything that follows from it.

use std::collections::{HashMap, HashSet};

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx, tasks},
    domain::{
        digest::Digest,
        holding::{Schedule, VerifiedHolding},
        ids::{AttachmentId, ReportId, TransmissionId},
        lifecycle::ChildState,
        organisation::OrganisationNumber,
        receipt::ReceiptClaims,
    },
};
use jiff::Timestamp;

use super::{
    Doubtful, Finding, doubt,
    judge::{Known, Verdict},
    questions::is_done,
};
use crate::{
    redirect,
    store::{
        attachment,
        child::{self, ChildRow},
        confirmation::{self, Asked, Next},
        doubt::{self as doubts, Doubt, EndedBy},
        holding::{self, NewHolding},
        receipt, report,
        transmission::{self, Sent},
    },
    tracking::Replay,
};

/// Records an answer that was verified.
pub(super) struct RecordHolding {
    pub(super) receiver: OrganisationNumber,
    /// Of the claim.
    pub(super) token: String,
    /// Of the answer, made here.
    pub(super) id: String,
    pub(super) jws: String,
    pub(super) verified: VerifiedHolding,
    /// The receipts about those in doubt, verified, in their order: what their children are without the doubt.
    pub(super) proofs: HashMap<TransmissionId, Vec<ReceiptClaims>>,
    pub(super) schedule: Schedule,
    /// When to ask again what could not be judged.
    pub(super) retry_at: Timestamp,
    /// Whether files were read, too.
    pub(super) with_files: bool,
}

/// What an answer came to.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    /// Reports whose children moved.
    pub(super) reports: Vec<ReportId>,
    /// What was found wrong.
    pub(super) wrong: Vec<Doubtful>,
}

/// Everything that is known of what was asked about.
struct Facts {
    asked: Vec<Asked>,
    sent: HashMap<TransmissionId, Sent>,
    children: HashMap<TransmissionId, Vec<ChildRow>>,
    receipts: HashMap<TransmissionId, (u64, framme_shared::domain::holding::LastReceipt)>,
    doubts: Vec<Doubt>,
    files: HashMap<ReportId, HashMap<AttachmentId, Digest>>,
}

impl Change for RecordHolding {
    type Outcome = Recorded;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Recorded, StoreError> {
        let facts = self.facts(tx).await?;
        let (at, mut settled) = (tx.at(), Settled::default());
        for asked in &facts.asked {
            self.settle(&facts, asked, at, &mut settled);
        }
        self.keep(tx, &settled).await?;
        confirmation::settle(tx.conn(), &settled.next, at).await?;
        confirmation::put_back(
            tx.conn(),
            &self.token,
            &settled.later,
            "receipts_outstanding",
            self.retry_at,
            at,
        )
        .await?;
        self.restore(tx, &facts, &settled).await?;
        doubt::begin(tx, &self.receiver, &settled.wrong, "RecordHolding").await?;
        let reports = settled.wrong.iter().map(|wrong| wrong.report);
        let restored = settled.restored.iter().filter_map(|(id, _)| facts.sent.get(id));
        Ok(Recorded {
            reports: reports.chain(restored.map(|sent| sent.report)).collect(),
            wrong: settled.wrong,
        })
    }
}

/// What becomes of each that was asked about.
#[derive(Default)]
struct Settled {
    findings: Vec<(TransmissionId, &'static str)>,
    next: Vec<Next>,
    /// To be asked again soon.
    later: Vec<TransmissionId>,
    /// Whose doubt ends, with the children as their receipts say.
    restored: Vec<(TransmissionId, Vec<ChildRow>)>,
    wrong: Vec<Doubtful>,
}

impl RecordHolding {
    async fn facts(&self, tx: &mut Tx) -> Result<Facts, StoreError> {
        let found = &self.verified.holding.found;
        let ids: Vec<TransmissionId> = found.iter().map(|found| found.transmission).collect();
        let asked = confirmation::still_asked(tx.conn(), &self.token, &ids).await?;
        let ids: Vec<TransmissionId> = asked.iter().map(|asked| asked.transmission).collect();
        let sent = transmission::sent(tx.conn(), &ids).await?;
        let reports: Vec<ReportId> = sent
            .iter()
            .map(|sent| sent.report)
            .collect::<HashSet<_>>()
            .into_iter()
            .collect();
        let mut children: HashMap<_, Vec<ChildRow>> = HashMap::new();
        for child in child::of_reports(tx.conn(), &reports).await? {
            children.entry(child.transmission).or_default().push(child);
        }
        let mut files = HashMap::new();
        if self.with_files {
            for report in &reports {
                let rows = attachment::of_report(tx.conn(), report).await?;
                files.insert(
                    *report,
                    rows.into_iter().map(|file| (file.attachment, file.sha256)).collect(),
                );
            }
        }
        Ok(Facts {
            receipts: receipt::last(tx.conn(), &ids).await?,
            doubts: doubts::of_transmissions(tx.conn(), &ids).await?,
            sent: sent.into_iter().map(|sent| (sent.transmission, sent)).collect(),
            children,
            files,
            asked,
        })
    }

    fn settle(&self, facts: &Facts, asked: &Asked, at: Timestamp, settled: &mut Settled) {
        let id = asked.transmission;
        let (Some(sent), Some(presence)) = (facts.sent.get(&id), self.verified.holding.of(&id)) else {
            return;
        };
        let children = facts.children.get(&id).map_or(&[][..], Vec::as_slice);
        let proven = match self.proven(facts, sent, children) {
            Some(proven) => proven,
            // A receipt was applied since they were verified.
            None => return settled.later.push(id),
        };
        let none = HashMap::new();
        let known = Known {
            digest: sent.content_sha256,
            receipts: facts.receipts.get(&id).copied(),
            stored_anew: facts.doubts.iter().any(|doubt| doubt.transmission == id && doubt.lost),
            children: proven.iter().collect(),
            files: facts.files.get(&sent.report).unwrap_or(&none),
        };
        let first = self.schedule.first();
        let soon = at.saturating_add(first).unwrap_or(Timestamp::MAX);
        match known.judge(presence) {
            Verdict::Right | Verdict::Ahead if !sent.doubted => {
                settled.findings.push((id, "held"));
                settled.next.push(self.held(asked, &proven, at));
            }
            Verdict::Right => {
                settled.findings.push((id, "held"));
                settled.next.push(self.held(asked, &proven, at));
                settled.restored.push((id, proven));
            }
            // What the receiver has stated since may be that it stored it anew.
            Verdict::Ahead => {
                settled.findings.push((id, "ahead"));
                settled.later.push(id);
            }
            Verdict::NotUnderstood => {
                settled.findings.push((id, "unknown"));
                settled.later.push(id);
            }
            Verdict::Wrong(finding) => {
                settled.findings.push((id, finding.word()));
                settled.next.push(Next {
                    transmission: id,
                    // What is sent again is asked for after it was handed over; at once, but only the first time.
                    due_at: (!finding.is_loss()).then_some(soon),
                    held: false,
                    doubted: true,
                    wait_after: if sent.doubted {
                        first
                    } else {
                        jiff::SignedDuration::ZERO
                    },
                });
                settled.wrong.push(Doubtful {
                    transmission: id,
                    report: sent.report,
                    finding,
                });
            }
        }
    }

    fn held(&self, asked: &Asked, children: &[ChildRow], at: Timestamp) -> Next {
        Next {
            transmission: asked.transmission,
            due_at: (!children.iter().all(is_done)).then(|| self.schedule.next(asked.held_since, at)),
            held: true,
            doubted: false,
            wait_after: self.schedule.first(),
        }
    }

    /// The children of a transmission as their receipts say, whatever is doubted now. `None` when receipts have come since
    /// those at hand.
    fn proven(&self, facts: &Facts, sent: &Sent, children: &[ChildRow]) -> Option<Vec<ChildRow>> {
        if !sent.doubted {
            return Some(children.to_vec());
        }
        let proofs = self.proofs.get(&sent.transmission)?;
        let last = facts.receipts.get(&sent.transmission).map(|(_, last)| last.sequence);
        if proofs.last().map(|claims| claims.sequence) != last {
            return None;
        }
        let submitted = children.iter().map(|child| ChildRow {
            state: if child.state.stage().is_ended() {
                child.state.clone()
            } else {
                ChildState::Queued {
                    since: sent.submitted_at,
                }
            },
            ..child.clone()
        });
        // The doubt that is open is the one in question; those before it have ended.
        let mut before: Vec<Doubt> = facts.doubts.clone();
        before.retain(|doubt| doubt.transmission == sent.transmission);
        before.pop();
        let mut replay = Replay::of(vec![sent.clone()], submitted.collect(), before);
        for claims in proofs {
            replay.believe(claims, &self.receiver).ok()?;
        }
        Some(replay.children())
    }

    /// Keeps the answer as it came, with what it came to.
    async fn keep(&self, tx: &mut Tx, settled: &Settled) -> Result<(), StoreError> {
        if settled.findings.is_empty() {
            return Ok(());
        }
        let at = tx.at();
        let new = NewHolding {
            id: &self.id,
            receiver: self.receiver,
            nonce: self.verified.holding.nonce,
            jws: &self.jws,
            sha256: self.verified.sha256,
            stated_at: self.verified.holding.time,
        };
        holding::insert(tx.conn(), &new, &settled.findings, at).await?;
        let held = settled
            .findings
            .iter()
            .filter(|(_, finding)| *finding == "held")
            .count();
        tx.record(LedgerEntry {
            kind: "holding_recorded",
            subject: self.receiver.to_string(),
            actor: self.receiver.to_string(),
            data: format!(
                "{held} of {} held, sha256 {}",
                settled.findings.len(),
                self.verified.sha256
            ),
        });
        Ok(())
    }

    /// The right answer came: children become again what their receipts say.
    async fn restore(&self, tx: &mut Tx, facts: &Facts, settled: &Settled) -> Result<(), StoreError> {
        if settled.restored.is_empty() {
            return Ok(());
        }
        let at = tx.at();
        let moved: Vec<&ChildRow> = settled.restored.iter().flat_map(|(_, children)| children).collect();
        child::update(tx.conn(), &moved, at, "RecordHolding").await?;
        let before = facts.children.values().flatten();
        let before: HashMap<_, _> = before
            .map(|row| ((row.transmission, row.child), row.state.stage()))
            .collect();
        let from = moved
            .iter()
            .filter_map(|row| Some((*row, *before.get(&(row.transmission, row.child))?)));
        redirect::note(tx, &self.receiver, &from.collect::<Vec<_>>()).await?;
        let ids: Vec<TransmissionId> = settled.restored.iter().map(|(id, _)| *id).collect();
        let reports: HashSet<ReportId> = moved.iter().map(|child| child.report).collect();
        let reports: Vec<ReportId> = reports.into_iter().collect();
        report::derive_from(tx.conn(), &reports, at, "RecordHolding").await?;
        doubts::end(tx.conn(), &ids, EndedBy::Holding, at).await?;
        for id in &ids {
            tx.record(LedgerEntry {
                kind: "holding_confirmed_again",
                subject: id.to_string(),
                actor: self.receiver.to_string(),
                data: facts
                    .sent
                    .get(id)
                    .map_or_else(String::new, |sent| format!("digest {}", sent.content_sha256)),
            });
        }
        let unanswered = Finding::Unanswered;
        if !doubts::any_open(tx.conn(), &self.receiver, unanswered.word()).await? {
            tasks::settle(tx, unanswered.task(), self.receiver.as_str(), "answered").await?;
        }
        Ok(())
    }
}
