//! The change that ends a comparison: its signed results are kept, and what can be done about each difference is done in the
//! same transaction, or is a person's task from here on.

use std::collections::{HashMap, HashSet};

use framme_shared::{
    db::{
        Change, LedgerEntry, StoreError, Tx,
        tasks::{self, Desk, NewTask},
    },
    domain::{
        digest::Digest,
        ids::{ChildId, ReportId, TransmissionId},
        lifecycle::Stage,
        organisation::OrganisationNumber,
        reconciliation::{Class, Difference},
    },
};
use jiff::Timestamp;

use super::{
    dialogue::Outcome,
    lost::SendAgain,
    treatment::{Replay, Treatment},
};
use crate::{
    redirect,
    store::{
        child::{self, ChildRow},
        reconciliation::{self, Ended, Treated},
        report::{self, Derived},
        transmission,
    },
};

/// Ends a comparison.
pub(super) struct EndReconciliation {
    pub(super) receiver: OrganisationNumber,
    /// Of the lease.
    pub(super) token: String,
    pub(super) begun_at: Timestamp,
    pub(super) outcome: Outcome,
    pub(super) treatment: Treatment,
}

/// What a comparison's end did.
#[derive(Debug, Default)]
pub(super) struct Concluded {
    /// Whether this worker still had the lease; nothing was changed otherwise.
    pub(super) ended: bool,
    /// How many transmissions are sent again.
    pub(super) sent_again: usize,
    /// Reports whose children moved.
    pub(super) reports: Vec<ReportId>,
}

impl Change for EndReconciliation {
    type Outcome = Concluded;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Concluded, StoreError> {
        let findings = &self.outcome.findings;
        let ended = self.ended(tx.at());
        if !reconciliation::end(tx.conn(), &findings.id, &self.token, &ended).await? {
            return Ok(Concluded::default());
        }
        let missing = self.of_class(Class::MissingAtReceiver);
        let resent = SendAgain {
            receiver: self.receiver,
            numbers: missing.map(|one| one.sequence).collect(),
            asked_at: self.begun_at,
            found_by: "reconciliation",
        };
        let resent = resent.apply(tx).await?;
        let mut remedies: HashMap<u64, &'static str> = resent
            .lost
            .iter()
            .map(|lost| (lost.sequence, if lost.sent_again { "sent_again" } else { "task" }))
            .collect();
        let mut reports = resent.reports;
        let in_doubt = self.in_doubt(tx).await?;
        remedies.extend(in_doubt.iter().map(|sequence| (*sequence, "in_doubt")));
        for replay in &self.treatment.replays {
            if in_doubt.contains(&replay.sequence) {
                continue;
            }
            if replay_receipts(tx, replay, &self.receiver).await? {
                remedies.insert(replay.sequence, "receipts_replayed");
                reports.push(replay.report);
            }
        }
        let mut treated = Vec::with_capacity(self.outcome.differences.len());
        for difference in &self.outcome.differences {
            treated.push(self.treat(tx, *difference, &remedies).await?);
        }
        let at = tx.at();
        reconciliation::insert_differences(tx.conn(), &findings.id, &treated, at).await?;
        self.settle(tx).await?;
        tx.record(LedgerEntry {
            kind: "reconciliation_ended",
            subject: findings.id.to_string(),
            actor: "sender".to_owned(),
            data: format!(
                "with {}: {} match, {} do not, results {} and {}",
                self.receiver,
                findings.matched,
                findings.total(),
                Digest::of(self.outcome.sender_result.as_bytes()),
                Digest::of(self.outcome.receiver_result.as_bytes())
            ),
        });
        Ok(Concluded {
            ended: true,
            sent_again: resent.lost.iter().filter(|lost| lost.sent_again).count(),
            reports,
        })
    }
}

impl EndReconciliation {
    fn ended(&self, at: Timestamp) -> Ended {
        let Outcome {
            findings,
            sender_result,
            receiver_result,
            bytes_moved,
            ..
        } = &self.outcome;
        Ended {
            at,
            sender_entries: findings.sender.entries,
            receiver_entries: findings.receiver.entries,
            matched: findings.matched,
            differences: findings.total(),
            complete: findings.complete,
            bytes_moved: *bytes_moved,
            sender_result: sender_result.clone(),
            receiver_result: receiver_result.clone(),
        }
    }

    fn of_class(&self, class: Class) -> impl Iterator<Item = &Difference> {
        self.outcome.differences.iter().filter(move |one| one.class == class)
    }

    /// Numbers whose children are not where the receiver has them because a doubt about them is open: what ends the doubt
    /// puts them there, and nothing else may.
    async fn in_doubt(&self, tx: &mut Tx) -> Result<HashSet<u64>, StoreError> {
        let moved = self.of_class(Class::DifferentStage);
        let moved: HashMap<TransmissionId, u64> = moved
            .filter_map(|one| Some((self.treatment.rows.get(&one.sequence)?.transmission, one.sequence)))
            .collect();
        let ids: Vec<TransmissionId> = moved.keys().copied().collect();
        let sent = transmission::sent(tx.conn(), &ids).await?;
        let doubted = sent.iter().filter(|sent| sent.doubted);
        Ok(doubted
            .filter_map(|sent| moved.get(&sent.transmission).copied())
            .collect())
    }

