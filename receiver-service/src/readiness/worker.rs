//! The worker of the own check. `step` looks once; `run` only loops, and outlives whatever goes wrong in a step.

use std::{sync::Arc, time::Duration};

use framme_shared::{
    db::StoreError,
    domain::{municipality::Area, organisation::OrganisationNumber},
    runtime::{
        shutdown::{Shutdown, TaskError},
        telemetry::Causes,
    },
};
use jiff::Timestamp;

use super::CheckOwnReadiness;
use crate::{config::ReadinessConfig, core::Core};

/// After storage has failed, or a step has panicked.
const AFTER_FAILURE: Duration = Duration::from_secs(10);

/// Watches over this service and its senders. Holds nothing between two steps.
#[derive(Clone)]
pub struct ReadinessWorker {
    core: Arc<Core>,
    config: ReadinessConfig,
    serves: Vec<Area>,
    senders: Vec<OrganisationNumber>,
    up_since: Timestamp,
}

impl ReadinessWorker {
    /// A worker of a process that takes calls from now on.
    #[must_use]
    pub fn new(core: Arc<Core>, config: ReadinessConfig, serves: Vec<Area>, senders: Vec<OrganisationNumber>) -> Self {
        let up_since = core.clock.now();
        Self {
            core,
            config,
            serves,
            senders,
            up_since,
        }
    }

    /// Steps until a stop is asked for. A step that panics is a step that failed: this worker is the one that must tell
    /// when others do.
    ///
    /// # Errors
    /// Never: what fails is tried again.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), TaskError> {
        loop {
            let worker = self.clone();
            let stepping = tokio::spawn(async move { worker.step().await });
            let pause = tokio::select! {
                () = shutdown.soft().cancelled() => return Ok(()),
                stepped = stepping => match stepped {
                    Ok(Ok(())) => self.config.every(),
                    Ok(Err(error)) => {
                        tracing::error!(error = %Causes(&error), "the own readiness cannot be checked");
                        AFTER_FAILURE
                    }
                    Err(_panicked) => {
                        tracing::error!("checking the own readiness has panicked, and is tried again");
                        AFTER_FAILURE
                    }
                },
            };
            tokio::select! {
                () = shutdown.soft().cancelled() => return Ok(()),
                () = self.core.clock.sleep(pause) => {}
            }
        }
    }

    /// Looks once.
    ///
    /// # Errors
    /// When storage fails; who was seen is then written by the next step.
    pub async fn step(&self) -> Result<(), StoreError> {
        let seen = self.core.activity.take();
        let check = CheckOwnReadiness {
            config: self.config,
            serves: self.serves.clone(),
            senders: self.senders.clone(),
            up_since: self.up_since,
            seen: seen.clone(),
        };
        let checked = self.core.db.change(check).await;
        if checked.is_err() {
            self.core.activity.put_back(seen);
        }
        checked
    }
}
