//! Following one report: its state now, and again after each change.

use std::{sync::Arc, time::Duration};

use framme_shared::{
    domain::ids::ReportId,
    runtime::shutdown::Shutdown,
    wire::{
        pb::sender::{FollowReportRequest, FollowReportResponse, ReportState},
        status::Failure,
    },
};
use futures::stream;
use tonic::Status;

use super::{Api, Follow, failure::storage, read::report_id, view};
use crate::{context::Context, followers::Subscription, store};

/// How often a follower looks by itself, for changes that another replica made.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

impl Api {
    pub(super) async fn follow(&self, request: FollowReportRequest) -> Result<Follow, Failure> {
        let report = report_id(&request.report_id)?;
        // Subscribe before looking: a change between the two is then seen.
        let subscription = self.context.followers.subscribe(report);
        let first = self.state(&report).await?.ok_or(Failure::NotFound)?;
        let follower = Follower {
            context: Arc::clone(&self.context),
            shutdown: self.shutdown.clone(),
            report,
            subscription,
            told: None,
            first: Some(first),
        };
        Ok(Box::pin(stream::unfold(follower, |mut follower| async move {
            let next = follower.next().await?;
            Some((next, follower))
        })))
    }
}

struct Follower {
    context: Arc<Context>,
    shutdown: Shutdown,
    report: ReportId,
    subscription: Subscription,
    told: Option<ReportState>,
    first: Option<ReportState>,
}

impl Follower {
    /// The next state that differs from the one told last; `None` when the service stops.
    async fn next(&mut self) -> Option<Result<FollowReportResponse, Status>> {
        if let Some(first) = self.first.take() {
            return Some(Ok(self.tell(first)));
        }
        loop {
            tokio::select! {
                () = self.shutdown.soft().cancelled() => return None,
                () = self.subscription.changed() => {}
                () = self.context.clock.sleep(LOOK_AGAIN) => {}
            }
            let found = store::view::look_up(self.context.database.reader(), &self.report).await;
            match found.map_err(storage) {
                Ok(Some(found)) => {
                    let state = view::report(&found);
                    if self.told.as_ref() != Some(&state) {
                        return Some(Ok(self.tell(state)));
                    }
                }
                Ok(None) => return Some(Err(Failure::NotFound.into())),
                Err(failure) => return Some(Err(failure.into())),
            }
        }
    }

    fn tell(&mut self, state: ReportState) -> FollowReportResponse {
        self.told = Some(state.clone());
        FollowReportResponse { report: Some(state) }
    }
}
