//! The worker that states each day to one receiver. `step` does what is due; `run` only loops.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use framme_shared::{
    db::{
        StoreError,
        statements::{self, RecordLook, RecordMissed, RecordRefused, Unanswered},
        tasks::Desk,
    },
    domain::{
        retry::Backoff,
        statement::{Schedule, Verdict, compare},
    },
    runtime::{
        connect::{CallFailure, classify},
        shutdown::{Shutdown, TaskError},
        telemetry::Causes,
    },
    wire::{
        pb::{
            exchange::{ExchangeStatementRequest, statement_service_client::StatementServiceClient},
            report::ErrorReason,
        },
        status::{no_answer, reason_of},
    },
};
use jiff::{Timestamp, civil::Date};
use tonic::{Code, Status, transport::Channel};

use super::{
    count::look,
    exchange::{NotTaken, believe, take},
    make::{NotMade, make},
};
use crate::{context::Context, peer::Peer};

/// An exchange takes at most this: the receiver counts a day for it.
const CALL_LIMIT: Duration = Duration::from_secs(30);
/// The longest time between two looks at what is due: other replicas, and a clock that is set.
const AT_LEAST_EVERY: Duration = Duration::from_secs(900);
/// As long as something is open.
const WHILE_OPEN: Duration = Duration::from_secs(60);
/// Days exchanged, compared or missed at once.
const AT_ONCE: u32 = 31;

/// What a step left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There is more.
    Worked,
    /// Nothing is due before this.
    Idle {
        /// When to look again.
        until: Timestamp,
    },
}

/// What came of giving a statement.
enum Gave {
    /// The receiver's is stored, or this one is not to be given again.
    Done,
    /// It is to be given again, later.
    Failed,
    /// As is every other.
    Unreachable,
}

/// States each day to one receiver, and takes what the receiver states.
pub struct StatementWorker {
    context: Arc<Context>,
    peer: Peer,
    client: StatementServiceClient<Channel>,
    schedule: Schedule,
    backoff: Backoff,
    failures: u32,
    /// The receiver is not called before this.
    call_from: Timestamp,
}

impl StatementWorker {
    /// A worker that has done nothing yet.
    pub fn new(context: Arc<Context>, peer: Peer, channel: Channel, schedule: Schedule, backoff: Backoff) -> Self {
        Self {
            context,
            peer,
            client: StatementServiceClient::new(channel),
            schedule,
            backoff,
            failures: 0,
            call_from: Timestamp::MIN,
        }
    }

