//! Numbers that belong to nobody, for samples, tests and the replay.

use std::collections::HashSet;

use jiff::civil::Date;

use super::{IdentityNumber, check_digits};

/// Makes valid test numbers (month + 80), the same ones from the same seed, and none twice.
pub struct SyntheticNumbers {
    state: u64,
    given: HashSet<[u8; 11]>,
}

impl SyntheticNumbers {
    /// Starts a series.
    pub fn from_seed(seed: u64) -> Self {
        Self {
            state: seed,
            given: HashSet::new(),
        }
    }

    /// A number of somebody born on this day; `None` when the day's numbers are used up (about 400 a day), or when no
    /// series of numbers is for that year (1854 to 2039 have one).
    pub fn born(&mut self, day: Date) -> Option<IdentityNumber> {
        let series = match day.year() {
            1854..=1899 => 500..750,
            1900..=1999 => 0..500,
            2000..=2039 => 500..1000,
            _ => return None,
        };
        let length = series.end - series.start;
        let start = u16::try_from(self.next() % u64::from(length)).expect("a remainder of at most 500 fits");
        (0..length)
            .map(|step| series.start + (start + step) % length)
            .find_map(|individual| {
                let number = number_of(day, individual)?;
                self.given.insert(number).then_some(IdentityNumber(number))
            })
    }

    /// SplitMix64: one line of arithmetic that gives the same on every machine and in every version.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

fn number_of(day: Date, individual: u16) -> Option<[u8; 11]> {
    let text = format!(
        "{:02}{:02}{:02}{individual:03}00",
        day.day(),
        day.month() + 80,
        day.year() % 100
    );
    let mut digits: [u8; 11] = text.as_bytes().try_into().expect("eleven digits were written");
    digits.iter_mut().for_each(|digit| *digit -= b'0');
    check_digits::set(&mut digits).then_some(digits)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::domain::identity_number::{InvalidIdentityNumber, TestNumbers};

    #[test]
    fn a_synthetic_number_is_valid_and_refused_in_production() {
        let mut numbers = SyntheticNumbers::from_seed(1);
        for day in [
            date(1854, 1, 1),
            date(1899, 12, 31),
            date(1931, 7, 9),
            date(2012, 2, 29),
            date(2039, 12, 31),
        ] {
            let number = numbers.born(day).unwrap();
            let text = number.expose();
            assert_eq!(
                IdentityNumber::parse(&text, TestNumbers::Accepted).as_ref(),
                Ok(&number)
            );
            assert_eq!(
                IdentityNumber::parse(&text, TestNumbers::Refused),
                Err(InvalidIdentityNumber::TestNumber)
            );
            assert_eq!(number.birth_date(), day);
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_none_twice() {
        let day = date(2015, 6, 1);
        let [one, other] = [7, 7].map(|seed| {
            let mut numbers = SyntheticNumbers::from_seed(seed);
            std::iter::from_fn(|| numbers.born(day))
                .map(|number| number.expose())
                .collect::<Vec<_>>()
        });
        assert_eq!(one, other);
        assert!(one.len() > 300);
        assert_eq!(one.iter().collect::<HashSet<_>>().len(), one.len());
    }

    #[test]
    fn a_year_without_a_series_has_no_numbers() {
        assert!(SyntheticNumbers::from_seed(1).born(date(2040, 1, 1)).is_none());
        assert!(SyntheticNumbers::from_seed(1).born(date(1853, 12, 31)).is_none());
    }
}
