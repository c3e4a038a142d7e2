//! When to ask again: soon after the hand-over, when faulty software loses most, and then for as long as anybody waits.

use jiff::{SignedDuration, Timestamp};

/// At some days after the hand-over, and then again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    days: Vec<u32>,
    every: u32,
}

/// A schedule that asks never, or too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 10 days between 1 and 365, each later than the one before, and then every 1 to 365 days")]
pub struct InvalidSchedule;

impl Schedule {
    /// On these days after the hand-over, then every so many days.
    ///
    /// # Errors
    /// [`InvalidSchedule`].
    pub fn new(days: &[u32], every: u32) -> Result<Self, InvalidSchedule> {
        let in_range = |day: &u32| (1..=365).contains(day);
        let rises = days.windows(2).all(|pair| pair[0] < pair[1]);
        if !(1..=10).contains(&days.len()) || !days.iter().all(in_range) || !rises || !in_range(&every) {
            return Err(InvalidSchedule);
        }
        Ok(Self {
            days: days.to_vec(),
            every,
        })
    }

    /// How long after the hand-over the first question is due.
    #[must_use]
    pub fn first(&self) -> SignedDuration {
        days(self.days.first().copied().unwrap_or(self.every))
    }

    /// The first date after `now` for what was handed over at `since`. Dates that passed meanwhile are not made up for:
    /// one answer says as much as several.
    #[must_use]
    pub fn next(&self, since: Timestamp, now: Timestamp) -> Timestamp {
        let mut fixed = self.days.iter().map(|day| after(since, days(*day)));
        if let Some(next) = fixed.clone().find(|date| *date > now) {
            return next;
        }
        let last = fixed.next_back().unwrap_or(since);
        let every = days(self.every);
        let passed = now.duration_since(last).as_secs().max(0) / every.as_secs();
        let next = last
            .as_second()
            .saturating_add((passed + 1).saturating_mul(every.as_secs()));
        // What the fixed dates have beyond whole seconds stays.
        let rest = SignedDuration::from_nanos(i64::from(last.subsec_nanosecond()));
        Timestamp::from_second(next).map_or(Timestamp::MAX, |second| after(second, rest))
    }
}

impl Default for Schedule {
    /// After a day, after a week, then every 30 days.
    fn default() -> Self {
        Self {
            days: vec![1, 7],
            every: 30,
        }
    }
}

fn days(count: u32) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(count))
}

fn after(time: Timestamp, wait: SignedDuration) -> Timestamp {
    time.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(count: i64) -> Timestamp {
        Timestamp::from_second(count * 24 * 60 * 60).unwrap()
    }

    #[test]
    fn it_is_asked_after_a_day_a_week_and_then_every_thirty_days() {
        let schedule = Schedule::default();
        let (mut now, mut dates) = (day(0), Vec::new());
        for _ in 0..5 {
            now = schedule.next(day(0), now);
            dates.push(now);
        }
        assert_eq!(dates, [day(1), day(7), day(37), day(67), day(97)]);
        assert_eq!(schedule.first(), SignedDuration::from_hours(24));
    }

    #[test]
    fn dates_that_passed_meanwhile_are_not_made_up_for() {
        let schedule = Schedule::default();
        assert_eq!(schedule.next(day(0), day(3)), day(7));
        assert_eq!(schedule.next(day(0), day(60)), day(67));
        assert_eq!(schedule.next(day(0), day(67)), day(97));
    }

    #[test]
    fn a_schedule_that_never_asks_or_goes_back_is_refused() {
        for (days, every) in [
            (&[][..], 30),
            (&[0], 30),
            (&[7, 1], 30),
            (&[1, 1], 30),
            (&[1], 0),
            (&[1], 366),
        ] {
            assert_eq!(Schedule::new(days, every), Err(InvalidSchedule), "{days:?} {every}");
        }
        assert_eq!(Schedule::new(&[1, 7], 30), Ok(Schedule::default()));
    }

    proptest! {
        #[test]
        fn the_next_date_is_always_later_and_never_more_than_a_step_away(since in 0_i64..4_000_000_000, passed in 0_i64..2_000_000_000) {
            let since = Timestamp::from_second(since).unwrap();
            let now = since + SignedDuration::from_secs(passed);
            let next = Schedule::default().next(since, now);
            prop_assert!(next > now);
            prop_assert!(next.duration_since(now) <= SignedDuration::from_hours(24 * 30));
        }
    }
}
