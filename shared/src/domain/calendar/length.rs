//! Lengths of time as configuration writes them.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::working_day::{add_days, add_working_days};
use crate::domain::{closed_set::closed_set, text_form::text_form};

closed_set! {
    /// What a length is counted in.
    Unit in "unit of time" {
        /// Elapsed time: 60 minutes are 60 minutes also in the night when the clocks change.
        Minutes = "minutes",
        /// Elapsed time, 60 minutes each.
        Hours = "hours",
        /// Calendar days, to the same time on the wall; see [`add_days`].
        Days = "days",
        /// Working days; see [`add_working_days`].
        WorkingDays = "working days",
    }
}

/// A length of time: a number from 1 and a unit, at most about a year. Written "15 minutes", "4 hours", "2 working days",
/// "7 days" or "3 weeks"; "1 minute" and the like are understood, and a week is seven days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Length {
    count: u32,
    unit: Unit,
}

/// A text that is no length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be a whole number and minutes, hours, days, working days or weeks, for example \"15 minutes\" or \"2 working \
     days\"; at least 1, and at most a year (527040 minutes, 8784 hours, 366 days, 250 working days)"
)]
pub struct InvalidLength;

impl Length {
    /// A length of 1 or more.
    ///
    /// # Errors
    /// [`InvalidLength`] when it is nothing or more than a year.
    pub const fn new(count: u32, unit: Unit) -> Result<Self, InvalidLength> {
        let most = match unit {
            Unit::Minutes => 366 * 24 * 60,
            Unit::Hours => 366 * 24,
            Unit::Days => 366,
            Unit::WorkingDays => 250,
        };
        if count == 0 || count > most {
            return Err(InvalidLength);
        }
        Ok(Self { count, unit })
    }

    /// A length that stands in the program; only for constants, where one that is out of bounds does not compile.
    pub(in crate::domain) const fn known(count: u32, unit: Unit) -> Self {
        match Self::new(count, unit) {
            Ok(length) => length,
            Err(_) => panic!("a length in the program is within its bounds"),
        }
    }

    /// Reads a length.
    ///
    /// # Errors
    /// [`InvalidLength`].
    pub fn parse(text: &str) -> Result<Self, InvalidLength> {
        let (count, unit) = text.split_once(' ').ok_or(InvalidLength)?;
        if !count.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidLength);
        }
        let count: u32 = count.parse().map_err(|_| InvalidLength)?;
        match unit {
            "minute" | "minutes" => Self::new(count, Unit::Minutes),
            "hour" | "hours" => Self::new(count, Unit::Hours),
            "day" | "days" => Self::new(count, Unit::Days),
            "working day" | "working days" => Self::new(count, Unit::WorkingDays),
            "week" | "weeks" => Self::new(count.checked_mul(7).ok_or(InvalidLength)?, Unit::Days),
            _ => Err(InvalidLength),
        }
    }

    /// The instant that is so much later; [`Timestamp::MAX`] beyond what a calendar has.
    #[must_use]
    pub fn after(self, at: Timestamp) -> Timestamp {
        let elapsed = |elapsed| at.saturating_add(elapsed).unwrap_or(Timestamp::MAX);
        match self.unit {
            Unit::Minutes => elapsed(SignedDuration::from_mins(i64::from(self.count))),
            Unit::Hours => elapsed(SignedDuration::from_hours(i64::from(self.count))),
            Unit::Days => add_days(at, self.count),
            Unit::WorkingDays => add_working_days(at, self.count),
        }
    }

    /// Whether it is elapsed time, which no night or holiday stretches, and at most so many hours.
    #[must_use]
    pub const fn is_elapsed_within_hours(self, hours: u32) -> bool {
        match self.unit {
            Unit::Minutes => self.count <= hours * 60,
            Unit::Hours => self.count <= hours,
            Unit::Days | Unit::WorkingDays => false,
        }
    }

    /// Whether it can never last longer than so many calendar days. Working days can, with enough holidays, so they count
    /// as a week each.
    #[must_use]
    pub const fn is_within_days(self, days: u32) -> bool {
        match self.unit {
            // A day in which summer time begins is an hour shorter than the others.
            Unit::Minutes => self.count <= (days * 24 * 60).saturating_sub(60),
            Unit::Hours => self.count < days * 24,
            Unit::Days => self.count <= days,
            Unit::WorkingDays => self.count * 7 <= days,
        }
    }

    /// Whether it is counted in working days, and at most so many.
    #[must_use]
    pub const fn is_within_working_days(self, days: u32) -> bool {
        matches!(self.unit, Unit::WorkingDays) && self.count <= days
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.unit.as_str();
        let unit = if self.count == 1 {
            unit.trim_end_matches('s')
        } else {
            unit
        };
        f.pad(&format!("{} {unit}", self.count))
    }
}

text_form!(Length, InvalidLength);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_read_and_written_back() {
        for (text, written) in [
            ("15 minutes", "15 minutes"),
            ("1 minute", "1 minute"),
            ("1 hours", "1 hour"),
            ("4 hours", "4 hours"),
            ("1 working day", "1 working day"),
            ("2 working days", "2 working days"),
            ("7 days", "7 days"),
            ("3 weeks", "21 days"),
        ] {
            let length = Length::parse(text).unwrap();
            assert_eq!(length.to_string(), written);
            assert_eq!(Length::parse(written), Ok(length));
        }
    }

    #[test]
    fn what_is_no_length_is_refused() {
        for text in [
            "",
            "15",
            "minutes",
            "15minutes",
            "15  minutes",
            " 15 minutes",
            "15 minutes ",
            "+15 minutes",
            "-1 days",
            "0 minutes",
            "1.5 hours",
            "2 Working Days",
            "2 months",
            "367 days",
            "251 working days",
            "8785 hours",
            "613566757 weeks",
            "99999999999 minutes",
        ] {
            assert_eq!(Length::parse(text), Err(InvalidLength), "{text}");
        }
    }

    #[test]
    fn minutes_and_hours_are_elapsed_time_over_a_change_of_clocks() {
        let before: Timestamp = "2026-10-25T00:30:00Z".parse().unwrap();
        let hour_later = "2026-10-25T01:30:00Z".parse().unwrap();
        assert_eq!(Length::parse("60 minutes").unwrap().after(before), hour_later);
        assert_eq!(Length::parse("1 hour").unwrap().after(before), hour_later);
    }

    #[test]
    fn what_a_length_can_last_at_most_is_known_without_a_calendar() {
        let within = |text: &str, days| Length::parse(text).unwrap().is_within_days(days);
        assert!(within("7 days", 7) && !within("8 days", 7));
        assert!(within("167 hours", 7) && !within("168 hours", 7));
        assert!(within("10020 minutes", 7) && !within("10021 minutes", 7));
        assert!(within("1 working day", 7) && !within("2 working days", 7));
        let elapsed = |text: &str| Length::parse(text).unwrap().is_elapsed_within_hours(24);
        assert!(elapsed("24 hours") && !elapsed("25 hours") && !elapsed("1441 minutes") && !elapsed("1 day"));
    }
}
