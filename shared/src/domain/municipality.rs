//! Municipality numbers (kommunenummer), city districts (bydeler), and the areas that services serve.

mod area;
mod city_district;
mod former;
mod register;

use std::fmt;

pub use area::{Area, InvalidArea};
pub use city_district::{CityDistrict, InvalidCityDistrict};
pub use former::FormerMunicipality;

use super::text_form::text_form;

/// The number of a municipality that has existed since 1 January 2024.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MunicipalityNumber(u16);

/// A text that is not the number of a municipality of today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMunicipalityNumber {
    /// Numbers are text with a leading zero where they have one.
    #[error("must be exactly 4 digits")]
    NotFourDigits,
    /// Neither of today nor, as far as the register goes back, of former times.
    #[error("must be the number of a municipality")]
    Unknown,
    /// Of former times. A successor is never picked for the writer: one municipality may have become several.
    #[error("must be a number in force: this one was retired in {year}, its area now has {}", Listed(.successors))]
    Retired {
        /// The first year in which it was no longer in force.
        year: u16,
        /// The numbers that its area has today.
        successors: &'static [MunicipalityNumber],
    },
}

struct Listed(&'static [MunicipalityNumber]);

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, number) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            number.fmt(f)?;
        }
        Ok(())
    }
}

impl MunicipalityNumber {
    /// Oslo, whose services are divided by city district.
    pub const OSLO: Self = Self(301);

    /// Reads four digits that must be the number of a municipality of today.
    pub fn parse(text: &str) -> Result<Self, InvalidMunicipalityNumber> {
        if text.len() != 4 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidMunicipalityNumber::NotFourDigits);
        }
        let number = Self(text.parse().expect("four ASCII digits fit"));
        if register::name_of(number).is_some() {
            return Ok(number);
        }
        match register::retired(text) {
            Some(retired) => Err(InvalidMunicipalityNumber::Retired {
                year: retired.year,
                successors: &retired.successors,
            }),
            None => Err(InvalidMunicipalityNumber::Unknown),
        }
    }

    /// The municipality's official name, with its Sámi and Kven names where it has them.
    pub fn name(&self) -> &'static str {
        register::name_of(*self).expect("a number is only ever made from the register")
    }

    /// All 357, by number.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        register::all()
    }

    /// Whether services are divided by city district, so that the municipality alone does not say which is the right
    /// one.
    pub fn is_divided(&self) -> bool {
        *self == Self::OSLO
    }
}

impl fmt::Display for MunicipalityNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.0)
    }
}

impl fmt::Debug for MunicipalityNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MunicipalityNumber({self})")
    }
}

text_form!(MunicipalityNumber, InvalidMunicipalityNumber);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_register_has_the_357_municipalities_of_2024() {
        assert_eq!(MunicipalityNumber::all().len(), 357);
        assert_eq!(MunicipalityNumber::parse("0301").unwrap().name(), "Oslo");
        assert_eq!(MunicipalityNumber::parse("4601").unwrap().to_string(), "4601");
        for number in MunicipalityNumber::all() {
            assert_eq!(MunicipalityNumber::parse(&number.to_string()), Ok(number));
        }
    }

    #[test]
    fn a_retired_number_is_refused_with_what_became_of_it() {
        let error = MunicipalityNumber::parse("1201").unwrap_err();
        assert_eq!(
            error.to_string(),
            "must be a number in force: this one was retired in 2020, its area now has 4601"
        );
    }

    #[test]
    fn a_number_that_was_split_names_every_successor() {
        let error = MunicipalityNumber::parse("1507").unwrap_err();
        assert_eq!(
            error.to_string(),
            "must be a number in force: this one was retired in 2024, its area now has 1508, 1580"
        );
    }

    #[test]
    fn an_unknown_number_is_refused_with_another_rule() {
        assert_eq!(
            MunicipalityNumber::parse("9999"),
            Err(InvalidMunicipalityNumber::Unknown)
        );
        assert_eq!(
            MunicipalityNumber::parse("0000"),
            Err(InvalidMunicipalityNumber::Unknown)
        );
    }

    #[test]
    fn anything_but_four_digits_is_refused() {
        for text in ["", "301", "03010", "+301", "03o1", " 301"] {
            assert_eq!(
                MunicipalityNumber::parse(text),
                Err(InvalidMunicipalityNumber::NotFourDigits),
                "{text}"
            );
        }
    }
}
