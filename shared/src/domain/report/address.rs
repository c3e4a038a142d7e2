//! Where people are.

use crate::domain::{
    masked::masked_debug,
    text::{InvalidText, Line},
};

/// A postal address, Norwegian or foreign. Its grading does not print either.
#[derive(Clone, PartialEq)]
pub struct Address {
    /// At most three, in order (adresselinje1-3); one may be empty to keep the place of the next.
    pub lines: Vec<Option<Line<200>>>,
    /// As written.
    pub postal_code: Option<Line<20>>,
    /// Post town.
    pub city: Option<Line<100>>,
    /// Norway when absent.
    pub country: Option<CountryCode>,
    /// Protection in the national register.
    pub grading: AddressGrading,
}

/// Protection of an address (adressegradering). It narrows who may read, and forbids an unsealed letter.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum AddressGrading {
    /// Not graded.
    Open,
    /// Code 7 (fortrolig).
    Confidential,
    /// Code 6 (strengt fortrolig).
    StrictlyConfidential,
    /// Code 6, abroad (strengt fortrolig utland).
    StrictlyConfidentialAbroad,
}

/// Two capital letters as in ISO 3166-1 alpha-2. Whether the country exists is not checked: countries come and go.
#[derive(Clone, PartialEq, Eq)]
pub struct CountryCode(Line<2>);

/// A text that is no country code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be two capital letters as in ISO 3166-1")]
pub struct InvalidCountryCode;

impl From<InvalidText> for InvalidCountryCode {
    fn from(_: InvalidText) -> Self {
        Self
    }
}

impl CountryCode {
    /// Reads two capitals.
    pub fn parse(text: &str) -> Result<Self, InvalidCountryCode> {
        if text.len() != 2 || !text.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(InvalidCountryCode);
        }
        Ok(Self(Line::parse(text)?))
    }

    /// The code.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

masked_debug!(Address, AddressGrading, CountryCode);
