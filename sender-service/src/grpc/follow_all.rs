//! Following all reports: which have changed, in their present state.

use std::{sync::Arc, time::Duration};

use framme_shared::{db::StoreError, runtime::shutdown::Shutdown, wire::pb::sender::FollowReportsResponse};
use futures::stream;
use tonic::Status;

use super::{Api, FollowAll, failure::storage, view};
use crate::{
    context::Context,
    followers::{Changes, Feed},
    store,
};

/// Reports in one message.
const AT_ONCE: usize = 500;
/// Changes in quick succession are told as one.
const GATHER: Duration = Duration::from_millis(25);
/// When nothing happens, an empty message says that the stream lives.
const QUIET: Duration = Duration::from_secs(10);

impl Api {
    pub(super) fn follow_all(&self) -> FollowAll {
        let follower = Follower {
            context: Arc::clone(&self.context),
            shutdown: self.shutdown.clone(),
            feed: self.context.followers.subscribe_to_all(),
        };
        Box::pin(stream::unfold(follower, |follower| async move {
            let next = follower.next().await?;
            Some((next, follower))
        }))
    }
}

struct Follower {
    context: Arc<Context>,
    shutdown: Shutdown,
    feed: Arc<Feed>,
}

impl Follower {
    /// What has changed; `None` when the service stops.
    async fn next(&self) -> Option<Result<FollowReportsResponse, Status>> {
        let clock = &self.context.clock;
        tokio::select! {
            () = self.shutdown.soft().cancelled() => return None,
            () = self.feed.rung() => clock.sleep(GATHER).await,
            () = clock.sleep(QUIET) => {}
        }
        let changes = self.feed.take(AT_ONCE);
        Some(self.states(changes).await.map_err(|error| storage(error).into()))
    }

    async fn states(&self, changes: Changes) -> Result<FollowReportsResponse, StoreError> {
        let mut reports = changes.taken;
        if !changes.changed.is_empty() {
            let views = store::view::look_up_all(self.context.database.reader(), &changes.changed).await?;
            reports.extend(views.iter().map(view::report));
        }
        Ok(FollowReportsResponse { reports })
    }
}
