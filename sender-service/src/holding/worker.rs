//! The worker that asks one receiver. `step` does a bounded piece of work; `run` only loops.

use std::{collections::HashMap, num::NonZeroU32, sync::Arc, time::Duration};

use framme_shared::{
    db::StoreError,
    domain::{ids::TransmissionId, receipt::ReceiptClaims, retry::Backoff},
    runtime::shutdown::{Shutdown, TaskError},
};
use jiff::Timestamp;

use super::{
    Doubtful,
    ask::{Answer, CALL_LIMIT, NoAnswer, ask},
    faulty,
    questions::ClaimQuestions,
    record::RecordHolding,
    silence::{DoubtUnanswered, PutBack},
};
use crate::{
    config::ConfirmationConfig,
    context::Context,
    peer::Peer,
    store::{
        confirmation::{self, Claimed},
        receipt, receiver,
    },
};

/// After storage has failed.
const STORAGE_PAUSE: Duration = Duration::from_secs(1);

/// What a step left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Something was done; there may be more.
    Worked,
    /// Nothing is due before this.
    Idle {
        /// When to look again.
        until: Timestamp,
    },
}

/// Asks one receiver whether it still holds what it has confirmed.
pub struct HoldingWorker {
    context: Arc<Context>,
    peer: Peer,
    config: ConfirmationConfig,
    backoff: Backoff,
    /// Questions in a row that were not answered.
    failures: u32,
    /// Nothing is asked before this.
    pause_until: Timestamp,
}

impl HoldingWorker {
    /// A worker that has asked nothing.
    pub fn new(context: Arc<Context>, peer: Peer, config: &ConfirmationConfig, backoff: Backoff) -> Self {
        Self {
            context,
            peer,
            config: config.clone(),
            backoff,
            failures: 0,
            pause_until: Timestamp::MIN,
        }
    }

