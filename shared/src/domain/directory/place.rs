//! What a register may name: an area of today, or a municipality of former times.

use std::fmt;

use crate::domain::municipality::{Area, FormerMunicipality, InvalidArea};

/// An area, or a municipality that is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// Of today.
    Area(Area),
    /// Of former times.
    Former(FormerMunicipality),
}

/// A text that names no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidPlace(#[from] pub InvalidArea);

impl Place {
    /// Reads `5501`, `0301/05`, or a number of former times as `1201`.
    pub fn parse(text: &str) -> Result<Self, InvalidPlace> {
        match FormerMunicipality::parse(text) {
            Some(former) => Ok(Self::Former(former)),
            None => Ok(Self::Area(Area::parse(text)?)),
        }
    }
}

impl std::str::FromStr for Place {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl From<Area> for Place {
    fn from(area: Area) -> Self {
        Self::Area(area)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Area(area) => area.fmt(f),
            Self::Former(former) => former.fmt(f),
        }
    }
}
