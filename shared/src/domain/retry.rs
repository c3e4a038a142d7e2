//! When to try again, and what goes first.

use std::{num::NonZeroU32, time::Duration};

/// Exponential backoff with full jitter and a cap: before attempt n + 1 waits a uniformly random time between zero and
/// `base` times 2 to the power of n - 1, at most `cap`.
///
/// Full jitter spreads the senders of a whole country over the window in which a receiver comes back, instead of
/// letting them all knock at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
}

/// A backoff that would never wait, or whose cap is below its base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the base must be more than zero and at most the cap, and the cap at most one day")]
pub struct InvalidBackoff;

const LONGEST_CAP: Duration = Duration::from_secs(24 * 60 * 60);

impl Backoff {
    /// A backoff that begins with at most `base` and never exceeds `cap`.
    ///
    /// # Errors
    /// When `base` is zero or more than `cap`, or `cap` more than a day.
    pub fn new(base: Duration, cap: Duration) -> Result<Self, InvalidBackoff> {
        if base.is_zero() || base > cap || cap > LONGEST_CAP {
            return Err(InvalidBackoff);
        }
        Ok(Self { base, cap })
    }

    /// The longest time to wait after this many failed attempts.
    #[must_use]
    pub fn ceiling(&self, failed_attempts: NonZeroU32) -> Duration {
        let doublings = failed_attempts.get() - 1;
        2_u32
            .checked_pow(doublings)
            .and_then(|factor| self.base.checked_mul(factor))
            .map_or(self.cap, |ceiling| ceiling.min(self.cap))
    }

    /// How long to wait after this many failed attempts. `jitter` is uniform over all of `u64`: 0 waits not at all, the
    /// largest waits the whole ceiling.
    #[must_use]
    pub fn delay(&self, failed_attempts: NonZeroU32, jitter: u64) -> Duration {
        let ceiling = self.ceiling(failed_attempts).as_nanos();
        let delay = (ceiling * u128::from(jitter)) / u128::from(u64::MAX);
        Duration::from_nanos(u64::try_from(delay).expect("a delay is at most the cap of one day"))
    }
}

impl Default for Backoff {
    /// One second at first, five minutes at most.
    fn default() -> Self {
        Self {
            base: Duration::from_secs(1),
            cap: Duration::from_secs(5 * 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn attempts(count: u32) -> NonZeroU32 {
        NonZeroU32::new(count).unwrap()
    }

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn the_ceiling_doubles_with_each_failure_up_to_the_cap() {
        let ceilings: Vec<_> = (1..=11)
            .map(|n| Backoff::default().ceiling(attempts(n)).as_secs())
            .collect();
        assert_eq!(ceilings, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(Backoff::default().ceiling(NonZeroU32::MAX), seconds(300));
    }

    #[test]
    fn the_jitter_spreads_over_the_whole_ceiling() {
        let backoff = Backoff::default();
        assert_eq!(backoff.delay(attempts(4), 0), Duration::ZERO);
        assert_eq!(
            backoff.delay(attempts(4), u64::MAX / 2),
            Duration::from_nanos(3_999_999_999)
        );
        assert_eq!(backoff.delay(attempts(4), u64::MAX), seconds(8));
    }

    #[test]
    fn a_backoff_that_never_waits_or_waits_days_is_refused() {
        for (base, cap) in [(0, 1), (2, 1), (1, 24 * 60 * 60 + 1)] {
            assert_eq!(Backoff::new(seconds(base), seconds(cap)), Err(InvalidBackoff));
        }
    }

    proptest! {
        #[test]
        fn no_delay_exceeds_its_ceiling_or_the_cap(failed in 1..=u32::MAX, jitter: u64, base in 1_u64..3_600) {
            let backoff = Backoff::new(seconds(base), seconds(3_600)).unwrap();
            let delay = backoff.delay(attempts(failed), jitter);
            prop_assert!(delay <= backoff.ceiling(attempts(failed)));
            prop_assert!(delay <= seconds(3_600));
        }
    }
}
