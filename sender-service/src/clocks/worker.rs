//! The worker that looks at deadlines. `step` does a bounded piece of work; `run` only loops.

use std::{sync::Arc, time::Duration};

use framme_shared::{
    db::{
        StoreError,
        deadlines::{Watch, Watched},
    },
    runtime::shutdown::{Shutdown, TaskError},
};
use jiff::Timestamp;

use super::SentMatters;
use crate::context::Context;

/// After storage has failed.
const STORAGE_PAUSE: Duration = Duration::from_secs(1);

/// Looks at the deadlines of everything that was sent.
pub struct ClockWorker {
    context: Arc<Context>,
    watch: Watch<SentMatters>,
}

impl ClockWorker {
    /// One that has not looked yet.
    pub fn new(context: Arc<Context>) -> Self {
        let matters = Arc::new(SentMatters);
        let watch = Watch::new(context.database.clone(), matters, Arc::clone(&context.deadlines));
        Self { context, watch }
    }

    /// Looks at what is due, a bounded number at once.
    ///
    /// # Errors
    /// When storage fails; then it is due still.
    pub async fn step(&mut self) -> Result<Watched, StoreError> {
        self.watch.step(self.context.clock.now()).await
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
                Ok(Watched::Worked) => continue,
                Ok(Watched::Idle { until }) => until,
                Err(error) => {
                    tracing::error!(%error, "Deadlines cannot be looked at: the database fails");
                    let pause = self.context.clock.now().saturating_add(STORAGE_PAUSE);
                    pause.unwrap_or(Timestamp::MAX)
                }
            };
            tokio::select! {
                () = shutdown.soft().cancelled() => return Ok(()),
                () = self.context.clock.sleep_until(until) => {}
            }
        }
    }
}
