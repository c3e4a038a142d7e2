//! News of other replicas: on a database that several processes share, the ledger says which reports changed, whoever
//! changed them, and followers of this process are told.

use std::{sync::Arc, time::Duration};

use framme_shared::{
    db::StoreError,
    runtime::shutdown::{Shutdown, TaskError},
};

use crate::{context::Context, store::news};

/// How often the ledger is read on.
const EVERY: Duration = Duration::from_secs(1);
/// Entries read at once.
const AT_ONCE: i64 = 1_000;

/// Reads the ledger on.
pub struct NewsWorker {
    context: Arc<Context>,
    /// The last entry read; `None` before the first look.
    seen: Option<i64>,
}

impl NewsWorker {
    /// A worker that has not looked. What happened before its first look is not news.
    pub fn new(context: Arc<Context>) -> Self {
        Self { context, seen: None }
    }

    /// Steps until a stop is asked for.
    ///
    /// # Errors
    /// Never: storage that fails is waited for.
    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), TaskError> {
        while !shutdown.is_stopping() {
            match self.step().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::error!(%error, "News of other replicas cannot be read"),
            }
            tokio::select! {
                () = shutdown.soft().cancelled() => break,
                () = self.context.clock.sleep(EVERY) => {}
            }
        }
        Ok(())
    }

    /// Tells followers what the ledger says is new. `true` when there may be more at once.
    ///
    /// # Errors
    /// When storage fails; the next step reads from the same place.
    pub async fn step(&mut self) -> Result<bool, StoreError> {
        let reader = self.context.database.reader();
        let Some(seen) = self.seen else {
            self.seen = Some(news::last(reader).await?);
            return Ok(false);
        };
        let news = news::after(reader, seen, AT_ONCE).await?;
        self.context.followers.tell(&news.reports);
        self.seen = Some(news.last);
        Ok(news.entries == AT_ONCE)
    }
}
