//! A child welfare service, and how it is reached.

use super::Validity;
use crate::domain::{organisation::OrganisationNumber, text::Line};

/// A child welfare service. One without a receiver is reached by letter and phone, and is a member like any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its organisation number: that in its receiver's certificate.
    pub organisation: OrganisationNumber,
    /// Its name.
    pub name: Line<200>,
    /// Where its receiver is, `https://host:port`; `None` as long as it has none.
    pub endpoint: Option<Line<300>>,
    /// Who answers when its office is closed.
    pub duty: Option<Duty>,
    /// The phone of its office.
    pub office_phone: Option<Line<50>>,
    /// Where letters to it go.
    pub letter_address: Option<LetterAddress>,
    /// When it exists.
    pub validity: Validity,
    /// Who takes over when it has ended. With more than one, a person decides who is right.
    pub successors: Vec<OrganisationNumber>,
}

/// A duty service (barnevernvakt): one of its own, or another service's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duty {
    /// Its organisation number, where it is known.
    pub organisation: Option<OrganisationNumber>,
    /// Its name; that of the organisation where the register says no other.
    pub name: Line<200>,
    /// When it answers, in words for people.
    pub hours: Line<200>,
    /// Its phone.
    pub phone: Line<50>,
}

/// Where letters go. Of an office, never of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterAddress {
    /// Street or box, one or two.
    pub lines: Vec<Line<200>>,
    /// Four digits.
    pub postal_code: Line<4>,
    /// Post town.
    pub city: Line<100>,
}

impl Service {
    /// Whether it has no receiver yet: letters and phone calls only.
    pub fn is_letter_only(&self) -> bool {
        self.endpoint.is_none()
    }
}
