//! What the workers share, and how they wait.

use std::{ops::ControlFlow, sync::Arc, time::Duration};

use jiff::Timestamp;

use crate::{
    db::{Database, StoreError},
    runtime::{
        clock::Clock,
        notify::{Courier, Notification},
        random::Random,
        shutdown::Shutdown,
    },
};

/// How often an idle worker looks for work.
const POLL: Duration = Duration::from_secs(1);

/// What the workers share.
pub struct Office {
    /// Where notices wait.
    pub database: Database,
    /// Who can be told and how.
    pub notification: Notification,
    /// Hands messages over.
    pub courier: Courier,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes tokens and jitter.
    pub random: Arc<dyn Random>,
    /// Which service this is, for the ids of messages: `sender 974761076`.
    pub service: String,
}

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

impl Office {
    /// Nothing is due before `at`, and something new may come any moment.
    pub(super) fn idle(&self, at: Option<Timestamp>) -> Step {
        let poll = self.clock.now().saturating_add(POLL).unwrap_or(Timestamp::MAX);
        Step::Idle {
            until: at.map_or(poll, |at| at.min(poll)),
        }
    }

    /// After a step, waits as long as it says; breaks when a stop is asked for.
    pub(super) async fn rest(&self, stepped: Result<Step, StoreError>, shutdown: &Shutdown) -> ControlFlow<()> {
        let step = stepped.unwrap_or_else(|error| {
            tracing::error!(%error, "Notices to people cannot use the database");
            self.idle(None)
        });
        let Step::Idle { until } = step else {
            return if shutdown.is_stopping() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            };
        };
        tokio::select! {
            () = shutdown.soft().cancelled() => ControlFlow::Break(()),
            () = self.clock.sleep_until(until) => ControlFlow::Continue(()),
        }
    }
}
