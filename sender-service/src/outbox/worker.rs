//! The worker of one receiver. `step` does a bounded piece of work; `run` only loops.

use std::{mem, num::NonZeroU32, sync::Arc, time::Duration};

use framme_shared::{
    db::StoreError,
    domain::retry::Backoff,
    runtime::shutdown::{Shutdown, TaskError},
};
use futures::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use jiff::Timestamp;

use super::{
    breaker::Breaker,
    deliver::{self, deliver},
    failure::Failure,
    lease::Lease,
    turn::{Claims, Ended, Kind, Outcome, Turn},
    withdraw::withdraw,
};
use crate::{
    config::OutboxConfig,
    context::Context,
    peer::Peer,
    window::{Handed, Place, Window},
};

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
    window: Arc<Window>,
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
            window: context.windows.open(peer.organisation()),
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
                rows_wait = self.window.rung() => self.rung(rows_wait),
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
        if now < self.look_at {
            self.begin_handed(now);
        }
        let places = self.window.take_many(self.claim_limit(now));
        if !places.is_empty() || !self.ended.is_empty() {
            let places_taken = places.len();
            let claimed = self.turn(places).await?;
            if places_taken > 0 {
                // A full claim says that there may be more at once.
                let all_claimed = claimed < places_taken;
                self.look_at = if all_claimed {
                    later(now, self.poll)
                } else {
                    Timestamp::MIN
                };
                self.window
                    .set_open(all_claimed && self.breaker.paused_until().is_none());
            }
        }
        // What waits in the database goes first.
        self.begin_handed(now);
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
        self.breaker.allows(self.window.free(), self.in_flight.len(), now)
    }

    fn next_look(&self) -> Timestamp {
        self.breaker
            .paused_until()
            .map_or(self.look_at, |until| until.max(self.look_at))
    }

    /// Records, and claims one for each place, in one change; returns how many were claimed.
    async fn turn(&mut self, places: Vec<Place>) -> Result<usize, StoreError> {
        let turn = Turn {
            receiver: self.peer.organisation(),
            ended: self.ended.clone(),
            limit: u32::try_from(places.len()).unwrap_or(u32::MAX),
            token: self.context.random.new_uuid().to_string(),
            lease: self.lease,
            first_question: self.context.confirmation.first(),
        };
        let token = turn.token.clone();
        let claims = self.context.database.change(turn).await?;
        self.ended.clear();
        Ok(self.begin(claims, places, &token))
    }

    fn begin(&mut self, claims: Claims, places: Vec<Place>, token: &str) -> usize {
        let count = claims.deliveries.len() + claims.withdrawals.len();
        let mut places = places.into_iter();
        for claimed in claims.deliveries {
            let place = places.next();
            let lease = Lease::new(
                claimed.delivery.transmission,
                token.to_owned(),
                self.lease,
                claims.lease_until,
            );
            let (context, peer) = (Arc::clone(&self.context), self.peer.clone());
            self.in_flight.push(
                async move {
                    let result = deliver(&context, &peer, &lease, &claimed).await;
                    drop(place);
                    Attempted::new(Kind::Delivery, lease, claimed.delivery.attempts, result)
                }
                .boxed(),
            );
        }
        for claimed in claims.withdrawals {
            let place = places.next();
            let lease = Lease::new(claimed.transmission, token.to_owned(), self.lease, claims.lease_until);
            let (context, peer) = (Arc::clone(&self.context), self.peer.clone());
            self.in_flight.push(
                async move {
                    let result = withdraw(&context, &peer, &lease, &claimed).await;
                    drop(place);
                    Attempted::new(Kind::Withdrawal, lease, claimed.attempts, result)
                }
                .boxed(),
            );
        }
        count
    }

    /// Begins what was claimed while it was accepted.
    fn begin_handed(&mut self, now: Timestamp) {
        while let Some((place, handed)) = self.window.take_handed() {
            let Handed {
                delivery,
                mut content,
                token,
                lease_until,
                ..
            } = handed;
            if later(now, self.lease / 2) > lease_until {
                // It was here for long: its lease runs out, and then it is claimed like any other.
                continue;
            }
            let lease = Lease::new(delivery.transmission, token, self.lease, lease_until);
            let (context, peer) = (Arc::clone(&self.context), self.peer.clone());
            self.in_flight.push(
                async move {
                    let result = deliver::submit(&context, &peer, &lease, &delivery, mem::take(&mut *content)).await;
                    drop(place);
                    Attempted::new(Kind::Delivery, lease, delivery.attempts, result)
                }
                .boxed(),
            );
        }
    }

    fn rung(&mut self, rows_wait: bool) {
        if rows_wait {
            self.look_at = Timestamp::MIN;
        }
    }

    /// Waits for an attempt to end, and takes with it all that have ended by now; or for the bell.
    async fn wait_for_something(&mut self) {
        let has_room = self.window.free() > 0;
        // While the receiver is away nothing more begins before what is under way has ended.
        let may_claim = has_room && self.breaker.paused_until().is_none();
        tokio::select! {
            Some(attempted) = self.in_flight.next() => self.note(attempted),
            rows_wait = self.window.rung() => self.rung(rows_wait),
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
            self.window.set_open(false);
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
        self.window.set_open(false);
        self.begin_handed(self.context.clock.now());
        while let Some(attempted) = self.in_flight.next().await {
            self.note(attempted);
            while let Some(Some(attempted)) = self.in_flight.next().now_or_never() {
                self.note(attempted);
            }
            if self.turn(Vec::new()).await.is_err() {
                return;
            }
        }
        if !self.ended.is_empty() {
            // A failure here leaves leases that run out.
            let _ = self.turn(Vec::new()).await;
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

impl Drop for OutboxWorker {
    fn drop(&mut self) {
        self.window.set_open(false);
    }
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}
