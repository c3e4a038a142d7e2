//! The public holidays of Norway.

use jiff::{ToSpan as _, civil::Date};

use super::easter::easter_sunday;
use crate::domain::closed_set::closed_set;

closed_set! {
    /// A public holiday besides the Sundays: the ten of the church (lov om helligdager og helligdagsfred § 2), and the two of
    /// lov om 1. og 17. mai som høgtidsdager.
    ///
    /// Christmas Eve, New Year's Eve, Easter Eve and Whitsun Eve are not among them: by law 24 and 31 December are working
    /// days when they fall on Monday to Friday, whatever is the custom of an office.
    Holiday in "holiday" {
        /// 1 January.
        NewYearsDay = "new_years_day",
        /// Skjærtorsdag.
        MaundyThursday = "maundy_thursday",
        /// Langfredag.
        GoodFriday = "good_friday",
        /// Første påskedag.
        EasterSunday = "easter_sunday",
        /// Andre påskedag.
        EasterMonday = "easter_monday",
        /// 1 May.
        LabourDay = "labour_day",
        /// 17 May.
        ConstitutionDay = "constitution_day",
        /// Kristi himmelfartsdag.
        AscensionDay = "ascension_day",
        /// Første pinsedag.
        WhitSunday = "whit_sunday",
        /// Andre pinsedag.
        WhitMonday = "whit_monday",
        /// 25 December.
        ChristmasDay = "christmas_day",
        /// 26 December.
        BoxingDay = "boxing_day",
    }
}

impl Holiday {
    /// The day of this holiday in a year; `None` only outside of what a calendar has.
    #[must_use]
    pub fn in_year(self, year: i16) -> Option<Date> {
        let from_easter = |days: i64| easter_sunday(year)?.checked_add(days.days()).ok();
        let fixed = |month, day| Date::new(year, month, day).ok();
        match self {
            Self::NewYearsDay => fixed(1, 1),
            Self::MaundyThursday => from_easter(-3),
            Self::GoodFriday => from_easter(-2),
            Self::EasterSunday => from_easter(0),
            Self::EasterMonday => from_easter(1),
            Self::LabourDay => fixed(5, 1),
            Self::ConstitutionDay => fixed(5, 17),
            Self::AscensionDay => from_easter(39),
            Self::WhitSunday => from_easter(49),
            Self::WhitMonday => from_easter(50),
            Self::ChristmasDay => fixed(12, 25),
            Self::BoxingDay => fixed(12, 26),
        }
    }

    /// The holiday that a day is. Of two on one day (Ascension on 1 May 2008) the first in the order of declaration.
    #[must_use]
    pub fn of(day: Date) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|holiday| holiday.in_year(day.year()) == Some(day))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_twelve_of_2026() {
        let days: Vec<_> = Holiday::ALL
            .iter()
            .filter_map(|holiday| holiday.in_year(2026))
            .collect();
        let expected = [
            date(2026, 1, 1),
            date(2026, 4, 2),
            date(2026, 4, 3),
            date(2026, 4, 5),
            date(2026, 4, 6),
            date(2026, 5, 1),
            date(2026, 5, 17),
            date(2026, 5, 14),
            date(2026, 5, 24),
            date(2026, 5, 25),
            date(2026, 12, 25),
            date(2026, 12, 26),
        ];
        assert_eq!(days, expected);
    }

    #[test]
    fn two_holidays_on_one_day_are_one_day() {
        assert_eq!(Holiday::AscensionDay.in_year(2008), Some(date(2008, 5, 1)));
        assert_eq!(Holiday::of(date(2008, 5, 1)), Some(Holiday::LabourDay));
    }

    #[test]
    fn the_eves_are_no_holidays() {
        for eve in [
            date(2026, 12, 24),
            date(2026, 12, 31),
            date(2026, 4, 4),
            date(2026, 5, 23),
        ] {
            assert_eq!(Holiday::of(eve), None, "{eve}");
        }
    }
}
