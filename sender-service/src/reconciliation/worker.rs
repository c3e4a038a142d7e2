//! The worker of one receiver. `step` does one thing at most; `run` only loops.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use framme_shared::{
    db::{Change, StoreError, Tx},
    domain::{ids::RequestId, organisation::OrganisationNumber, retry::Backoff},
    runtime::shutdown::{Shutdown, TaskError},
};
use jiff::{Timestamp, civil::Date};

use super::{
    ask::Ask,
    dialogue::{self, Broken, Job},
    end::EndReconciliation,
    numbers::{self, NumbersFound},
    schedule::Schedule,
    treatment,
};
use crate::{
    config::ReconciliationConfig,
    context::Context,
    outbox::Failure,
    peer::Peer,
    store::reconciliation::{self, NewReconciliation, Reconciliation},
};

/// A comparison that takes longer is another worker's.
const LEASE: Duration = Duration::from_secs(3_600);
/// How often an idle worker looks for comparisons that were asked for.
const POLL: Duration = Duration::from_secs(5);
/// A service that has just started has more urgent things to do.
const SETTLE_IN: Duration = Duration::from_secs(60);
/// Between attempts at a comparison.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(3_600));

/// What a step did.
#[derive(Debug)]
pub enum Step {
    /// The receiver was asked about numbers.
    Numbers(NumbersFound),
    /// A comparison came to its end.
    Compared(RequestId),
    /// A comparison or a question failed, and is tried again.
    Failed(&'static str),
    /// A comparison was asked for, as planned.
    Planned,
    /// Nothing is due before this.
    Idle {
        /// When to look again.
        until: Timestamp,
    },
}

/// Compares with one receiver.
pub struct ReconciliationWorker {
    context: Arc<Context>,
    peer: Peer,
    schedule: Option<Schedule>,
    numbers_every: Duration,
    second_look: Duration,
    backoff: Backoff,
    numbers_at: Timestamp,
    plan_from: Timestamp,
    /// The day that was planned last.
    planned: Option<Date>,
}

impl ReconciliationWorker {
    /// A worker that has not asked anything.
    ///
    /// # Errors
    /// Never with the built-in waits.
    pub fn new(context: Arc<Context>, peer: Peer, config: &ReconciliationConfig) -> Self {
        let now = context.clock.now();
        let numbers_every = Duration::from_secs(config.numbers_seconds);
        Self {
            schedule: config.scheduled.then(|| Schedule::new(config.hour, config.days)),
            numbers_every,
            second_look: Duration::from_secs(config.second_look_seconds),
            backoff: Backoff::new(BACKOFF.0, BACKOFF.1)
                .expect("a minute is less than an hour, and no longer than a backoff may be"),
            numbers_at: later(now, numbers_every),
            plan_from: later(now, SETTLE_IN),
            planned: None,
            context,
            peer,
        }
    }

    /// Steps until a stop is asked for.
    ///
    /// # Errors
    /// Never: what fails is tried again.
    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), TaskError> {
        loop {
            let stepped = tokio::select! {
                // A comparison that is cut off has changed nothing, and is made anew when its lease has run out.
                () = shutdown.soft().cancelled() => return Ok(()),
                stepped = self.step() => stepped,
            };
            let until = match stepped {
                Ok(Step::Idle { until }) => until,
                Ok(_) => continue,
                Err(error) => {
                    tracing::error!(%error, receiver.organisation = %self.peer.organisation(), "Reconciliation cannot use its database");
                    later(self.context.clock.now(), POLL)
                }
            };
            tokio::select! {
                () = shutdown.soft().cancelled() => return Ok(()),
                () = self.context.clock.sleep_until(until) => {}
            }
        }
    }

