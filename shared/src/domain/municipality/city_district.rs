//! City districts (bydeler).

use std::fmt;

use crate::domain::text_form::text_form;

/// The number of a city district within its municipality: 01 to 99. Which numbers a municipality has is checked by
/// [`Area`](super::Area).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CityDistrict(u8);

/// A text that is not the number of a city district.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be exactly 2 digits, not 00")]
pub struct InvalidCityDistrict;

impl CityDistrict {
    /// Reads two digits; 00 stands for "no district" elsewhere and is none.
    pub fn parse(text: &str) -> Result<Self, InvalidCityDistrict> {
        match *text.as_bytes() {
            [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] if text != "00" => Ok(Self((tens - b'0') * 10 + ones - b'0')),
            _ => Err(InvalidCityDistrict),
        }
    }

    /// The seventeen of Oslo, by number.
    pub fn all_in_oslo() -> impl ExactSizeIterator<Item = Self> {
        (1..=17_u8).map(Self)
    }

    /// The name of a district of Oslo; 16 and 17 have no service of their own but appear in addresses.
    pub fn name_in_oslo(&self) -> Option<&'static str> {
        OSLO.get(usize::from(self.0).checked_sub(1)?).copied()
    }
}

const OSLO: [&str; 17] = [
    "Gamle Oslo",
    "Grünerløkka",
    "Sagene",
    "St. Hanshaugen",
    "Frogner",
    "Ullern",
    "Vestre Aker",
    "Nordre Aker",
    "Bjerke",
    "Grorud",
    "Stovner",
    "Alna",
    "Østensjø",
    "Nordstrand",
    "Søndre Nordstrand",
    "Sentrum",
    "Marka",
];

impl fmt::Display for CityDistrict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}", self.0)
    }
}

impl fmt::Debug for CityDistrict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CityDistrict({self})")
    }
}

text_form!(CityDistrict, InvalidCityDistrict);
