//! When statements are made, and when one that has not come is missed.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, ToSpan as _, civil::Date};
use serde::Deserialize;

use crate::domain::calendar;

/// Days that are caught up with at once after a standstill.
const MOST_AT_ONCE: usize = 31;
/// A statement is not missed before the other side has had this long since this side made its own: after a standstill, and
/// when a service runs for the first time.
const COURTESY: SignedDuration = SignedDuration::from_hours(1);

/// The hours of the day after, in Norway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Schedule {
    /// From when the statement of a day is made, 0-22. Default 3.
    pub hour: i8,
    /// From when the other side's is missed, later than `hour`, at most 23. Default 9.
    pub alarm_hour: i8,
}

/// Hours that make no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("statements.hour must be 0-22, and statements.alarm_hour later and at most 23")]
pub struct InvalidSchedule;

impl Default for Schedule {
    fn default() -> Self {
        Self { hour: 3, alarm_hour: 9 }
    }
}

impl Schedule {
    /// Checks the hours.
    ///
    /// # Errors
    /// [`InvalidSchedule`].
    pub fn check(&self) -> Result<(), InvalidSchedule> {
        if 0 <= self.hour && self.hour < self.alarm_hour && self.alarm_hour <= 23 {
            Ok(())
        } else {
            Err(InvalidSchedule)
        }
    }

    /// The days of which this side should have made a statement by now and has not, given those of which it has: oldest
    /// first, at most 31. The first time, only the last day that is due.
    #[must_use]
    pub fn due(&self, stated: &BTreeSet<Date>, now: Timestamp) -> Vec<Date> {
        let Some(latest) = self.latest(now) else {
            return Vec::new();
        };
        let first = stated.first().copied().unwrap_or(latest);
        first
            .series(1.day())
            .take_while(|day| *day <= latest)
            .filter(|day| !stated.contains(day))
            .take(MOST_AT_ONCE)
            .collect()
    }

    /// From when the other side's statement of a day is missed, given when this side made its own.
    #[must_use]
    pub fn missed_from(&self, day: Date, own_made_at: Timestamp) -> Timestamp {
        let courtesy = own_made_at.saturating_add(COURTESY).unwrap_or(Timestamp::MAX);
        after(day, self.alarm_hour).max(courtesy)
    }

    /// The next instant at which the hour alone makes something due.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> Timestamp {
        let today = calendar::day_of(now);
        let hours = [today.yesterday().ok(), Some(today)].into_iter().flatten();
        hours
            .flat_map(|day| [after(day, self.hour), after(day, self.alarm_hour)])
            .filter(|at| *at > now)
            .min()
            .unwrap_or(Timestamp::MAX)
    }

    /// The last day whose statement is due.
    fn latest(&self, now: Timestamp) -> Option<Date> {
        let yesterday = calendar::day_of(now).yesterday().ok()?;
        if after(yesterday, self.hour) <= now {
            Some(yesterday)
        } else {
            yesterday.yesterday().ok()
        }
    }
}

/// A full hour of the day after.
fn after(day: Date, hour: i8) -> Timestamp {
    let next = day.tomorrow().ok();
    next.and_then(|next| calendar::at_hour(next, hour))
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_is_due_from_its_hour_on_the_day_after_and_the_first_time_only_that_one() {
        let schedule = Schedule::default();
        let due = |now| schedule.due(&BTreeSet::new(), at(now));
        assert_eq!(due("2026-11-25T01:59:59Z"), [date(2026, 11, 23)]);
        assert_eq!(due("2026-11-25T02:00:00Z"), [date(2026, 11, 24)]);
    }

    #[test]
    fn every_day_since_the_first_is_caught_up_with_at_most_31_at_once() {
        let schedule = Schedule::default();
        let mut stated = BTreeSet::from([date(2026, 11, 20), date(2026, 11, 23)]);
        let now = at("2026-11-25T08:00:00Z");
        let missing = [date(2026, 11, 21), date(2026, 11, 22), date(2026, 11, 24)];
        assert_eq!(schedule.due(&stated, now), missing);
        stated.extend(missing);
        assert_eq!(schedule.due(&stated, now), []);
        let long_ago = BTreeSet::from([date(2026, 1, 1)]);
        assert_eq!(schedule.due(&long_ago, now).len(), 31);
    }

    #[test]
    fn a_statement_is_missed_from_its_hour_and_not_before_the_other_side_had_an_hour() {
        let schedule = Schedule::default();
        let day = date(2026, 11, 24);
        let usual = schedule.missed_from(day, at("2026-11-25T02:00:00Z"));
        assert_eq!(usual, at("2026-11-25T08:00:00Z"));
        let late = schedule.missed_from(day, at("2026-11-25T12:00:00Z"));
        assert_eq!(late, at("2026-11-25T13:00:00Z"));
    }

    #[test]
    fn the_hours_are_those_on_the_wall_on_both_sides_of_a_change_of_clocks() {
        let schedule = Schedule::default();
        assert_eq!(schedule.next(at("2026-10-24T23:00:00Z")), at("2026-10-25T02:00:00Z"));
        assert_eq!(schedule.next(at("2026-03-28T23:30:00Z")), at("2026-03-29T01:00:00Z"));
        assert_eq!(schedule.next(at("2026-03-29T01:00:00Z")), at("2026-03-29T07:00:00Z"));
        assert_eq!(schedule.next(at("2026-11-25T08:00:00Z")), at("2026-11-26T02:00:00Z"));
    }

    #[test]
    fn hours_that_make_no_sense_are_refused() {
        let hours = |hour, alarm_hour| Schedule { hour, alarm_hour }.check();
        assert_eq!(Schedule::default().check(), Ok(()));
        for (hour, alarm_hour) in [(9, 9), (9, 3), (-1, 3), (3, 24)] {
            assert_eq!(hours(hour, alarm_hour), Err(InvalidSchedule));
        }
    }
}
