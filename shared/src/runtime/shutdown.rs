//! The one shutdown story: who is asked to stop, who is made to, and what a stop means for the exit code.
//!
//! The first SIGTERM or SIGINT cancels the soft token: listeners stop accepting, workers finish their step, streams
//! end. When the drain limit has passed, or a second signal comes, the hard token is cancelled and what still runs is
//! dropped. A task that ends by itself stops the process with failure: half a service is worse than none, because
//! nobody notices it. Correctness never depends on any of this (a kill must lose nothing either).

use std::{
    error::Error,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{clock::Clock, exit::Exit, telemetry::Causes};

/// Why a task could not go on.
pub type TaskError = Box<dyn Error + Send + Sync>;

/// Hands out the tokens and tracks the tasks of a process. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct Shutdown {
    soft: CancellationToken,
    hard: CancellationToken,
    /// The soft token of the whole process, which a failed task of any part cancels.
    process: CancellationToken,
    tasks: TaskTracker,
    failed: Arc<AtomicBool>,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

impl Shutdown {
    /// Nothing runs yet and nobody asked to stop.
    #[must_use]
    pub fn new() -> Self {
        let hard = CancellationToken::new();
        let soft = hard.child_token();
        Self {
            process: soft.clone(),
            soft,
            hard,
            tasks: TaskTracker::new(),
            failed: Arc::default(),
        }
    }

    /// A part that can be stopped by itself, and stops with the whole. Its tasks are the process's: one that fails stops
    /// everything, and a drain waits for them.
    #[must_use]
    pub fn part(&self) -> Self {
        Self {
            soft: self.soft.child_token(),
            hard: self.hard.child_token(),
            ..self.clone()
        }
    }

    /// Cancelled when work should come to its end: take nothing new, finish what is at hand.
    #[must_use]
    pub fn soft(&self) -> &CancellationToken {
        &self.soft
    }

    /// Cancelled when everything must end now, always after or together with [`Self::soft`].
    #[must_use]
    pub fn hard(&self) -> &CancellationToken {
        &self.hard
    }

    /// True once a stop was asked for.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.soft.is_cancelled()
    }

    /// Asks everything to stop, as the first signal does.
    pub fn stop(&self) {
        self.soft.cancel();
    }

    /// Makes everything stop, as the second signal does.
    pub fn abort(&self) {
        self.hard.cancel();
    }

    /// Runs a task that the process cannot do without. When it ends before a stop was asked for, with success, error
    /// or panic, the process stops with failure. It is dropped when the hard token is cancelled.
    pub fn spawn<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = Result<(), TaskError>> + Send + 'static,
    {
        let shutdown = self.clone();
        self.tasks.spawn(async move {
            // A task of its own, so that a panic in it is an answer and not the end of this watch.
            let mut running = tokio::spawn(task);
            let ended = tokio::select! {
                ended = &mut running => ended,
                () = shutdown.hard.cancelled() => {
                    running.abort();
                    return;
                }
            };
            match ended {
                Ok(Ok(())) if shutdown.is_stopping() => {}
                Ok(Ok(())) => shutdown.fail(name, "it ended by itself"),
                Ok(Err(error)) => shutdown.fail(name, &Causes(error.as_ref()).to_string()),
                // The panic hook has said where. The text may hold anything, so it is not repeated here.
                Err(_panicked) => shutdown.fail(name, "it panicked"),
            }
        });
    }

    /// Runs a piece of work that may end at any time, and for which the drain waits. Dropped at the hard token.
    pub fn spawn_finite<F>(&self, work: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let hard = self.hard.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = work => {}
                () = hard.cancelled() => {}
            }
        });
    }

    /// Waits for a signal or a failed task, then for the tasks, at most `drain`; a second signal cuts that short.
    /// Call it last: what is spawned after a stop is waited for no longer than the rest.
    pub async fn run(self, clock: Arc<dyn Clock>, drain: Duration) -> Exit {
        let mut signals = Signals::install();
        self.run_with(clock, drain, &mut signals).await
    }

    async fn run_with(self, clock: Arc<dyn Clock>, drain: Duration, signals: &mut Signals) -> Exit {
        tokio::select! {
            name = signals.next() => {
                tracing::info!(signal = name, "stopping: finishing what is at hand");
                self.soft.cancel();
            }
            () = self.soft.cancelled() => {}
        }
        self.tasks.close();
        let clean = tokio::select! {
            () = self.tasks.wait() => true,
            () = clock.sleep(drain) => {
                tracing::warn!(drain.seconds = drain.as_secs(), "some work did not end in time and is dropped");
                false
            }
            name = signals.next() => {
                tracing::warn!(signal = name, "second signal: stopping at once");
                false
            }
            () = self.hard.cancelled() => false,
        };
        self.hard.cancel();
        self.tasks.wait().await;
        if clean && !self.failed.load(Ordering::Acquire) {
            Exit::Ok
        } else {
            Exit::Failure
        }
    }

    fn fail(&self, task: &'static str, cause: &str) {
        tracing::error!(task, cause, "a task that must run has ended, so the process stops");
        self.failed.store(true, Ordering::Release);
        self.process.cancel();
    }
}

/// SIGTERM and SIGINT, those that could be installed.
struct Signals {
    terminate: Option<Signal>,
    interrupt: Option<Signal>,
}

impl Signals {
    fn install() -> Self {
        Self {
            terminate: installed(SignalKind::terminate()),
            interrupt: installed(SignalKind::interrupt()),
        }
    }