    /// Steps until a stop is asked for.
    ///
    /// # Errors
    /// Never: what fails is tried again.
    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), TaskError> {
        loop {
            let stepped = tokio::select! {
                // What a step leaves half done is done again from what is stored.
                () = shutdown.soft().cancelled() => return Ok(()),
                stepped = self.step() => stepped,
            };
            let until = match stepped {
                Ok(Step::Worked) => continue,
                Ok(Step::Idle { until }) => until,
                Err(error) => {
                    tracing::error!(error = %Causes(&error), receiver.organisation = %self.peer.organisation(),
                        "A daily statement cannot be made or stored");
                    later(self.context.clock.now(), WHILE_OPEN)
                }
            };
            tokio::select! {
                () = shutdown.soft().cancelled() => return Ok(()),
                () = self.context.clock.sleep_until(until) => {}
            }
        }
    }

    /// Makes the statements that are due, at most of 31 days; gives those that the receiver has not answered to it; looks
    /// again at those that did not agree; and says which have not come in time.
    ///
    /// # Errors
    /// When storage or signing fails; what was done stays done.
    pub async fn step(&mut self) -> Result<Step, NotMade> {
        let made = self.state().await?;
        let open = self.exchange().await?;
        self.look_again().await?;
        self.miss().await?;
        if made >= AT_ONCE as usize {
            return Ok(Step::Worked);
        }
        let now = self.context.clock.now();
        let pause = if open {
            later(now, WHILE_OPEN).min(self.call_from.max(now))
        } else {
            later(now, AT_LEAST_EVERY)
        };
        Ok(Step::Idle {
            until: pause.min(self.schedule.next(now)),
        })
    }

    /// Makes what is due. Returns how many.
    async fn state(&self) -> Result<usize, NotMade> {
        let (receiver, now) = (self.peer.organisation(), self.context.clock.now());
        let stated = statements::days_stated(self.context.database.reader(), &receiver).await?;
        let due = self.schedule.due(&stated, now);
        for day in &due {
            make(&self.context, self.peer.pair, *day).await?;
        }
        Ok(due.len())
    }

    /// Gives own statements to the receiver, oldest first. A day that it does not answer for holds up no other, and a
    /// receiver that cannot be reached is not called for each of them. `true` while some are open.
    async fn exchange(&mut self) -> Result<bool, StoreError> {
        let receiver = self.peer.organisation();
        let (mut after, mut open) = (None, false);
        loop {
            let pool = self.context.database.reader();
            let page = statements::unanswered(pool, &receiver, after, AT_ONCE).await?;
            let Some(last) = page.last() else {
                break;
            };
            after = Some(last.day);
            for own in page.into_iter().filter(|own| !own.refused) {
                if self.context.clock.now() < self.call_from {
                    return Ok(true);
                }
                match self.give(own).await? {
                    Gave::Done => {}
                    Gave::Failed => open = true,
                    Gave::Unreachable => {
                        self.try_later();
                        return Ok(true);
                    }
                }
            }
        }
        if open {
            self.try_later();
        } else {
            self.failures = 0;
        }
        Ok(open)
    }

    async fn give(&self, own: Unanswered) -> Result<Gave, StoreError> {
        let (receiver, day) = (self.peer.organisation(), own.day);
        let request = ExchangeStatementRequest { statement: own.text };
        let mut client = self.client.clone();
        let answer = tokio::select! {
            answer = client.exchange_statement(request) => answer,
            () = self.context.clock.sleep(CALL_LIMIT) => Err(no_answer()),
        };
        match answer {
            Ok(answer) => match take(&self.context, &self.peer, day, answer.into_inner().statement).await {
                Ok(()) => Ok(Gave::Done),
                Err(NotTaken::Store(error)) => Err(error),
                Err(error) => {
                    tracing::error!(error = %Causes(&error), receiver.organisation = %receiver, statement.day = %day,
                        "A receiver's daily statement is not taken");
                    Ok(Gave::Failed)
                }
            },
            Err(status) if reason_of(&status) == Some(ErrorReason::ContentDiffers) => {
                let refused = RecordRefused {
                    peer: receiver,
                    day,
                    desk: Desk::District,
                };
                self.context.database.change(refused).await?;
                Ok(Gave::Done)
            }
            Err(status) => Ok(self.failed(&status, day)),
        }
    }

    fn failed(&self, status: &Status, day: Date) -> Gave {
        let receiver = self.peer.organisation();
        match classify(status) {
            CallFailure::Certificate(fault) => {
                tracing::error!(receiver.organisation = %receiver, failure = fault.code(),
                    "A certificate is refused; a person must look");
                Gave::Unreachable
            }
            CallFailure::Answered(
                code @ (Code::InvalidArgument
                | Code::FailedPrecondition
                | Code::NotFound
                | Code::DataLoss
                | Code::Internal),
            ) => {
                tracing::error!(receiver.organisation = %receiver, statement.day = %day, code = ?code,
                    reason = ?reason_of(status), "A daily statement is refused and is given again");
                Gave::Failed
            }
            CallFailure::Unavailable | CallFailure::Answered(_) => {
                tracing::info!(receiver.organisation = %receiver, statement.day = %day, code = ?status.code(),
                    "A daily statement is not answered and is given again");
                Gave::Unreachable
            }
        }
    }

    /// Compares again what did not agree.
    async fn look_again(&self) -> Result<(), StoreError> {
        let (pool, receiver) = (self.context.database.reader(), self.peer.organisation());
        let due = statements::to_look_at(pool, &receiver, self.context.clock.now(), AT_ONCE).await?;
        for (day, text) in due {
            let verdict = match believe(&self.context, &self.peer, &text) {
                Ok(claims) => compare(&look(pool, &receiver, &claims).await?, &claims),
                // It was believed when it came: its certificate is revoked since, or it was changed in storage.
                Err(error) if !error.is_ours() => Verdict::Differs,
                Err(_) => continue,
            };
            let looked = RecordLook {
                peer: receiver,
                day,
                verdict,
                desk: Desk::District,
            };
            self.context.database.change(looked).await?;
        }
        Ok(())
    }

    /// Says which statements have not come in time.
    async fn miss(&self) -> Result<(), StoreError> {
        let (receiver, now) = (self.peer.organisation(), self.context.clock.now());
        let mut after = None;
        loop {
            let page = statements::unanswered(self.context.database.reader(), &receiver, after, AT_ONCE).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.day);
            let is_missed = |own: &&Unanswered| !own.missed && self.schedule.missed_from(own.day, own.made_at) <= now;
            let days: Vec<Date> = page.iter().filter(is_missed).map(|own| own.day).collect();
            if !days.is_empty() {
                let missed = RecordMissed {
                    peer: receiver,
                    days,
                    desk: Desk::District,
                };
                self.context.database.change(missed).await?;
            }
        }
    }

    fn try_later(&mut self) {
        self.failures = self.failures.saturating_add(1);
        let failures = NonZeroU32::new(self.failures).unwrap_or(NonZeroU32::MIN);
        let wait = self.backoff.delay(failures, self.context.random.next_u64());
        self.call_from = later(self.context.clock.now(), wait);
    }
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}