    /// Steps until a stop is asked for. A question under way is left alone then: its lease runs out.
    ///
    /// # Errors
    /// Never: what fails is tried again.
    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), TaskError> {
        loop {
            let stepped = tokio::select! {
                () = shutdown.soft().cancelled() => return Ok(()),
                stepped = self.step() => stepped,
            };
            let until = match stepped {
                Ok(Step::Worked) => continue,
                Ok(Step::Idle { until }) => until,
                Err(error) => {
                    tracing::error!(%error, receiver.organisation = %self.peer.organisation(), "Questions to a receiver cannot use the database");
                    later(self.context.clock.now(), STORAGE_PAUSE)
                }
            };
            tokio::select! {
                () = shutdown.soft().cancelled() => return Ok(()),
                () = self.context.clock.sleep_until(until) => {}
            }
        }
    }

    /// Looks for what faulty software made, doubts what was not answered in time, and asks what is due: at most as many
    /// transmissions as one question holds.
    ///
    /// # Errors
    /// When storage fails. What was asked is then asked again when its lease has run out.
    pub async fn step(&mut self) -> Result<Step, StoreError> {
        let receiver = self.peer.organisation();
        if faulty::look(&self.context, &receiver).await? {
            return Ok(Step::Worked);
        }
        if self.doubt_unanswered().await? {
            return Ok(Step::Worked);
        }
        let now = self.context.clock.now();
        if now < self.pause_until {
            return Ok(Step::Idle {
                until: self.pause_until.min(later(now, self.config.poll())),
            });
        }
        let idle = Step::Idle {
            until: later(now, self.config.poll()),
        };
        if !confirmation::any_due(self.context.database.reader(), &receiver, now).await? {
            return Ok(idle);
        }
        let claim = ClaimQuestions {
            receiver,
            token: self.context.random.new_uuid().to_string(),
            lease: self.config.lease(),
            limit: self.config.batch,
        };
        let token = claim.token.clone();
        let claimed = self.context.database.change(claim).await?;
        self.ask_all(claimed, &token).await?;
        Ok(Step::Worked)
    }

    /// `true` when there may be more.
    async fn doubt_unanswered(&self) -> Result<bool, StoreError> {
        let receiver = self.peer.organisation();
        let grace = self.config.grace();
        let before = self.context.clock.now().saturating_sub(grace).unwrap_or(Timestamp::MIN);
        if !confirmation::any_overdue(self.context.database.reader(), &receiver, before).await? {
            return Ok(false);
        }
        let doubted = self
            .context
            .database
            .change(DoubtUnanswered { receiver, grace })
            .await?;
        self.follow_up(&doubted, doubted.iter().map(|doubtful| doubtful.report).collect());
        Ok(!doubted.is_empty())
    }

    /// Asks about those without files by one question, and about each that has files by one of its own, as long as the claim
    /// gives time.
    async fn ask_all(&mut self, claimed: Vec<Claimed>, token: &str) -> Result<(), StoreError> {
        let reads_files = self.config.with_attachments;
        let (with_files, plain): (Vec<Claimed>, Vec<Claimed>) = claimed
            .into_iter()
            .partition(|claimed| reads_files && claimed.has_files);
        let begun = self.context.clock.now();
        let last_begin = later(begun, self.config.lease().saturating_sub(CALL_LIMIT));
        let questions = [plain].into_iter().chain(with_files.into_iter().map(|one| vec![one]));
        for (place, question) in questions.enumerate() {
            if question.is_empty() {
                continue;
            }
            let out_of_time = place > 0 && self.context.clock.now() >= last_begin;
            if out_of_time || self.context.clock.now() < self.pause_until {
                // Not tried, so not before the others.
                self.put_back(
                    token,
                    &question,
                    "not_asked_yet",
                    self.context.clock.now().max(self.pause_until),
                )
                .await?;
                continue;
            }
            self.ask_one(&question, token, place > 0).await?;
        }
        Ok(())
    }

    async fn ask_one(&mut self, question: &[Claimed], token: &str, with_files: bool) -> Result<(), StoreError> {
        let ids: Vec<TransmissionId> = question.iter().map(|claimed| claimed.transmission).collect();
        let answer = if self.is_distrusted().await? {
            Err(NoAnswer {
                failure: "receiver_distrusted",
                for_a_person: false,
            })
        } else {
            ask(&self.context, &self.peer, &ids, with_files).await
        };
        match answer {
            Ok(answer) => self.record(question, token, answer, with_files).await,
            Err(no_answer) => self.unanswered(question, token, no_answer).await,
        }
    }

    async fn is_distrusted(&self) -> Result<bool, StoreError> {
        let row = receiver::look_up(self.context.database.reader(), &self.peer.organisation()).await?;
        Ok(row.is_none_or(|row| row.distrusted_reason.is_some()))
    }

    async fn record(
        &mut self,
        question: &[Claimed],
        token: &str,
        answer: Answer,
        with_files: bool,
    ) -> Result<(), StoreError> {
        self.failures = 0;
        let now = self.context.clock.now();
        let record = RecordHolding {
            receiver: self.peer.organisation(),
            token: token.to_owned(),
            id: self.context.random.new_uuid_at(now).to_string(),
            jws: answer.jws,
            verified: answer.verified,
            proofs: self.proofs(question).await?,
            schedule: self.context.confirmation.clone(),
            retry_at: later(now, self.wait(1)),
            with_files,
        };
        let recorded = self.context.database.change(record).await?;
        self.follow_up(&recorded.wrong, recorded.reports);
        Ok(())
    }

    /// After the commit: those who follow, the log, and the worker that sends again.
    fn follow_up(&self, doubtful: &[Doubtful], reports: Vec<framme_shared::domain::ids::ReportId>) {
        let receiver = self.peer.organisation();
        self.context.followers.tell(&reports);
        if doubtful.iter().any(|doubtful| doubtful.finding.is_loss()) {
            self.context.windows.ring(&receiver);
        }
        if !doubtful.is_empty() {
            tracing::error!(receiver.organisation = %receiver, transmissions = doubtful.len(),
                "A receiver does not confirm what it has receipted; it does not count as delivered");
        }
    }

    /// The receipts about those in doubt, as far as they verify: they verified when they came.
    async fn proofs(&self, question: &[Claimed]) -> Result<HashMap<TransmissionId, Vec<ReceiptClaims>>, StoreError> {
        let doubted = question.iter().filter(|claimed| claimed.doubted);
        let doubted: Vec<TransmissionId> = doubted.map(|claimed| claimed.transmission).collect();
        let mut proofs: HashMap<TransmissionId, Vec<ReceiptClaims>> = HashMap::new();
        if doubted.is_empty() {
            return Ok(proofs);
        }
        let mut conn = self.context.database.reader().acquire().await?;
        let receipts = receipt::of_transmissions(&mut conn, &doubted).await?;
        drop(conn);
        let now = self.context.clock.now();
        for receipt in receipts {
            if let Ok(verified) = self.peer.trust.verify(&receipt.jws, &self.peer.pair, now) {
                proofs
                    .entry(receipt.transmission)
                    .or_default()
                    .push(verified.into_claims());
            }
        }
        Ok(proofs)
    }

    async fn unanswered(&mut self, question: &[Claimed], token: &str, no_answer: NoAnswer) -> Result<(), StoreError> {
        let receiver = self.peer.organisation();
        let NoAnswer { failure, for_a_person } = no_answer;
        if for_a_person {
            tracing::error!(receiver.organisation = %receiver, failure, "A receiver's answer whether it still holds reports cannot be believed; a person must look, and it is asked again");
        } else {
            tracing::info!(receiver.organisation = %receiver, failure, "A receiver does not answer whether it still holds reports, and is asked again");
        }
        self.failures = self.failures.saturating_add(1);
        self.pause_until = later(self.context.clock.now(), self.wait(self.failures));
        self.put_back(token, question, failure, self.pause_until).await
    }

    async fn put_back(
        &self,
        token: &str,
        question: &[Claimed],
        failure: &'static str,
        next_attempt_at: Timestamp,
    ) -> Result<(), StoreError> {
        let put_back = PutBack {
            token: token.to_owned(),
            transmissions: question.iter().map(|claimed| claimed.transmission).collect(),
            failure,
            next_attempt_at,
        };
        self.context.database.change(put_back).await
    }

    fn wait(&self, failures: u32) -> Duration {
        let failures = NonZeroU32::new(failures).unwrap_or(NonZeroU32::MIN);
        self.backoff.delay(failures, self.context.random.next_u64())
    }
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}
