//! Waiting changes without their types, so that changes of all kinds share a queue.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::oneshot;

use crate::db::{Cause, Change, StoreError, Tx};

/// One change, or several of one kind that are made together.
pub(super) trait Job: Send {
    /// Runs the changes and keeps their results for [`Job::answer`]; whether all went well.
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, bool>;

    /// How many changes these are.
    fn len(&self) -> usize;

    /// Takes in the changes of another job, or gives it back when they are of another kind.
    fn join(&mut self, other: Box<dyn Job>) -> Result<(), Box<dyn Job>>;

    /// Each change as a job of its own, in the order in which they came.
    fn split(self: Box<Self>) -> Vec<Box<dyn Job>>;

    /// Tells each caller the result that was kept.
    fn answer(self: Box<Self>);

    /// Tells every caller that nothing was committed, whatever the changes said.
    fn refuse(self: Box<Self>, error: &StoreError);

    fn as_any(&mut self) -> &mut dyn Any;
}

pub(super) struct TypedJob<C: Change> {
    waiting: Vec<Waiting<C>>,
    /// One for each change once they were run; nobody's when they failed together.
    results: Vec<Answer<C>>,
}

/// What a caller is told.
type Answer<C> = Result<<C as Change>::Outcome, <C as Change>::Error>;

struct Waiting<C: Change> {
    change: C,
    reply: oneshot::Sender<Answer<C>>,
}

impl<C: Change> TypedJob<C> {
    pub(super) fn new(change: C, reply: oneshot::Sender<Answer<C>>) -> Self {
        Self::of(vec![Waiting { change, reply }])
    }

    fn of(waiting: Vec<Waiting<C>>) -> Self {
        Self {
            waiting,
            results: Vec::new(),
        }
    }
}

/// The result of each; none at all when they failed together, for whose error it is shows when each is made alone.
async fn results<C: Change>(waiting: &[Waiting<C>], tx: &mut Tx) -> Vec<Answer<C>> {
    if let [only] = waiting {
        return vec![only.change.apply(tx).await];
    }
    let changes: Vec<&C> = waiting.iter().map(|waiting| &waiting.change).collect();
    match C::apply_all(&changes, tx).await {
        Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
        Err(_) => Vec::new(),
    }
}

impl<C: Change> Job for TypedJob<C> {
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            // The transaction is rolled back, so nothing half-done outlives the panic.
            let results = AssertUnwindSafe(results(&self.waiting, tx)).catch_unwind().await;
            self.results = results.unwrap_or_else(|_| vec![Err(StoreError::Panicked.into())]);
            self.results.len() == self.waiting.len() && self.results.iter().all(Result::is_ok)
        })
    }

    fn len(&self) -> usize {
        self.waiting.len()
    }

    fn join(&mut self, mut other: Box<dyn Job>) -> Result<(), Box<dyn Job>> {
        match other.as_any().downcast_mut::<Self>() {
            Some(other) => {
                self.waiting.append(&mut other.waiting);
                Ok(())
            }
            None => Err(other),
        }
    }

    fn split(self: Box<Self>) -> Vec<Box<dyn Job>> {
        let alone = |waiting| Box::new(Self::of(vec![waiting])) as Box<dyn Job>;
        self.waiting.into_iter().map(alone).collect()
    }

    fn answer(self: Box<Self>) {
        let unasked = || Err(StoreError::unavailable("the change was not run").into());
        let mut results = self.results.into_iter();
        for waiting in self.waiting {
            // A caller who has gone has given up the answer, not the change.
            let _ = waiting.reply.send(results.next().unwrap_or_else(unasked));
        }
    }

    fn refuse(self: Box<Self>, error: &StoreError) {
        for waiting in self.waiting {
            let _ = waiting
                .reply
                .send(Err(StoreError::Unavailable(Cause::of(error)).into()));
        }
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
