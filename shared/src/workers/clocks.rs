//! The worker that looks at deadlines, as both services have it. `step` does a bounded piece of work; `run` only loops.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use crate::{
    db::{
        Database, StoreError,
        deadlines::{self, LookAgain, LookAtDeadlines, Matters, Rules},
        heartbeat::{self, Beat},
    },
    runtime::{
        clock::Clock,
        shutdown::{Shutdown, TaskError},
    },
};

/// Transmissions of one change.
const AT_ONCE: u32 = 200;
/// The longest time between two looks: other replicas and other changes make clocks run too.
const AT_LEAST_EVERY: Duration = Duration::from_secs(5);
/// The time between two heartbeats: the other side takes ten minutes without one for a stop.
const BEAT_EVERY: Duration = Duration::from_secs(60);
/// After storage has failed.
const STORAGE_PAUSE: Duration = Duration::from_secs(1);

/// What a step left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Something was looked at; there may be more.
    Worked,
    /// Nothing is due before this.
    Idle {
        /// When to look again.
        until: Timestamp,
    },
}

/// Looks at the deadlines of one service.
pub struct ClockWorker<M> {
    database: Database,
    clock: Arc<dyn Clock>,
    matters: Arc<M>,
    rules: Arc<Rules>,
    /// When it stepped last; `None` before the first step, so that this looks for what a clock set back has left.
    last: Option<Timestamp>,
    /// When it said last that a step was completed.
    beat_at: Option<Timestamp>,
}

impl<M: Matters> ClockWorker<M> {
    /// One that has not looked yet.
    #[must_use]
    pub const fn new(database: Database, clock: Arc<dyn Clock>, matters: Arc<M>, rules: Arc<Rules>) -> Self {
        Self {
            database,
            clock,
            matters,
            rules,
            last: None,
            beat_at: None,
        }
    }

    /// Steps until a stop is asked for.
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
                    tracing::error!(%error, "Deadlines cannot be looked at: the database fails");
                    later(self.clock.now(), STORAGE_PAUSE)
                }
            };
            tokio::select! {
                () = shutdown.soft().cancelled() => return Ok(()),
                () = self.clock.sleep_until(until) => {}
            }
        }
    }

    /// Looks at what is due, a bounded number at once, and says that it did: a worker that fails or hangs says nothing.
    ///
    /// # Errors
    /// When storage fails; then it is due still.
    pub async fn step(&mut self) -> Result<Step, StoreError> {
        let now = self.clock.now();
        let stepped = self.look(now).await?;
        let is_recent =
            |beat| now >= beat && Duration::try_from(now.duration_since(beat)).unwrap_or_default() < BEAT_EVERY;
        if !self.beat_at.is_some_and(is_recent) {
            self.database.change(Beat(heartbeat::CLOCKS)).await?;
            self.beat_at = Some(now);
        }
        Ok(stepped)
    }

    async fn look(&mut self, now: Timestamp) -> Result<Step, StoreError> {
        if self.last.is_none_or(|last| now < last) {
            self.database.change(LookAgain).await?;
        }
        self.last = Some(now);
        let next = deadlines::next(self.database.reader()).await?;
        let latest = later(now, AT_LEAST_EVERY);
        match next {
            Some(next) if next <= now => {
                let look = LookAtDeadlines {
                    matters: Arc::clone(&self.matters),
                    rules: Arc::clone(&self.rules),
                    limit: AT_ONCE,
                };
                self.database.change(look).await?;
                Ok(Step::Worked)
            }
            next => Ok(Step::Idle {
                until: next.map_or(latest, |next| next.min(latest)),
            }),
        }
    }
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}
