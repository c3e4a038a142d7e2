//! A receiver that cannot be reached is asked by one attempt at a time, not by every report that waits for it.

use std::{num::NonZeroU32, time::Duration};

use framme_shared::domain::retry::Backoff;
use jiff::Timestamp;

/// However long a receiver was away, it is tried at least this often.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Counts failures to reach one receiver, and says when and how much to try.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    failures: u32,
    until: Option<Timestamp>,
}

impl Breaker {
    /// The receiver answered, whatever it said.
    pub(super) fn answered(&mut self) {
        *self = Self::default();
    }

    /// The receiver could not be reached. `jitter` is uniform over all of `u64`.
    pub(super) fn unreachable(&mut self, backoff: &Backoff, jitter: u64, now: Timestamp) -> Timestamp {
        if let Some(until) = self.until.filter(|until| *until > now) {
            // One of several that failed together: they count once.
            return until;
        }
        self.failures = self.failures.saturating_add(1);
        let failures = NonZeroU32::new(self.failures).unwrap_or(NonZeroU32::MIN);
        let pause = backoff.delay(failures, jitter).min(LONGEST_PAUSE);
        let until = now.saturating_add(pause).unwrap_or(Timestamp::MAX);
        self.until = Some(until);
        until
    }

    /// How many of `free` attempts may begin now.
    pub(super) fn allows(&self, free: u32, in_flight: usize, now: Timestamp) -> u32 {
        match self.until {
            None => free,
            Some(until) if until > now => 0,
            Some(_) => u32::from(in_flight == 0),
        }
    }

    /// Until when nothing may begin.
    pub(super) fn paused_until(&self) -> Option<Timestamp> {
        self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(count: i64) -> Timestamp {
        Timestamp::from_second(count).unwrap()
    }

    #[test]
    fn an_unreachable_receiver_is_left_alone_and_then_asked_once() {
        let mut breaker = Breaker::default();
        assert_eq!(breaker.allows(32, 0, second(0)), 32);
        let until = breaker.unreachable(&Backoff::default(), u64::MAX, second(0));
        assert_eq!(until, second(1));
        assert_eq!(breaker.allows(32, 0, second(0)), 0);
        assert_eq!(breaker.allows(32, 0, second(1)), 1);
        assert_eq!(breaker.allows(31, 1, second(1)), 0);
        breaker.answered();
        assert_eq!(breaker.allows(32, 0, second(1)), 32);
    }

    #[test]
    fn failures_of_the_same_moment_count_once() {
        let mut breaker = Breaker::default();
        for _ in 0..32 {
            assert_eq!(breaker.unreachable(&Backoff::default(), u64::MAX, second(0)), second(1));
        }
        assert_eq!(breaker.unreachable(&Backoff::default(), u64::MAX, second(1)), second(3));
    }

    #[test]
    fn the_pause_never_exceeds_half_a_minute() {
        let mut breaker = Breaker::default();
        let mut now = second(0);
        for _ in 0..20 {
            let until = breaker.unreachable(&Backoff::default(), u64::MAX, now);
            assert!(until.duration_since(now).as_secs() <= 30);
            now = until;
        }
    }
}
