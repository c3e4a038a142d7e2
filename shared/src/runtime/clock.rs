//! Time as an argument: nothing of ours asks the operating system except [`SystemClock`].

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{oneshot, watch};

/// Tells the time and waits. Everything that does either takes an `Arc<dyn Clock>`.
pub trait Clock: Send + Sync + fmt::Debug + 'static {
    /// The present instant in UTC, in whole microseconds: exactly what storage keeps.
    fn now(&self) -> Timestamp;

    /// Returns when `duration` has passed on this clock. May be dropped at any time.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;

    /// Returns at `instant`, at once if that has passed.
    fn sleep_until(&self, instant: Timestamp) -> BoxFuture<'static, ()> {
        let left = instant.duration_since(self.now());
        self.sleep(Duration::try_from(left).unwrap_or(Duration::ZERO))
    }
}

/// The clock of the machine. Sleeping is monotonic: setting the machine's clock wakes nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the machine for the time"
    )]
    fn now(&self) -> Timestamp {
        whole_microseconds(Timestamp::now())
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that waits in real time")]
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A clock that stands still until a test or the simulation moves it.
pub struct ManualClock {
    state: Mutex<ManualState>,
    sleepers: watch::Sender<usize>,
}

struct ManualState {
    now: Timestamp,
    waiting: Vec<Sleeper>,
}

struct Sleeper {
    wake_at: Timestamp,
    wake: oneshot::Sender<()>,
}

impl ManualClock {
    /// A clock that shows `now`, cut to whole microseconds.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            state: Mutex::new(ManualState {
                now: whole_microseconds(now),
                waiting: Vec::new(),
            }),
            sleepers: watch::Sender::new(0),
        }
    }

    /// Moves time forward and wakes everyone whose time has come.
    pub fn advance(&self, duration: Duration) {
        let mut state = self.state();
        state.now = after(state.now, duration);
        self.wake_due(&mut state);
    }

    /// Sets the time, also backwards, as an operator may; wakes everyone whose time has come.
    pub fn set(&self, now: Timestamp) {
        let mut state = self.state();
        state.now = whole_microseconds(now);
        self.wake_due(&mut state);
    }

    /// When the next sleeper wakes, if anybody sleeps: where a simulation jumps to.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        let state = self.state();
        state
            .waiting
            .iter()
            .filter(|sleeper| !sleeper.wake.is_closed())
            .map(|sleeper| sleeper.wake_at)
            .min()
    }

    /// How many sleep on this clock now.
    #[must_use]
    pub fn sleeping(&self) -> usize {
        let state = self.state();
        state.waiting.iter().filter(|sleeper| !sleeper.wake.is_closed()).count()
    }

    /// Returns once at least `count` sleep on this clock at the same time, so that a test may move it.
    pub async fn wait_for_sleeping(&self, count: usize) {
        let mut sleepers = self.sleepers.subscribe();
        while self.sleeping() < count {
            sleepers.changed().await.expect("the sender lives as long as self");
        }
    }

    /// Returns once at least `count` sleeps have begun on this clock since it was made, counting ended ones too.
    pub async fn slept(&self, count: usize) {
        let mut sleepers = self.sleepers.subscribe();
        let reached = sleepers.wait_for(|begun| *begun >= count).await;
        reached.expect("the sender lives as long as self");
    }

    fn wake_due(&self, state: &mut ManualState) {
        let now = state.now;
        for due in state.waiting.extract_if(.., |sleeper| sleeper.wake_at <= now) {
            // Nobody to wake is no error: the sleep was dropped.
            let _ = due.wake.send(());
        }
    }

    fn state(&self) -> MutexGuard<'_, ManualState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.state().now
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let (wake, woken) = oneshot::channel();
        {
            let mut state = self.state();
            state.waiting.retain(|sleeper| !sleeper.wake.is_closed());
            let wake_at = after(state.now, duration);
            state.waiting.push(Sleeper { wake_at, wake });
            self.wake_due(&mut state);
        }
        self.sleepers.send_modify(|begun| *begun += 1);
        Box::pin(async move {
            if woken.await.is_err() {
                // The clock is gone, so this time never comes.
                std::future::pending::<()>().await;
            }
        })
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ManualClock({})", self.now())
    }
}

fn whole_microseconds(instant: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(instant.as_microsecond()).expect("no further from 1970 than the instant itself")
}

/// The end of time instead of an overflow.
fn after(instant: Timestamp, duration: Duration) -> Timestamp {
    SignedDuration::try_from(duration)
        .ok()
        .and_then(|duration| instant.checked_add(duration).ok())
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::FutureExt as _;

    use super::*;

    const NOON: &str = "2026-03-01T12:00:00Z";

    fn clock() -> ManualClock {
        ManualClock::new(NOON.parse().unwrap())
    }

    #[test]
    fn time_stands_still_until_it_is_moved() {
        let clock = clock();
        assert_eq!(clock.now().to_string(), NOON);
        clock.advance(Duration::from_micros(1_500_000));
        assert_eq!(clock.now().to_string(), "2026-03-01T12:00:01.5Z");
    }

    #[test]
    fn a_sleeper_wakes_when_its_time_has_come_and_not_before() {
        let clock = clock();
        let mut sleep = clock.sleep(Duration::from_secs(10));
        clock.advance(Duration::from_secs(9));
        assert!((&mut sleep).now_or_never().is_none());
        clock.advance(Duration::from_secs(1));
        assert!(sleep.now_or_never().is_some());
    }

    #[test]
    fn a_time_that_has_passed_is_not_waited_for() {
        let clock = clock();
        assert!(clock.sleep_until(NOON.parse().unwrap()).now_or_never().is_some());
        assert!(clock.sleep(Duration::ZERO).now_or_never().is_some());
    }

    #[test]
    fn the_next_wake_is_the_earliest_of_those_still_waiting() {
        let clock = clock();
        let dropped = clock.sleep(Duration::from_secs(1));
        let _kept = clock.sleep(Duration::from_secs(5));
        drop(dropped);
        assert_eq!(clock.next_wake().unwrap().to_string(), "2026-03-01T12:00:05Z");
    }

    #[tokio::test]
    async fn a_test_can_wait_until_somebody_sleeps() {
        let clock = Arc::new(clock());
        let sleeper = tokio::spawn({
            let clock = Arc::clone(&clock);
            async move { clock.sleep(Duration::from_secs(3600)).await }
        });
        clock.slept(1).await;
        clock.advance(Duration::from_secs(3600));
        sleeper.await.unwrap();
    }

    #[test]
    fn the_end_of_time_is_no_overflow() {
        let clock = clock();
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }

    #[test]
    fn the_system_clock_shows_whole_microseconds() {
        assert_eq!(SystemClock.now().as_nanosecond() % 1000, 0);
    }
}
