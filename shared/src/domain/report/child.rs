//! A child that a report concerns.

use jiff::civil::Date;

use super::Address;
use crate::domain::{
    identity_number::IdentityNumber,
    ids::ChildId,
    masked::masked_debug,
    municipality::Area,
    text::{Line, Text},
};

/// A child. Each gets a case of its own.
#[derive(Clone, PartialEq)]
pub struct Child {
    /// Unique within the report.
    pub id: ChildId,
    /// Who it is.
    pub identity: ChildIdentity,
    /// Always there, except for an unborn child.
    pub name: Option<Line<200>>,
    /// Where it lives or stays.
    pub address: Option<Address>,
    /// As told; may hold a remark.
    pub phone: Option<Line<100>>,
    /// Which service is the right one.
    pub area: Area,
    /// The district's name where the register does not know it.
    pub city_district_name: Option<Line<100>>,
    /// Whether it was told.
    pub informed: Informed,
}

/// How a child is identified.
#[derive(Clone, PartialEq, Eq)]
pub enum ChildIdentity {
    /// By its number.
    Number(IdentityNumber),
    /// By its date of birth: a child without a number.
    Born(Date),
    /// Not born yet.
    Unborn {
        /// When it is expected.
        expected: Option<Date>,
    },
}

/// Whether somebody was told that the report is sent (orientert).
#[derive(Clone, PartialEq, Eq)]
pub enum Informed {
    /// Told.
    Yes {
        /// A remark.
        remark: Option<Text<2_000>>,
    },
    /// Not told.
    No {
        /// Why not (orientertGrunn).
        reason: Text<2_000>,
    },
}

masked_debug!(Child, ChildIdentity, Informed);
