//! A waiting change without its type, so that changes of all kinds share a queue.

use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::oneshot;

use crate::db::{Change, StoreError, Tx};

pub(super) trait Job: Send {
    /// Runs the change and keeps its result for [`Job::answer`]; whether it went well.
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, bool>;

    /// Tells the caller the result that was kept.
    fn answer(self: Box<Self>);

    /// Tells the caller that nothing was committed, whatever the change said.
    fn refuse(self: Box<Self>, error: StoreError);
}

pub(super) struct TypedJob<C: Change> {
    change: C,
    result: Option<Result<C::Outcome, C::Error>>,
    reply: oneshot::Sender<Result<C::Outcome, C::Error>>,
}

impl<C: Change> TypedJob<C> {
    pub(super) fn new(change: C, reply: oneshot::Sender<Result<C::Outcome, C::Error>>) -> Self {
        Self {
            change,
            result: None,
            reply,
        }
    }
}

impl<C: Change> Job for TypedJob<C> {
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            // The transaction is rolled back, so nothing half-done outlives the panic.
            let result = AssertUnwindSafe(self.change.apply(tx)).catch_unwind().await;
            let result = result.unwrap_or_else(|_| Err(StoreError::Panicked.into()));
            let went_well = result.is_ok();
            self.result = Some(result);
            went_well
        })
    }

    fn answer(self: Box<Self>) {
        let unasked = || Err(StoreError::unavailable("the change was not run").into());
        // A caller who has gone has given up the answer, not the change.
        let _ = self.reply.send(self.result.unwrap_or_else(unasked));
    }

    fn refuse(self: Box<Self>, error: StoreError) {
        let _ = self.reply.send(Err(error.into()));
    }
}
