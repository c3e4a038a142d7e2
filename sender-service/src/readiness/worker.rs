//! The worker that asks one receiver. `step` asks once; `run` only loops, and outlives whatever goes wrong in a step.

use std::{sync::Arc, time::Duration};

use framme_shared::{
    db::StoreError,
    domain::organisation::OrganisationNumber,
    runtime::{
        shutdown::{Shutdown, TaskError},
        telemetry::Causes,
    },
    wire::pb::exchange::readiness_service_client::ReadinessServiceClient,
};
use tonic::transport::Channel;

use super::{RecordAnswer, RecordNoAnswer, ask::ask};
use crate::{config::ReadinessConfig, context::Context};

/// After storage has failed, or a step has panicked.
const AFTER_FAILURE: Duration = Duration::from_secs(10);

/// Asks one receiver, over a connection of its own. Holds nothing between two steps, and depends on no other worker.
#[derive(Clone)]
pub struct ReadinessWorker {
    context: Arc<Context>,
    receiver: OrganisationNumber,
    client: ReadinessServiceClient<Channel>,
    config: ReadinessConfig,
}

impl ReadinessWorker {
    /// A worker that has asked nothing.
    pub fn new(context: Arc<Context>, receiver: OrganisationNumber, channel: Channel, config: ReadinessConfig) -> Self {
        Self {
            context,
            receiver,
            client: ReadinessServiceClient::new(channel),
            config,
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
                // A question under way is left alone: the next process asks again.
                () = shutdown.soft().cancelled() => return Ok(()),
                stepped = stepping => match stepped {
                    Ok(Ok(())) => self.config.every(),
                    Ok(Err(error)) => {
                        tracing::error!(error = %Causes(&error), receiver.organisation = %self.receiver,
                            "Whether somebody at a receiver could open cannot be stored");
                        AFTER_FAILURE
                    }
                    Err(_panicked) => {
                        tracing::error!(receiver.organisation = %self.receiver,
                            "Asking a receiver whether somebody could open has panicked, and is tried again");
                        AFTER_FAILURE
                    }
                },
            };
            tokio::select! {
                () = shutdown.soft().cancelled() => return Ok(()),
                () = self.context.clock.sleep(pause) => {}
            }
        }
    }

    /// Asks once, and stores what came of it.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn step(&self) -> Result<(), StoreError> {
        let (receiver, database) = (self.receiver, &self.context.database);
        match ask(&self.context, &self.client, &self.context.areas_of(&receiver)).await? {
            Ok(answer) => {
                let policy = self.config.policy();
                database
                    .change(RecordAnswer {
                        receiver,
                        answer,
                        policy,
                    })
                    .await
            }
            Err(no_answer) => {
                tracing::info!(receiver.organisation = %receiver, failure = no_answer.reason(),
                    "A receiver does not say whether somebody could open, and is asked again");
                let silent = self.config.silent();
                database
                    .change(RecordNoAnswer {
                        receiver,
                        no_answer,
                        silent,
                    })
                    .await
            }
        }
    }
}
