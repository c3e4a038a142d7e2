//! The worker of one receiver. `step` does a bounded piece of work; `run` only loops.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use framme_shared::{
    db::StoreError,
    domain::retry::Backoff,
    runtime::shutdown::{Shutdown, TaskError},
};
use futures::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use jiff::Timestamp;
use tokio::sync::Notify;

use super::{
    breaker::Breaker,
    deliver::deliver,
    failure::Failure,
    lease::Lease,
    turn::{Claims, Ended, Kind, Outcome, Turn},
    withdraw::withdraw,
};
use crate::{config::OutboxConfig, context::Context, peer::Peer};

/// After storage has failed.
const STORAGE_PAUSE: Duration = Duration::from_secs(1);

/// What a step left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Something was done; there may be more.
    Worked,
    /// Nothing is due before this, unless the bell rings.
    Idle {
        /// When to look again.
        until: Timestamp,
    },
}

/// Delivers what waits for one receiver.
pub struct OutboxWorker {
    context: Arc<Context>,
    peer: Peer,
    bell: Arc<Notify>,
    in_flight_limit: u32,
    lease: Duration,
    poll: Duration,
    backoff: Backoff,
    breaker: Breaker,
    in_flight: FuturesUnordered<BoxFuture<'static, Attempted>>,
    /// Ended, and not recorded yet.
    ended: Vec<Ended>,
    /// When to look for due work by itself.
    look_at: Timestamp,
}

/// An attempt that ended.
struct Attempted {
    kind: Kind,
    lease: Lease,
    attempts: u32,
    result: Result<(), Failure>,
}

impl OutboxWorker {
    /// A worker that has not claimed anything.
    pub fn new(context: Arc<Context>, peer: Peer, config: &OutboxConfig) -> Self {
        Self {
            bell: context.wakes.bell(&peer.organisation()),
            in_flight_limit: config.in_flight,
            lease: config.lease(),
            poll: config.poll(),
            backoff: config.backoff().unwrap_or_default(),
            breaker: Breaker::default(),
            in_flight: FuturesUnordered::new(),
            ended: Vec::new(),
            look_at: Timestamp::MIN,
            context,
            peer,
        }
    }

