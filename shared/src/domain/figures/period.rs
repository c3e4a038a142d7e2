//! A period of whole days in Norway.

use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};

/// No report is older, and no calculation leaves what a date can be.
const YEARS: std::ops::RangeInclusive<i16> = 2010..=2999;

/// Whole days in Europe/Oslo, the first and the last included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    from: Date,
    until: Date,
}

/// Two days that are no period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPeriod {
    /// Not a date, or outside the years in which there can be reports.
    #[error("must be a date as 2026-01-31, of the years 2010 to 2999")]
    NotADate,
    /// The last day is before the first.
    #[error("must not end before it begins")]
    Backwards,
}

impl Period {
    /// From the first day to the last, both as `2026-01-31`.
    ///
    /// # Errors
    /// See [`InvalidPeriod`].
    pub fn parse(from: &str, until: &str) -> Result<Self, InvalidPeriod> {
        Self::new(Self::day(from)?, Self::day(until)?)
    }

    /// From the first day to the last.
    ///
    /// # Errors
    /// See [`InvalidPeriod`].
    pub fn new(from: Date, until: Date) -> Result<Self, InvalidPeriod> {
        for day in [from, until] {
            if !YEARS.contains(&day.year()) {
                return Err(InvalidPeriod::NotADate);
            }
        }
        if until < from {
            return Err(InvalidPeriod::Backwards);
        }
        Ok(Self { from, until })
    }

    /// One day, as `2026-01-31`.
    ///
    /// # Errors
    /// [`InvalidPeriod::NotADate`].
    pub fn day(text: &str) -> Result<Date, InvalidPeriod> {
        let day: Date = text.parse().map_err(|_| InvalidPeriod::NotADate)?;
        // Only the canonical text: jiff also reads times of day, and leaves them out.
        let is_canonical = day.to_string() == text && YEARS.contains(&day.year());
        is_canonical.then_some(day).ok_or(InvalidPeriod::NotADate)
    }

    /// The first day.
    #[must_use]
    pub const fn from(&self) -> Date {
        self.from
    }

    /// The last day.
    #[must_use]
    pub const fn until(&self) -> Date {
        self.until
    }

    /// The moment at which it begins.
    #[must_use]
    pub fn begins(&self) -> Timestamp {
        midnight(self.from)
    }

    /// The first moment after it.
    #[must_use]
    pub fn ends(&self) -> Timestamp {
        midnight(self.until.saturating_add(1.day()))
    }

    /// Whether a moment is in it.
    #[must_use]
    pub fn holds(&self, moment: Timestamp) -> bool {
        (self.begins()..self.ends()).contains(&moment)
    }

    /// Whether they have a day in common.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.from <= other.until && other.from <= self.until
    }
}

/// As `2026-01-01 to 2026-01-31`.
impl std::fmt::Display for Period {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} to {}", self.from, self.until)
    }
}

fn midnight(day: Date) -> Timestamp {
    let norway = TimeZone::get("Europe/Oslo").expect("the time zones are built in");
    day.to_zoned(norway)
        .expect("the years are within those that have moments")
        .timestamp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_has_whole_days_in_norway_the_last_included() {
        let period = Period::parse("2026-03-29", "2026-03-29").unwrap();
        // The clocks go forward that night: the day has 23 hours.
        assert_eq!(period.begins().to_string(), "2026-03-28T23:00:00Z");
        assert_eq!(period.ends().to_string(), "2026-03-29T22:00:00Z");
        assert!(period.holds(period.begins()) && !period.holds(period.ends()));
    }

    #[test]
    fn only_dates_in_order_make_a_period() {
        assert_eq!(Period::parse("2026-01-02", "2026-01-01"), Err(InvalidPeriod::Backwards));
        for text in [
            "",
            "2026-1-2",
            "2026-02-30",
            "2026-01-01T10:00",
            "2009-12-31",
            "20260101",
            "+002026-01-01",
        ] {
            assert_eq!(Period::day(text), Err(InvalidPeriod::NotADate), "{text}");
        }
    }

    #[test]
    fn periods_overlap_when_they_share_a_day() {
        let period = |from, until| Period::parse(from, until).unwrap();
        let january = period("2026-01-01", "2026-01-31");
        assert!(january.overlaps(&period("2026-01-31", "2026-02-01")));
        assert!(january.overlaps(&january));
        assert!(!january.overlaps(&period("2026-02-01", "2026-02-28")));
    }
}
