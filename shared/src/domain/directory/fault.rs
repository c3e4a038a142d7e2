//! What is wrong with a register: which entry, and which rule.

use std::fmt;

use jiff::civil::Date;

use super::InvalidPlace;
use crate::domain::{
    organisation::{InvalidOrganisationNumber, OrganisationNumber},
    text::InvalidText,
};

/// An entry that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where: `services[2] (123456785).areas[0]`.
    pub entry: String,
    /// Which rule.
    pub rule: Rule,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.entry, self.rule)
    }
}

impl std::error::Error for Fault {}

/// The rules of a register.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rule {
    /// A register without services would turn every report over to a person.
    #[error("must have at least one service")]
    NoServices,
    /// Modulus 11.
    #[error("{0}")]
    Organisation(#[from] InvalidOrganisationNumber),
    /// Stands for nobody.
    #[error("must be the number of an organisation: this one belongs to nobody")]
    Nobody,
    /// Two entries of one service.
    #[error("stands there twice")]
    Twice,
    /// One line, not too long, not blank.
    #[error("{0}")]
    Text(#[from] InvalidText),
    /// Where a receiver is.
    #[error("must be https://host:port")]
    Endpoint,
    /// ISO 8601.
    #[error("must be a date, YYYY-MM-DD")]
    Date,
    /// The last day is included.
    #[error("must not end before it begins")]
    EndsBeforeItBegins,
    /// Not a place.
    #[error("{0}")]
    Place(#[from] InvalidPlace),
    /// A municipality of former times was served until then, and not after.
    #[error("must end before {0}: the municipality was no more from that day")]
    FormerWithoutEnd(Date),
    /// The service does not stand in the register.
    #[error("must be a service of this register")]
    UnknownService,
    /// Two services at the same time. Both cannot be right.
    #[error("is served at the same time as in {0}")]
    Overlap(String),
    /// A successor takes over at an end.
    #[error("must be there when there are successors")]
    SuccessorsWithoutEnd,
    /// Following them would never end.
    #[error("must not lead back to {0}")]
    Circle(OrganisationNumber),
    /// How would it be reached?
    #[error("must be there when there is no receiver")]
    Unreachable,
    /// Somebody must be named.
    #[error("must have a name or an organisation")]
    NamelessDuty,
    /// One or two.
    #[error("must have one or two lines")]
    LetterLines,
    /// Norwegian.
    #[error("must be 4 digits")]
    PostalCode,
}
