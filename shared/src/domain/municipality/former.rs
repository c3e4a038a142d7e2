//! Municipalities of former times. They stand in old papers, and in registers that say who served them until when.

use std::fmt;

use jiff::civil::{Date, date};

use super::{MunicipalityNumber, register};

/// The number of a municipality that is no more. Text form: four digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FormerMunicipality(u16);

impl FormerMunicipality {
    /// Reads four digits; `None` for what is no number of former times, as far as the register goes back.
    pub fn parse(text: &str) -> Option<Self> {
        register::retired(text)?;
        text.parse().ok().map(Self)
    }

    /// The first day on which it was no more.
    pub fn retired_on(&self) -> Date {
        date(self.register_entry().year.cast_signed(), 1, 1)
    }

    /// The municipalities that its area has today.
    pub fn successors(&self) -> &'static [MunicipalityNumber] {
        &self.register_entry().successors
    }

    fn register_entry(&self) -> &'static register::Retired {
        register::retired(&self.to_string()).expect("a number is only ever made from the register")
    }
}

impl fmt::Display for FormerMunicipality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.0)
    }
}

impl fmt::Debug for FormerMunicipality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FormerMunicipality({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_former_times_knows_when_it_ended_and_what_became_of_it() {
        let bergen = FormerMunicipality::parse("1201").unwrap();
        assert_eq!(bergen.retired_on(), date(2020, 1, 1));
        assert_eq!(bergen.successors(), [MunicipalityNumber::parse("4601").unwrap()]);
        let alesund = FormerMunicipality::parse("1507").unwrap();
        assert_eq!(
            (alesund.retired_on(), alesund.successors().len()),
            (date(2024, 1, 1), 2)
        );
        // With its leading zero.
        assert_eq!(FormerMunicipality::parse("0219").unwrap().to_string(), "0219");
    }

    #[test]
    fn a_number_in_force_or_of_no_time_is_none_of_former_times() {
        for text in ["4601", "9999", "", "12O1"] {
            assert_eq!(FormerMunicipality::parse(text), None, "{text}");
        }
    }
}