    /// Steps until a stop is asked for, then records what was under way.
    ///
    /// # Errors
    /// Never: storage that fails is waited for.
    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), TaskError> {
        while !shutdown.is_stopping() {
            let pause_until = match self.step().await {
                Ok(Step::Worked) => continue,
                Ok(Step::Idle { until }) => until,
                Err(error) => {
                    tracing::error!(%error, receiver.organisation = %self.peer.organisation(), "The outbox cannot use its database");
                    later(self.context.clock.now(), STORAGE_PAUSE)
                }
            };
            tokio::select! {
                () = shutdown.soft().cancelled() => break,
                () = self.context.clock.sleep_until(pause_until) => {}
                () = self.bell.notified() => self.look_at = Timestamp::MIN,
            }
        }
        self.finish().await;
        Ok(())
    }

    /// Records what ended, claims what is due, and waits until something of what is under way ends or more work comes.
    ///
    /// # Errors
    /// When storage fails; what ended is kept and recorded by a later step.
    pub async fn step(&mut self) -> Result<Step, StoreError> {
        let now = self.context.clock.now();
        let limit = self.claim_limit(now);
        if limit > 0 || !self.ended.is_empty() {
            let claimed = self.turn(limit).await?;
            if limit > 0 {
                // A full claim says that there may be more at once.
                self.look_at = if claimed >= limit {
                    Timestamp::MIN
                } else {
                    later(now, self.poll)
                };
            }
        }
        if self.in_flight.is_empty() {
            return Ok(Step::Idle {
                until: self.next_look(),
            });
        }
        self.wait_for_something().await;
        Ok(Step::Worked)
    }

    fn claim_limit(&self, now: Timestamp) -> u32 {
        if now < self.look_at {
            return 0;
        }
        let free = self
            .in_flight_limit
            .saturating_sub(u32::try_from(self.in_flight.len()).unwrap_or(u32::MAX));
        self.breaker.allows(free, self.in_flight.len(), now)
    }

    fn next_look(&self) -> Timestamp {
        self.breaker
            .paused_until()
            .map_or(self.look_at, |until| until.max(self.look_at))
    }

    /// Records and claims in one change; returns how many were claimed.
    async fn turn(&mut self, limit: u32) -> Result<u32, StoreError> {
        let turn = Turn {
            receiver: self.peer.organisation(),
            ended: self.ended.clone(),
            limit,
            token: self.context.random.new_uuid().to_string(),
            lease: self.lease,
        };
        let token = turn.token.clone();
        let claims = self.context.database.change(turn).await?;
        self.ended.clear();
        Ok(self.begin(claims, &token))
    }

    fn begin(&mut self, claims: Claims, token: &str) -> u32 {
        let count = claims.deliveries.len() + claims.withdrawals.len();
        for claimed in claims.deliveries {
            let lease = Lease::new(claimed.transmission, token.to_owned(), self.lease, claims.lease_until);
            let (context, peer) = (Arc::clone(&self.context), self.peer.clone());
            self.in_flight.push(
                async move {
                    let result = deliver(&context, &peer, &lease, &claimed).await;
                    Attempted::new(Kind::Delivery, lease, claimed.attempts, result)
                }
                .boxed(),
            );
        }
        for claimed in claims.withdrawals {
            let lease = Lease::new(claimed.transmission, token.to_owned(), self.lease, claims.lease_until);
            let (context, peer) = (Arc::clone(&self.context), self.peer.clone());
            self.in_flight.push(
                async move {
                    let result = withdraw(&context, &peer, &lease, &claimed).await;
                    Attempted::new(Kind::Withdrawal, lease, claimed.attempts, result)
                }
                .boxed(),
            );
        }
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// Waits for an attempt to end, and takes with it all that have ended by now; or for the bell.
    async fn wait_for_something(&mut self) {
        let has_room = self.in_flight.len() < self.in_flight_limit as usize;
        // While the receiver is away nothing more begins before what is under way has ended.
        let may_claim = has_room && self.breaker.paused_until().is_none();
        tokio::select! {
            Some(attempted) = self.in_flight.next() => self.note(attempted),
            () = self.bell.notified(), if may_claim => self.look_at = Timestamp::MIN,
            () = self.context.clock.sleep_until(self.look_at), if may_claim => {}
        }
        while let Some(Some(attempted)) = self.in_flight.next().now_or_never() {
            self.note(attempted);
        }
    }

    fn note(&mut self, attempted: Attempted) {
        let outcome = match attempted.result {
            Ok(()) => {
                self.breaker.answered();
                Outcome::Done
            }
            Err(failure) => self.again(&attempted, failure),
        };
        self.ended.push(Ended {
            kind: attempted.kind,
            transmission: attempted.lease.transmission,
            token: attempted.lease.token,
            outcome,
        });
    }

    fn again(&mut self, attempted: &Attempted, failure: Failure) -> Outcome {
        let (now, jitter) = (self.context.clock.now(), self.context.random.next_u64());
        let (transmission, receiver) = (attempted.lease.transmission, self.peer.organisation());
        if failure.is_for_a_person() {
            tracing::error!(%transmission, receiver.organisation = %receiver, failure = failure.code(),
                attempts = attempted.attempts, "A delivery failed; a person must look, and it is tried again");
        } else {
            tracing::info!(%transmission, receiver.organisation = %receiver, failure = failure.code(),
                attempts = attempted.attempts, "A delivery failed and is tried again");
        }
        let next_attempt_at = if failure.is_of_the_receiver() {
            self.breaker.unreachable(&self.backoff, jitter, now)
        } else {
            self.breaker.answered();
            let attempts = NonZeroU32::new(attempted.attempts).unwrap_or(NonZeroU32::MIN);
            later(now, self.backoff.delay(attempts, jitter))
        };
        Outcome::Again {
            failure: failure.code(),
            next_attempt_at,
        }
    }

    /// Lets what is under way end, and records it. Whoever has less patience drops this.
    async fn finish(&mut self) {
        while let Some(attempted) = self.in_flight.next().await {
            self.note(attempted);
            while let Some(Some(attempted)) = self.in_flight.next().now_or_never() {
                self.note(attempted);
            }
            if self.turn(0).await.is_err() {
                return;
            }
        }
        if !self.ended.is_empty() {
            // A failure here leaves leases that run out.
            let _ = self.turn(0).await;
        }
    }
}

impl Attempted {
    fn new(kind: Kind, lease: Lease, attempts: u32, result: Result<(), Failure>) -> Self {
        Self {
            kind,
            lease,
            attempts,
            result,
        }
    }
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}
