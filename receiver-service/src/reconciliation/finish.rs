//! The end of a comparison: the sender's signed result is checked against what was answered, and both results are stored.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use framme_shared::{
    db::{
        Change, LedgerEntry, Tx,
        tasks::{self, Desk, NewTask},
    },
    domain::{
        digest::Digest,
        jws::{JwsVerifier, Kind},
        organisation::OrganisationNumber,
        reconciliation::{Class, Difference, Findings, LEAF_NUMBERS},
    },
    wire::status::{Cause, Failure},
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    error::Refusal,
    receipts::Notary,
    store::{
        fingerprint::Duplicate,
        reconciliation::{self, NewResult, Signed},
    },
};

/// How far the sender's clock may be ahead or behind.
const CLOCKS: SignedDuration = SignedDuration::from_hours(24);

/// What was answered in a comparison: what a result about it must fit.
pub(super) struct Answered {
    /// What the receiver's own result would say, but for what the sender found: list, counts, digest, matches.
    pub(super) expected: Findings,
    /// Leaves that were asked for.
    pub(super) leaves: BTreeSet<u64>,
    /// Digests of the entries that were told, as told last, by number.
    pub(super) told: BTreeMap<u64, Digest>,
    /// What another sender has reported too.
    pub(super) duplicates: Vec<Duplicate>,
}

impl Answered {
    /// The findings in a sender's signed result, when it is signed by the sender and fits what was answered.
    pub(super) fn check(
        &self,
        jws: &str,
        differences: &[Difference],
        verifier: &JwsVerifier,
        now: Timestamp,
    ) -> Result<Findings, Refusal> {
        let refused = |rule: String| Refusal::from(Failure::invalid_field("result.result", rule));
        let sender = self.expected.pair.sender;
        let verified = match verifier.verify(jws, Kind::Reconciliation, Some(&sender), now) {
            Ok(verified) => verified,
            Err(error) if error.is_ours() => return Err(Failure::StorageUnavailable(Cause::of(&error)).into()),
            Err(error) => return Err(refused(format!("must be signed by the caller: {}", error.reason()))),
        };
        let findings = Findings::read(&verified.payload).map_err(|rule| refused(rule.to_string()))?;
        let drift = findings.time.duration_since(now).abs();
        if findings.time.as_second() != verified.second || drift > CLOCKS {
            return Err(refused("must state the time of its signature".to_owned()));
        }
        if !self.fits(&findings, differences) {
            return Err(refused("must fit what was answered".to_owned()));
        }
        Ok(findings)
    }

    fn fits(&self, findings: &Findings, differences: &[Difference]) -> bool {
        let mut expected = self.expected.clone();
        (expected.counts, expected.listed, expected.all) = Findings::list(differences);
        (expected.matched, expected.complete) = (findings.matched, findings.complete);
        let most = expected.sender.entries.min(expected.receiver.entries);
        findings.agrees_with(&expected)
            && findings.over.is_none()
            && findings.matched <= most
            && differences.is_sorted_by(|one, next| (one.sequence, one.class) < (next.sequence, next.class))
            && differences.iter().all(|difference| self.has(difference))
    }

    /// Whether this difference can have come out of what was answered.
    fn has(&self, difference: &Difference) -> bool {
        let told = self.told.get(&difference.sequence).copied();
        match difference.class {
            Class::Duplicate => self
                .duplicates
                .iter()
                .any(|duplicate| duplicate.sequence == difference.sequence),
            // What was recorded as lost stands in the sender's own books.
            Class::RecordedAsLostButFound => difference.sequence > 0,
            _ => {
                difference.sequence > 0
                    && self.leaves.contains(&((difference.sequence - 1) / LEAF_NUMBERS))
                    && difference.at_receiver == told
                    && difference.at_sender != told
                    && match difference.class {
                        Class::MissingAtReceiver => told.is_none(),
                        Class::UnknownToSender => difference.at_sender.is_none(),
                        _ => told.is_some() && difference.at_sender.is_some(),
                    }
            }
        }
    }
}

/// Stores a comparison's result with an own signed one over the same facts.
pub(super) struct FinishReconciliation {
    pub(super) notary: Arc<Notary>,
    /// What the sender found.
    pub(super) findings: Findings,
    /// As the sender signed it.
    pub(super) sender_result: String,
    /// All of them.
    pub(super) differences: Vec<Difference>,
    /// What another sender has reported too, of the findings.
    pub(super) duplicates: Vec<Duplicate>,
}

impl Change for FinishReconciliation {
    /// The own signed result.
    type Outcome = String;
    type Error = Refusal;

    async fn apply(&self, tx: &mut Tx) -> Result<String, Refusal> {
        let sender = self.findings.pair.sender;
        let at = tx.at();
        let signed = Signed {
            receiver: self.sign(at)?,
            sender: self.sender_result.clone(),
        };
        let result = NewResult {
            sender: &sender,
            findings: &self.findings,
            signed: &signed,
            differences: &self.differences,
        };
        reconciliation::insert(tx.conn(), result, at).await?;
        self.raise(tx, &sender).await?;
        tx.record(LedgerEntry {
            kind: "reconciliation_signed",
            subject: self.findings.id.to_string(),
            actor: sender.to_string(),
            data: format!(
                "{} match, {} do not, own result {}",
                self.findings.matched,
                self.findings.total(),
                Digest::of(signed.receiver.as_bytes())
            ),
        });
        Ok(signed.receiver)
    }
}

impl FinishReconciliation {
    fn sign(&self, at: Timestamp) -> Result<String, Refusal> {
        let own = Findings {
            time: at,
            over: Some(Digest::of(self.sender_result.as_bytes())),
            ..self.findings.clone()
        };
        let payload = own.write().map_err(|error| Failure::Internal(Cause::of(&error)))?;
        let signed = self
            .notary
            .signing()
            .sign(Kind::Reconciliation, at.as_second(), &payload);
        signed.ok_or_else(|| Failure::Internal(Cause::saying("a result could not be signed")).into())
    }

    /// Two districts that report one event: the intake decides whose children are whose.
    async fn raise(&self, tx: &mut Tx, sender: &OrganisationNumber) -> Result<(), Refusal> {
        for duplicate in &self.duplicates {
            let task = NewTask {
                kind: "duplicate_event",
                subject: duplicate.id.to_string(),
                desk: Desk::Intake,
                data: format!(
                    "transmission {} of {sender} is about an event that another sender has reported too",
                    duplicate.sequence
                ),
            };
            tasks::raise(tx, task).await?;
        }
        Ok(())
    }
}
