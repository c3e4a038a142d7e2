//! The interval that a reconciliation is about.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// When the reports that are compared were submitted: from the first instant on, and before the second. Both sides keep that
/// time to the microsecond, so both take the same transmissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Period {
    /// From here on; `None` for since ever.
    pub from: Option<Timestamp>,
    /// Before this; `None` for without end.
    pub until: Option<Timestamp>,
}

/// A period that nothing can lie in, or days that do not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a period that begins before it ends")]
pub struct InvalidPeriod;

impl Period {
    /// Everything.
    pub const ALL: Self = Self {
        from: None,
        until: None,
    };

    /// A period that begins before it ends.
    ///
    /// # Errors
    /// When it does not.
    pub fn new(from: Option<Timestamp>, until: Option<Timestamp>) -> Result<Self, InvalidPeriod> {
        match (from, until) {
            (Some(from), Some(until)) if from >= until => Err(InvalidPeriod),
            _ => Ok(Self { from, until }),
        }
    }

    /// Whole days of this time zone, the first and the last included.
    ///
    /// # Errors
    /// When the last is before the first, or no clock knows one of them.
    pub fn of_days(first: Option<Date>, last: Option<Date>, zone: &TimeZone) -> Result<Self, InvalidPeriod> {
        let midnight = |date: Date| {
            let start = date.to_zoned(zone.clone()).map_err(|_| InvalidPeriod)?;
            Ok(start.timestamp())
        };
        let after = last
            .map(|date| date.tomorrow().map_err(|_| InvalidPeriod))
            .transpose()?;
        Self::new(first.map(midnight).transpose()?, after.map(midnight).transpose()?)
    }

    /// Both ends in microseconds since 1970, for a comparison with `>=` and `<`.
    #[must_use]
    pub fn bounds(&self) -> (i64, i64) {
        let micros = |at: Timestamp| at.as_microsecond();
        (self.from.map_or(i64::MIN, micros), self.until.map_or(i64::MAX, micros))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_are_those_of_the_clock_on_the_wall_and_the_last_is_included() {
        let oslo = TimeZone::get("Europe/Oslo").unwrap();
        let day = Period::of_days(Some(date(2026, 3, 29)), Some(date(2026, 3, 29)), &oslo).unwrap();
        let (from, until) = day.bounds();
        // The clocks went forward that night.
        assert_eq!(until - from, 23 * 3_600 * 1_000_000);
        assert_eq!(day.from, Some("2026-03-28T23:00:00Z".parse().unwrap()));
    }

    #[test]
    fn what_ends_before_it_begins_is_refused() {
        let at = Timestamp::UNIX_EPOCH;
        assert_eq!(Period::new(Some(at), Some(at)), Err(InvalidPeriod));
        let oslo = TimeZone::UTC;
        assert_eq!(
            Period::of_days(Some(date(2026, 2, 2)), Some(date(2026, 2, 1)), &oslo),
            Err(InvalidPeriod)
        );
        assert_eq!(Period::ALL.bounds(), (i64::MIN, i64::MAX));
    }
}
