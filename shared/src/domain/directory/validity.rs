//! From which day to which.

use jiff::civil::Date;

/// A span of days, both included; open where an end is not said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Validity {
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub to: Option<Date>,
}

impl Validity {
    /// Whether there is no day in it.
    pub fn is_empty(&self) -> bool {
        matches!((self.from, self.to), (Some(from), Some(to)) if to < from)
    }

    /// Whether a day is in it.
    pub fn contains(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && !self.has_ended(day)
    }

    /// Whether a day comes after it.
    pub fn has_ended(&self, day: Date) -> bool {
        self.to.is_some_and(|to| to < day)
    }

    /// The days that are in both.
    #[must_use]
    pub fn within(&self, other: &Self) -> Self {
        Self {
            from: self.from.max(other.from),
            to: match (self.to, other.to) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            },
        }
    }

    /// Whether a day is in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        !self.within(other).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn days(from: Option<Date>, to: Option<Date>) -> Validity {
        Validity { from, to }
    }

    #[test]
    fn both_ends_are_included_and_an_end_that_is_not_said_is_open() {
        let year = days(Some(date(2023, 1, 1)), Some(date(2023, 12, 31)));
        assert!(year.contains(date(2023, 1, 1)) && year.contains(date(2023, 12, 31)));
        assert!(!year.contains(date(2022, 12, 31)) && !year.contains(date(2024, 1, 1)));
        assert!(Validity::default().contains(date(1990, 1, 1)));
    }

    #[test]
    fn what_ends_the_day_before_the_other_begins_does_not_overlap() {
        let before = days(None, Some(date(2023, 12, 31)));
        assert!(!before.overlaps(&days(Some(date(2024, 1, 1)), None)));
        assert!(before.overlaps(&days(Some(date(2023, 12, 31)), None)));
        assert!(before.overlaps(&Validity::default()));
    }
}