    #[cfg(test)]
    const fn none() -> Self {
        Self {
            terminate: None,
            interrupt: None,
        }
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            () = received(self.terminate.as_mut()) => "SIGTERM",
            () = received(self.interrupt.as_mut()) => "SIGINT",
        }
    }
}

fn installed(kind: SignalKind) -> Option<Signal> {
    signal(kind)
        .inspect_err(|error| tracing::warn!(%error, "a signal cannot be listened for"))
        .ok()
}

async fn received(signal: Option<&mut Signal>) {
    let got = match signal {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if got.is_none() {
        std::future::pending::<()>().await;
    }
}

/// SIGHUP, which asks a service to read its files again. Each part that reads files has its own.
#[derive(Debug)]
pub struct Hangup(Option<Signal>);

impl Hangup {
    /// Listens from now on.
    #[must_use]
    pub fn new() -> Self {
        let listening = signal(SignalKind::hangup());
        Self(
            listening
                .inspect_err(|error| tracing::warn!(%error, "SIGHUP cannot be listened for"))
                .ok(),
        )
    }

    /// Returns at the next SIGHUP.
    pub async fn received(&mut self) {
        received(self.0.as_mut()).await;
    }
}

impl Default for Hangup {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::runtime::clock::ManualClock;

    const DRAIN: Duration = Duration::from_secs(10);

    fn clock() -> Arc<ManualClock> {
        Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH))
    }

    async fn run(shutdown: Shutdown, clock: Arc<ManualClock>) -> Exit {
        shutdown.run_with(clock, DRAIN, &mut Signals::none()).await
    }

    #[tokio::test]
    async fn a_stop_waits_for_the_tasks_and_is_a_success() {
        let shutdown = Shutdown::new();
        let soft = shutdown.soft().clone();
        shutdown.spawn("worker", async move {
            soft.cancelled().await;
            Ok(())
        });
        shutdown.stop();
        assert_eq!(run(shutdown, clock()).await, Exit::Ok);
    }

    #[tokio::test]
    async fn a_task_that_ends_by_itself_stops_the_process_with_failure() {
        let shutdown = Shutdown::new();
        shutdown.spawn("worker", async { Ok(()) });
        assert_eq!(run(shutdown, clock()).await, Exit::Failure);
    }

    #[tokio::test]
    async fn a_task_that_fails_stops_the_process_with_failure() {
        let shutdown = Shutdown::new();
        shutdown.spawn("worker", async { Err("no more paper".into()) });
        assert_eq!(run(shutdown, clock()).await, Exit::Failure);
    }

    #[tokio::test]
    async fn a_task_that_panics_stops_the_process_with_failure() {
        let shutdown = Shutdown::new();
        shutdown.spawn("worker", async { panic!("on purpose") });
        assert_eq!(run(shutdown, clock()).await, Exit::Failure);
    }

    #[tokio::test]
    async fn a_part_stops_by_itself_and_with_the_whole() {
        let shutdown = Shutdown::new();
        let (first, second) = (shutdown.part(), shutdown.part());
        for part in [&first, &second] {
            let soft = part.soft().clone();
            part.spawn("worker", async move {
                soft.cancelled().await;
                Ok(())
            });
        }
        first.stop();
        assert!(first.is_stopping() && !second.is_stopping() && !shutdown.is_stopping());
        shutdown.stop();
        assert!(second.is_stopping());
        assert_eq!(run(shutdown, clock()).await, Exit::Ok);
    }

    #[tokio::test]
    async fn a_task_of_a_part_that_fails_stops_the_process_with_failure() {
        let shutdown = Shutdown::new();
        shutdown.part().spawn("worker", async { Err("no more paper".into()) });
        assert_eq!(run(shutdown, clock()).await, Exit::Failure);
    }

    #[tokio::test]
    async fn the_drain_is_bounded() {
        let shutdown = Shutdown::new();
        shutdown.spawn("stuck", std::future::pending());
        shutdown.stop();
        let clock = clock();
        let running = tokio::spawn(run(shutdown, Arc::clone(&clock)));
        clock.slept(1).await;
        clock.advance(DRAIN);
        assert_eq!(running.await.unwrap(), Exit::Failure);
    }

    #[tokio::test]
    async fn an_abort_waits_for_nobody() {
        let shutdown = Shutdown::new();
        shutdown.spawn("stuck", std::future::pending());
        shutdown.spawn_finite(std::future::pending());
        shutdown.abort();
        assert!(shutdown.is_stopping());
        assert_eq!(run(shutdown, clock()).await, Exit::Failure);
    }

    #[tokio::test]
    async fn the_first_signal_drains_and_the_second_aborts() {
        let shutdown = Shutdown::new();
        shutdown.spawn("stuck", std::future::pending());
        let (soft, clock) = (shutdown.soft().clone(), clock());
        let running = tokio::spawn(shutdown.run(clock.clone(), DRAIN));
        // Its first poll installs the signals.
        tokio::task::yield_now().await;
        send_to_self("-TERM");
        soft.cancelled().await;
        clock.slept(1).await;
        assert!(!running.is_finished());
        send_to_self("-INT");
        assert_eq!(running.await.unwrap(), Exit::Failure);
    }

    fn send_to_self(signal: &str) {
        let pid = std::process::id().to_string();
        let sent = std::process::Command::new("kill").args([signal, &pid]).status();
        assert!(sent.unwrap().success());
    }
}
