//! When comparisons are made by themselves: every night of the last weeks, and on Sundays of everything.

use framme_shared::domain::reconciliation::Period;
use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, Weekday},
    tz::TimeZone,
};

/// A comparison that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Planned {
    /// `nightly/2026-03-02` or `weekly/2026-03-01`.
    pub(super) occasion: String,
    pub(super) period: Period,
}

/// The nights' plan.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    zone: TimeZone,
    /// From this hour of the day on, by the clock on the wall.
    hour: i8,
    /// Days before the present one that a nightly comparison is about.
    days: i64,
}

impl Schedule {
    pub(super) fn new(hour: u8, days: u32) -> Self {
        Self {
            // The program has its own copy of the time zone database.
            zone: TimeZone::get("Europe/Oslo").unwrap_or(TimeZone::UTC),
            hour: i8::try_from(hour).unwrap_or(3),
            days: i64::from(days),
        }
    }

    /// The day whose comparison is due at `now`: the present one, from the hour on. A service that was away at the hour
    /// makes up for it.
    pub(super) fn day(&self, now: Timestamp) -> Option<Date> {
        let here = now.to_zoned(self.zone.clone());
        (here.hour() >= self.hour).then(|| here.date())
    }

    /// What is made on this day. Reports of the day itself are still moving and are left for the next.
    pub(super) fn of(&self, day: Date) -> Option<Planned> {
        let last = day.yesterday().ok()?;
        let (kind, first) = if day.weekday() == Weekday::Sunday {
            ("weekly", None)
        } else {
            ("nightly", Some(day.checked_sub(self.days.days()).ok()?))
        };
        Some(Planned {
            occasion: format!("{kind}/{day}"),
            period: Period::of_days(first, Some(last), &self.zone).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_night_is_due_from_its_hour_on_by_the_clock_on_the_wall() {
        let schedule = Schedule::new(3, 35);
        assert_eq!(schedule.day(at("2026-07-01T00:59:59Z")), None);
        let day = schedule.day(at("2026-07-01T01:00:00Z")).unwrap();
        assert_eq!(day.to_string(), "2026-07-01");
        assert_eq!(schedule.day(at("2026-01-01T01:00:00Z")), None);
        assert!(schedule.day(at("2026-01-01T02:00:00Z")).is_some());
    }

    #[test]
    fn nights_are_about_the_last_weeks_and_sundays_about_everything() {
        let schedule = Schedule::new(3, 35);
        let wednesday = schedule.of("2026-07-01".parse().unwrap()).unwrap();
        assert_eq!(wednesday.occasion, "nightly/2026-07-01");
        assert_eq!(wednesday.period.from, Some(at("2026-05-26T22:00:00Z")));
        assert_eq!(wednesday.period.until, Some(at("2026-06-30T22:00:00Z")));
        let sunday = schedule.of("2026-07-05".parse().unwrap()).unwrap();
        assert_eq!(sunday.occasion, "weekly/2026-07-05");
        assert_eq!(
            (sunday.period.from, sunday.period.until),
            (None, Some(at("2026-07-04T22:00:00Z")))
        );
    }
}
