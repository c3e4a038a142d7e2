//! The worker that asks one receiver whether letters have come. `step` does a bounded piece of work; `run` only loops.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use framme_shared::{
    db::StoreError,
    domain::retry::Backoff,
    runtime::shutdown::{Shutdown, TaskError},
};
use jiff::Timestamp;

use super::{
    ask::{CALL_LIMIT, ask},
    record::{ClaimLetters, RecordAnswers},
};
use crate::{
    config::LettersConfig,
    context::Context,
    peer::Peer,
    store::{
        letter::{self, LetterRow},
        receiver,
    },
};

/// After storage has failed.
const STORAGE_PAUSE: Duration = Duration::from_secs(1);
/// How long a claim holds: a question, and time to record what comes of it.
const LEASE: Duration = CALL_LIMIT.saturating_mul(2);
/// Letters of one question.
const AT_ONCE: usize = framme_shared::domain::letter::MOST_AT_ONCE;

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

/// Asks one receiver whether letters have come.
pub struct LetterWorker {
    context: Arc<Context>,
    peer: Peer,
    config: LettersConfig,
    backoff: Backoff,
}

impl LetterWorker {
    /// A worker that has asked nothing.
    pub fn new(context: Arc<Context>, peer: Peer, config: &LettersConfig, backoff: Backoff) -> Self {
        Self {
            context,
            peer,
            config: config.clone(),
            backoff,
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
                    tracing::error!(%error, receiver.organisation = %self.peer.organisation(), "Questions about letters cannot use the database");
                    later(self.context.clock.now(), STORAGE_PAUSE)
                }
            };
            tokio::select! {
                () = shutdown.soft().cancelled() => return Ok(()),
                () = self.context.clock.sleep_until(until) => {}
            }
        }
    }

    /// Asks about letters that are due, at most as many as one question holds.
    ///
    /// # Errors
    /// When storage fails. What was asked is then asked again when its lease has run out.
    pub async fn step(&mut self) -> Result<Step, StoreError> {
        let receiver = self.peer.organisation();
        let now = self.context.clock.now();
        if !letter::any_due(self.context.database.reader(), &receiver, now).await? {
            return Ok(Step::Idle {
                until: later(now, self.config.poll()),
            });
        }
        let claim = ClaimLetters {
            receiver,
            token: self.context.random.new_uuid().to_string(),
            lease: LEASE,
            limit: AT_ONCE,
        };
        let token = claim.token.clone();
        let claimed = self.context.database.change(claim).await?;
        if claimed.is_empty() {
            return Ok(Step::Worked);
        }
        let failures = claimed.iter().map(|claimed| claimed.failures).max().unwrap_or(0);
        let letters: Vec<LetterRow> = claimed.into_iter().map(|claimed| claimed.row).collect();
        let answer = if self.is_distrusted().await? {
            Err("receiver_distrusted")
        } else {
            ask(&self.context, &self.peer, &letters).await
        };
        let record = match answer {
            Ok(words) => RecordAnswers {
                token,
                words,
                failure: None,
                next_ask_at: later(self.context.clock.now(), self.config.ask_every()),
            },
            Err(failure) => {
                tracing::info!(receiver.organisation = %receiver, failure, "A receiver does not answer whether letters have come, and is asked again");
                RecordAnswers {
                    token,
                    words: Vec::new(),
                    failure: Some(failure),
                    next_ask_at: later(self.context.clock.now(), self.wait(failures.saturating_add(1))),
                }
            }
        };
        let confirmed = self.context.database.change(record).await?;
        if confirmed > 0 {
            tracing::info!(receiver.organisation = %receiver, letters = confirmed, "A receiver says that letters have come");
        }
        Ok(Step::Worked)
    }

    async fn is_distrusted(&self) -> Result<bool, StoreError> {
        let row = receiver::look_up(self.context.database.reader(), &self.peer.organisation()).await?;
        Ok(row.is_none_or(|row| row.distrusted_reason.is_some()))
    }

    fn wait(&self, failures: u32) -> Duration {
        let failures = NonZeroU32::new(failures).unwrap_or(NonZeroU32::MIN);
        self.backoff.delay(failures, self.context.random.next_u64())
    }
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}