    async fn treat(
        &self,
        tx: &mut Tx,
        difference: Difference,
        remedies: &HashMap<u64, &'static str>,
    ) -> Result<Treated, StoreError> {
        let row = self.treatment.rows.get(&difference.sequence);
        let transmission = row.map(|row| row.transmission);
        let remedy = match difference.class {
            // What is not lost any more was handed over, or sent again, while this was compared.
            Class::MissingAtReceiver => remedies.get(&difference.sequence).copied().unwrap_or("under_way"),
            Class::Duplicate => "at_receiver",
            Class::RecordedAsLostButFound => "task_settled",
            Class::DifferentStage | Class::DifferentContent | Class::UnknownToSender => {
                if let Some(remedy) = remedies.get(&difference.sequence) {
                    remedy
                } else {
                    self.raise(tx, &difference, transmission).await?;
                    "task"
                }
            }
        };
        Ok(Treated {
            difference,
            transmission,
            remedy: remedy.to_owned(),
        })
    }

    async fn raise(
        &self,
        tx: &mut Tx,
        difference: &Difference,
        transmission: Option<TransmissionId>,
    ) -> Result<(), StoreError> {
        let task = NewTask {
            kind: difference.class.as_str(),
            subject: match (difference.class, transmission) {
                (Class::UnknownToSender, _) | (_, None) => subject_of_number(&self.receiver, difference.sequence),
                (_, Some(transmission)) => transmission.to_string(),
            },
            desk: Desk::District,
            data: format!(
                "number {} of {}, reconciliation {}",
                difference.sequence, self.receiver, self.outcome.findings.id
            ),
        };
        tasks::raise(tx, task).await?;
        Ok(())
    }

    /// Tasks whose cause a whole comparison found gone.
    async fn settle(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let found: HashSet<u64> = self
            .of_class(Class::RecordedAsLostButFound)
            .map(|one| one.sequence)
            .collect();
        let disagreements = self
            .outcome
            .differences
            .iter()
            .filter(|one| one.class.is_disagreement());
        let differ: HashSet<u64> = disagreements.map(|one| one.sequence).collect();
        if !self.outcome.findings.complete {
            return Ok(());
        }
        for task in &self.treatment.tasks {
            let Ok(class) = Class::parse(&task.kind) else { continue };
            if differ.contains(&task.sequence) || !task.handed_over {
                continue;
            }
            let how = match class {
                Class::MissingAtReceiver if found.contains(&task.sequence) => Class::RecordedAsLostButFound.as_str(),
                Class::MissingAtReceiver => "held_again",
                _ => "matches_now",
            };
            tasks::settle(tx, class.as_str(), &task.transmission.to_string(), how).await?;
        }
        Ok(())
    }
}

/// What names a number of a pair that no transmission stands behind.
fn subject_of_number(receiver: &OrganisationNumber, sequence: u64) -> String {
    format!("{receiver}/{sequence}")
}

/// Puts the children where all their receipts say, unless one of them has moved since that was worked out.
async fn replay_receipts(tx: &mut Tx, replay: &Replay, receiver: &OrganisationNumber) -> Result<bool, StoreError> {
    let mut children = child::of_reports(tx.conn(), &[replay.report]).await?;
    let mut moved = Vec::with_capacity(replay.moves.len());
    for (before, after) in &replay.moves {
        let is_same = |child: &&mut ChildRow| child.child == before.child && child.transmission == before.transmission;
        let now = children.iter_mut().find(is_same);
        match now {
            Some(child) if child.state == before.state => {
                child.state = after.clone();
                moved.push((child.child, before.state.stage()));
            }
            _ => return Ok(false),
        }
    }
    let at = tx.at();
    let of_transmission = || {
        children
            .iter()
            .filter(|child| child.transmission == replay.transmission)
    };
    let from = |id: &ChildId| moved.iter().find(|(child, _)| child == id).map(|(_, before)| *before);
    let rows: Vec<(&ChildRow, Stage)> = of_transmission()
        .filter_map(|child| Some((child, from(&child.child)?)))
        .collect();
    let changed: Vec<&ChildRow> = rows.iter().map(|(child, _)| *child).collect();
    child::update(tx.conn(), &changed, at, "ReplayReceipts").await?;
    redirect::note(tx, receiver, &rows).await?;
    let all: Vec<&ChildRow> = children.iter().collect();
    report::derive(tx.conn(), &[Derived::of(replay.report, &all)], at, "ReplayReceipts").await?;
    tx.record(LedgerEntry {
        kind: "receipts_replayed",
        subject: replay.transmission.to_string(),
        actor: "sender".to_owned(),
        data: format!("{} children are where the receipts of {receiver} say", moved.len()),
    });
    Ok(true)
}