    /// Plans, asks about numbers, or carries out one comparison: whatever is due first.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn step(&mut self) -> Result<Step, StoreError> {
        let now = self.context.clock.now();
        // What a distrusted receiver says is not believed, here neither.
        if self.peer.is_distrusted() {
            return Ok(Step::Idle {
                until: later(now, POLL),
            });
        }
        if self.plan(now).await? {
            return Ok(Step::Planned);
        }
        if self.numbers_at <= now {
            self.numbers_at = later(now, self.numbers_every);
            return self.numbers().await;
        }
        let receiver = self.peer.organisation();
        if reconciliation::is_due(self.context.database.reader(), &receiver, now).await? {
            let token = self.context.random.new_uuid().to_string();
            let claim = Claim {
                receiver,
                token: token.clone(),
            };
            if let Some(claimed) = self.context.database.change(claim).await? {
                return self.carry_out(claimed, token).await;
            }
        }
        let until = later(now, POLL).min(self.numbers_at);
        Ok(Step::Idle { until })
    }

    /// Asks for the comparison of the day. `true` when it is new.
    async fn plan(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        let Some(schedule) = self.schedule.as_ref().filter(|_| self.plan_from <= now) else {
            return Ok(false);
        };
        let Some(day) = schedule.day(now).filter(|day| self.planned != Some(*day)) else {
            return Ok(false);
        };
        let Some(planned) = schedule.of(day) else {
            return Ok(false);
        };
        let id = RequestId::from_uuid(self.context.random.new_uuid_at(now)).map_err(|_| StoreError::Missing)?;
        let ask = Ask(NewReconciliation {
            id,
            receiver: self.peer.organisation(),
            occasion: planned.occasion,
            period: planned.period,
            requested_by: "sender".to_owned(),
        });
        let asked = self.context.database.change(ask).await?;
        self.planned = Some(day);
        Ok(asked == super::Asked::New)
    }

    /// Asks about numbers, due or not.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn numbers(&self) -> Result<Step, StoreError> {
        match numbers::compare(&self.context, &self.peer).await {
            Ok(found) => Ok(Step::Numbers(found)),
            Err(Broken::Store(error)) => Err(error),
            Err(Broken::Call(failure)) => {
                self.tell(failure, "A receiver could not be asked about its numbers");
                Ok(Step::Failed(failure.code()))
            }
        }
    }

    async fn carry_out(&self, claimed: Reconciliation, token: String) -> Result<Step, StoreError> {
        let begun_at = self.context.clock.now();
        let job = Job {
            id: claimed.id,
            period: claimed.period,
            second_look: self.second_look,
        };
        let outcome = match Box::pin(dialogue::run(&self.context, &self.peer, &job)).await {
            Ok(outcome) => outcome,
            Err(Broken::Store(error)) => {
                self.put_back(&claimed, token, "storage").await?;
                return Err(error);
            }
            Err(Broken::Call(failure)) => {
                self.tell(failure, "A reconciliation broke off and is made anew");
                self.put_back(&claimed, token, failure.code()).await?;
                return Ok(Step::Failed(failure.code()));
            }
        };
        let (context, receiver) = (&self.context, self.peer.organisation());
        let treatment = treatment::work_out(
            context,
            &self.peer,
            &claimed.period,
            &outcome.differences,
            &outcome.theirs,
        )
        .await?;
        let (entries, differences) = (outcome.findings.sender.entries, outcome.findings.total());
        let end = EndReconciliation {
            receiver,
            token,
            begun_at,
            outcome,
            treatment,
        };
        let concluded = context.database.change(end).await?;
        if concluded.sent_again > 0 {
            context.windows.ring(&receiver);
        }
        context.followers.tell(&concluded.reports);
        if concluded.ended {
            tracing::info!(receiver.organisation = %receiver, reconciliation.id = %claimed.id, reconciliation.entries = entries,
                reconciliation.differences = differences, "A reconciliation was signed by both sides");
        }
        Ok(Step::Compared(claimed.id))
    }

    async fn put_back(&self, claimed: &Reconciliation, token: String, failure: &'static str) -> Result<(), StoreError> {
        let failures = NonZeroU32::new(claimed.attempts).unwrap_or(NonZeroU32::MIN);
        let wait = self.backoff.delay(failures, self.context.random.next_u64());
        let back = PutBack {
            id: claimed.id,
            token,
            failure,
            next_attempt_at: later(self.context.clock.now(), wait),
        };
        self.context.database.change(back).await
    }

    fn tell(&self, failure: Failure, what: &'static str) {
        let receiver = self.peer.organisation();
        if failure.is_for_a_person() {
            tracing::error!(receiver.organisation = %receiver, failure = failure.code(), "{what}; a person must look");
        } else {
            tracing::info!(receiver.organisation = %receiver, failure = failure.code(), "{what}");
        }
    }
}

/// Takes the oldest comparison that is due.
struct Claim {
    receiver: OrganisationNumber,
    token: String,
}

impl Change for Claim {
    type Outcome = Option<Reconciliation>;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Option<Reconciliation>, StoreError> {
        let at = tx.at();
        reconciliation::claim(tx.conn(), &self.receiver, &self.token, later(at, LEASE), at).await
    }
}

/// Lets a comparison wait for its next attempt.
struct PutBack {
    id: RequestId,
    token: String,
    failure: &'static str,
    next_attempt_at: Timestamp,
}

impl Change for PutBack {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let at = tx.at();
        reconciliation::put_back(tx.conn(), &self.id, &self.token, self.failure, self.next_attempt_at, at).await
    }
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}
