//! The worker that follows redirects. `step` does a bounded piece of work; `run` only loops.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use framme_shared::{
    db::{Change, StoreError, Tx},
    domain::{ids::TransmissionId, organisation::OrganisationNumber},
    runtime::shutdown::{Shutdown, TaskError},
};
use jiff::Timestamp;

use super::{
    follow::{FollowRedirect, Followed},
    onward::{PrepareError, prepare},
};
use crate::{
    context::Context,
    store::redirect::{self, Claimed},
};

/// Redirects of one step.
const AT_ONCE: i64 = 64;
/// Following one takes milliseconds: whoever has not done it by then has died.
const LEASE: Duration = Duration::from_secs(60);
/// How soon a redirect is found. The clocks are in minutes.
const POLL: Duration = Duration::from_secs(1);

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

/// Follows the redirects of all receivers.
pub struct RedirectWorker {
    context: Arc<Context>,
}

impl RedirectWorker {
    /// A worker that has followed nothing.
    #[must_use]
    pub const fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Steps until a stop is asked for.
    ///
    /// # Errors
    /// Never: what fails is tried again.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), TaskError> {
        loop {
            let stepped = tokio::select! {
                () = shutdown.soft().cancelled() => return Ok(()),
                stepped = self.step() => stepped,
            };
            let until = match stepped {
                Ok(Step::Worked) => continue,
                Ok(Step::Idle { until }) => until,
                Err(error) => {
                    tracing::error!(%error, "Redirects cannot use the database");
                    later(self.context.clock.now(), POLL)
                }
            };
            tokio::select! {
                () = shutdown.soft().cancelled() => return Ok(()),
                () = self.context.clock.sleep_until(until) => {}
            }
        }
    }

    /// Claims what is due, and follows it.
    ///
    /// # Errors
    /// When storage fails. What was claimed is then claimed again when its lease has run out.
    pub async fn step(&self) -> Result<Step, StoreError> {
        let now = self.context.clock.now();
        if !redirect::any_due(self.context.database.reader(), now).await? {
            return Ok(Step::Idle {
                until: later(now, POLL),
            });
        }
        for redirects in self.claim().await? {
            self.follow(redirects).await?;
        }
        Ok(Step::Worked)
    }

    /// Claims what is due, by the transmission in which it was redirected and the receiver that was named. What is claimed
    /// and not followed is claimed again when the lease has run out.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn claim(&self) -> Result<Vec<Vec<Claimed>>, StoreError> {
        let claim = ClaimRedirects {
            token: self.context.random.new_uuid().to_string(),
        };
        let claimed = self.context.database.change(claim).await?;
        let mut groups: BTreeMap<(TransmissionId, OrganisationNumber), Vec<Claimed>> = BTreeMap::new();
        for one in claimed {
            groups.entry((one.transmission, one.to)).or_default().push(one);
        }
        Ok(groups.into_values().collect())
    }

    /// Follows redirects of one transmission to one receiver.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn follow(&self, redirects: Vec<Claimed>) -> Result<(), StoreError> {
        let Some(first) = redirects.first().cloned() else {
            return Ok(());
        };
        let context = &self.context;
        let children: Vec<_> = redirects.iter().map(|one| one.child).collect();
        let is_configured = context.windows.of(&first.to).is_some();
        let onward = match prepare(context, first.transmission, children.clone(), first.to).await {
            Ok(onward) => Some(onward),
            Err(PrepareError::Unreadable) => None,
            Err(PrepareError::Store(error)) => return Err(error),
        };
        let change = FollowRedirect {
            token: first.token,
            from: first.transmission,
            report: first.report,
            receiver: first.receiver,
            to: first.to,
            children,
            is_configured,
            onward,
        };
        if context.database.change(change).await? == Followed::SentOn {
            context.windows.ring(&first.to);
            context.followers.tell([&first.report]);
        }
        Ok(())
    }
}

/// Leases what is due.
struct ClaimRedirects {
    token: String,
}

impl Change for ClaimRedirects {
    type Outcome = Vec<Claimed>;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Vec<Claimed>, StoreError> {
        let at = tx.at();
        redirect::claim(tx.conn(), &self.token, later(at, LEASE), AT_ONCE, at).await
    }
}

fn later(at: Timestamp, pause: Duration) -> Timestamp {
    at.saturating_add(pause).unwrap_or(Timestamp::MAX)
}
