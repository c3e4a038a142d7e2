//! The work of a clock worker: what is due is looked at, and what a clock that was set back would leave waiting.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::look::{LookAgain, LookAtDeadlines};
use super::matter::Matters;
use super::read;
use super::rules::Rules;
use crate::db::heartbeat::{self, Beat};
use crate::db::{Database, StoreError};

/// Transmissions of one change.
const AT_ONCE: u32 = 200;

/// The longest time between two looks: other replicas and other changes make clocks run too.
const AT_LEAST_EVERY: Duration = Duration::from_secs(5);

/// The time between two heartbeats: the other side takes ten minutes without one for a stop.
const BEAT_EVERY: Duration = Duration::from_secs(60);

/// What a step left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watched {
    /// Something was looked at; there may be more.
    Worked,
    /// Nothing is due before this.
    Idle {
        /// When to look again.
        until: Timestamp,
    },
}

/// Watches the deadlines of one service.
pub struct Watch<M> {
    database: Database,
    matters: Arc<M>,
    rules: Arc<Rules>,
    /// When it stepped last; the least time before the first step, so that this looks for what a clock set back has left.
    last: Option<Timestamp>,
    /// When it said last that a step was completed.
    beat_at: Option<Timestamp>,
}

impl<M: Matters> Watch<M> {
    /// One that has not looked yet.
    #[must_use]
    pub const fn new(database: Database, matters: Arc<M>, rules: Arc<Rules>) -> Self {
        Self {
            database,
            matters,
            rules,
            last: None,
            beat_at: None,
        }
    }

    /// Looks at what is due at this time, and says that it did: a worker that fails or hangs says nothing.
    ///
    /// # Errors
    /// When storage fails; then it is due still.
    pub async fn step(&mut self, now: Timestamp) -> Result<Watched, StoreError> {
        let watched = self.look(now).await?;
        let is_recent =
            |beat| now >= beat && Duration::try_from(now.duration_since(beat)).unwrap_or_default() < BEAT_EVERY;
        if !self.beat_at.is_some_and(is_recent) {
            self.database.change(Beat(heartbeat::CLOCKS)).await?;
            self.beat_at = Some(now);
        }
        Ok(watched)
    }

    async fn look(&mut self, now: Timestamp) -> Result<Watched, StoreError> {
        if self.last.is_none_or(|last| now < last) {
            self.database.change(LookAgain).await?;
        }
        self.last = Some(now);
        let next = read::next(self.database.reader()).await?;
        let latest = now.saturating_add(AT_LEAST_EVERY).unwrap_or(Timestamp::MAX);
        match next {
            Some(next) if next <= now => {
                let look = LookAtDeadlines {
                    matters: Arc::clone(&self.matters),
                    rules: Arc::clone(&self.rules),
                    limit: AT_ONCE,
                };
                self.database.change(look).await?;
                Ok(Watched::Worked)
            }
            next => Ok(Watched::Idle {
                until: next.map_or(latest, |next| next.min(latest)),
            }),
        }
    }
}
