//! When a day begins and ends.

use jiff::{Timestamp, ToSpan as _, civil::Date};

use super::zone::{instant, wall};

/// A day's two ends: everything from the first instant to before the second is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Midnight before.
    pub from: Timestamp,
    /// Midnight after: 23, 24 or 25 hours later.
    pub until: Timestamp,
}

impl Bounds {
    /// Whether an instant lies in the day.
    #[must_use]
    pub fn contain(&self, at: Timestamp) -> bool {
        (self.from..self.until).contains(&at)
    }
}

/// The day in which an instant lies.
#[must_use]
pub fn day_of(at: Timestamp) -> Date {
    wall(at).date()
}

/// Where a day begins and ends; `None` for the last day that a calendar can have.
#[must_use]
pub fn bounds(day: Date) -> Option<Bounds> {
    let next = day.checked_add(1.day()).ok()?;
    Some(Bounds {
        from: at_hour(day, 0)?,
        until: at_hour(next, 0)?,
    })
}

/// The instant of a full hour of a day, 0 to 23. An hour that a day skips is the one after it; of one that it has twice,
/// the first.
#[must_use]
pub fn at_hour(day: Date, hour: i8) -> Option<Timestamp> {
    instant(day.at(hour, 0, 0, 0))
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, civil::date};

    use super::*;

    fn hours_of(day: Date) -> SignedDuration {
        let bounds = bounds(day).unwrap();
        bounds.until.duration_since(bounds.from)
    }

    #[test]
    fn days_on_which_the_clocks_change_have_23_and_25_hours() {
        assert_eq!(hours_of(date(2026, 3, 29)), SignedDuration::from_hours(23));
        assert_eq!(hours_of(date(2026, 10, 25)), SignedDuration::from_hours(25));
        assert_eq!(hours_of(date(2026, 11, 24)), SignedDuration::from_hours(24));
    }

    #[test]
    fn a_day_begins_at_midnight_in_oslo() {
        let winter = bounds(date(2026, 11, 24)).unwrap();
        assert_eq!(winter.from, "2026-11-23T23:00:00Z".parse().unwrap());
        assert_eq!(winter.until, "2026-11-24T23:00:00Z".parse().unwrap());
        let summer = bounds(date(2026, 7, 1)).unwrap();
        assert_eq!(summer.from, "2026-06-30T22:00:00Z".parse().unwrap());
    }

    #[test]
    fn every_instant_lies_in_exactly_its_day() {
        for day in [date(2026, 3, 29), date(2026, 10, 25), date(2026, 12, 31)] {
            let bounds = bounds(day).unwrap();
            let micro = SignedDuration::from_micros(1);
            assert_eq!(day_of(bounds.from), day);
            assert_eq!(day_of(bounds.until - micro), day);
            assert_eq!(day_of(bounds.until), day.tomorrow().unwrap());
            assert!(bounds.contain(bounds.from) && !bounds.contain(bounds.until));
        }
    }

    #[test]
    fn an_hour_that_is_skipped_or_comes_twice_is_one_instant() {
        // 02:00 does not exist on the one day, and comes twice on the other.
        assert_eq!(
            at_hour(date(2026, 3, 29), 2),
            Some("2026-03-29T01:00:00Z".parse().unwrap())
        );
        assert_eq!(
            at_hour(date(2026, 10, 25), 2),
            Some("2026-10-25T00:00:00Z".parse().unwrap())
        );
    }
}
