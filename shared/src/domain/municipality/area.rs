//! What a service serves and where a child belongs: a municipality, or one city district of it.

use std::fmt;

use super::{CityDistrict, InvalidCityDistrict, InvalidMunicipalityNumber, MunicipalityNumber};
use crate::domain::text_form::text_form;

/// A municipality, optionally narrowed to a city district. Text form: `5501` or `0301/05`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Area {
    municipality: MunicipalityNumber,
    district: Option<CityDistrict>,
}

/// A text or a pair that is no area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidArea {
    /// The part before the slash.
    #[error("{0}")]
    Municipality(#[from] InvalidMunicipalityNumber),
    /// The part after the slash.
    #[error("{0}")]
    District(#[from] InvalidCityDistrict),
    /// Oslo has the districts 01 to 15, Sentrum (16) and Marka (17).
    #[error("must be a city district of Oslo, 01 to 17")]
    NotInOslo,
}

impl Area {
    /// Puts the two together. For Oslo the district must be one of its seventeen; the numbers that other cities use
    /// are their own, and none is refused.
    pub fn new(municipality: MunicipalityNumber, district: Option<CityDistrict>) -> Result<Self, InvalidArea> {
        match district {
            Some(district) if municipality == MunicipalityNumber::OSLO && district.name_in_oslo().is_none() => {
                Err(InvalidArea::NotInOslo)
            }
            _ => Ok(Self { municipality, district }),
        }
    }

    /// Reads `5501` or `0301/05`.
    pub fn parse(text: &str) -> Result<Self, InvalidArea> {
        match text.split_once('/') {
            Some((municipality, district)) => Self::new(
                MunicipalityNumber::parse(municipality)?,
                Some(CityDistrict::parse(district)?),
            ),
            None => Self::new(MunicipalityNumber::parse(text)?, None),
        }
    }

    /// The municipality.
    pub fn municipality(&self) -> MunicipalityNumber {
        self.municipality
    }

    /// The city district, where it is narrowed to one.
    pub fn district(&self) -> Option<CityDistrict> {
        self.district
    }

    /// Whether somebody who serves this area serves that one: a municipality covers all its districts, a district
    /// only itself.
    pub fn covers(&self, other: &Self) -> bool {
        self.municipality == other.municipality && (self.district.is_none() || self.district == other.district)
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.municipality.fmt(f)?;
        match &self.district {
            Some(district) => write!(f, "/{district}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Area({self})")
    }
}

text_form!(Area, InvalidArea);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_reads_and_prints_with_and_without_a_district() {
        for text in ["5501", "0301", "0301/05", "0301/17", "4601/08"] {
            assert_eq!(Area::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_district_that_oslo_does_not_have_is_refused() {
        assert_eq!(Area::parse("0301/18"), Err(InvalidArea::NotInOslo));
        assert_eq!(Area::parse("0301/00"), Err(InvalidArea::District(InvalidCityDistrict)));
        assert_eq!(Area::parse("0301/5"), Err(InvalidArea::District(InvalidCityDistrict)));
        assert_eq!(Area::parse("0301/"), Err(InvalidArea::District(InvalidCityDistrict)));
    }

    #[test]
    fn a_municipality_covers_its_districts_and_a_district_only_itself() {
        let [oslo, frogner, alna, tromso] = ["0301", "0301/05", "0301/12", "5501"].map(|t| Area::parse(t).unwrap());
        assert!(oslo.covers(&frogner) && oslo.covers(&oslo) && frogner.covers(&frogner));
        assert!(!frogner.covers(&alna) && !frogner.covers(&oslo) && !tromso.covers(&oslo));
    }
}
