//! The one writer of a process: waiting changes share a transaction and its fsync.

mod batch;
mod job;
mod session;

use std::fmt;

use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

pub(super) use session::Session;

use self::batch::Batch;
use self::job::{Job, TypedJob};
use super::ledger::Head;
use super::mark::Mark;
use super::{Cause, Change, StoreError};

/// Most changes in one transaction: enough to share an fsync, few enough to answer the first of them soon.
const MOST_TOGETHER: usize = 128;

/// Changes that may wait. A caller who comes later waits for room.
const MOST_WAITING: usize = 1024;

/// The callers' end.
#[derive(Clone)]
pub(super) struct WriterHandle {
    jobs: mpsc::Sender<Box<dyn Job>>,
    stop: CancellationToken,
    ended: watch::Receiver<()>,
}

impl WriterHandle {
    pub(super) async fn change<C: Change>(&self, change: C) -> Result<C::Outcome, C::Error> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(TypedJob::new(change, reply));
        if self.jobs.send(job).await.is_err() {
            return Err(StoreError::Closing.into());
        }
        match answer.await {
            Ok(result) => result,
            Err(_) => Err(StoreError::unavailable("the writer ended before it answered").into()),
        }
    }

    pub(super) async fn close(mut self) {
        self.stop.cancel();
        // The writer never sends; the channel closes when it ends.
        while self.ended.changed().await.is_ok() {}
    }
}

impl fmt::Debug for WriterHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriterHandle")
            .field("room", &self.jobs.capacity())
            .finish()
    }
}

/// The task that owns the writing connection.
pub(super) struct Writer {
    jobs: mpsc::Receiver<Box<dyn Job>>,
    stop: CancellationToken,
    session: Session,
    mark: Option<Mark>,
}

impl Writer {
    /// Starts the writer; it ends when [`WriterHandle::close`] is called or the last handle is gone.
    pub(super) fn start(session: Session, mark: Option<Mark>) -> WriterHandle {
        let (jobs, queue) = mpsc::channel(MOST_WAITING);
        let (ending, ended) = watch::channel(());
        let stop = CancellationToken::new();
        let writer = Self {
            jobs: queue,
            stop: stop.clone(),
            session,
            mark,
        };
        tokio::spawn(async move {
            // Dropped when the writer has ended, also by a panic.
            let _ending = ending;
            writer.run().await;
        });
        WriterHandle { jobs, stop, ended }
    }

    async fn run(mut self) {
        let stop = self.stop.clone();
        let mut waiting = Vec::with_capacity(MOST_TOGETHER);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled(), if !self.jobs.is_closed() => self.jobs.close(),
                received = self.jobs.recv_many(&mut waiting, MOST_TOGETHER) => {
                    if received == 0 {
                        break;
                    }
                    self.make(std::mem::take(&mut waiting)).await;
                }
            }
        }
        self.session.close().await;
        if let Some(Err(error)) = self.mark.as_ref().map(Mark::sync) {
            tracing::warn!(%error, "The high-water mark could not be forced to disk");
        }
    }

    /// Makes the changes and answers every one of them.
    async fn make(&mut self, jobs: Vec<Box<dyn Job>>) {
        let mut together = Batch::new(jobs);
        match together.make(&mut self.session).await {
            Ok(head) => self.answer(together, head),
            Err(failure) if failure.nothing_committed && together.len() > 1 && self.session.is_connected() => {
                for mut alone in together.split() {
                    match alone.make(&mut self.session).await {
                        Ok(head) => self.answer(alone, head),
                        Err(failure) => self.refuse(alone, &failure.error),
                    }
                }
            }
            Err(failure) => self.refuse(together, &failure.error),
        }
    }

    fn answer(&mut self, batch: Batch, head: Option<Head>) {
        if let (Some(mark), Some(head)) = (&mut self.mark, head)
            && let Err(error) = mark.advance(&head)
        {
            tracing::error!(%error, "The high-water mark could not be written; it stays behind the ledger");
        }
        batch.answer();
    }

    /// Without a database those who wait are refused too: their turn would fail after another wait for a connection.
    fn refuse(&mut self, batch: Batch, error: &StoreError) {
        let mut refused = vec![batch];
        if !self.session.is_connected() {
            // Taken before anyone is answered, so that who asks after an answer gets a try of its own.
            refused.extend(std::iter::from_fn(|| self.jobs.try_recv().ok()).map(|job| Batch::new(vec![job])));
        }
        tracing::error!(error = %Cause::of(error), changes = refused.iter().map(Batch::len).sum::<usize>(), "Changes could not be made");
        refused.into_iter().for_each(|batch| batch.refuse(error));
    }
}
