//! Carers, and who reports.

use super::{Address, EmailAddress, Informed, PhoneNumber};
use crate::domain::{
    identity_number::IdentityNumber, masked::masked_debug, organisation::OrganisationNumber, text::Line,
};

/// A carer (foresatt) of the children.
#[derive(Clone, PartialEq)]
pub struct Carer {
    /// Name.
    pub name: Line<200>,
    /// As told; may hold a remark.
    pub phone: Option<Line<100>>,
    /// Number, if known.
    pub identity_number: Option<IdentityNumber>,
    /// Where the carer lives.
    pub address: Option<Address>,
    /// Whether the carer was told.
    pub informed: Informed,
    /// Relation to the children.
    pub relation: Option<Line<100>>,
}

/// Who reports (offentlig melder).
#[derive(Clone, PartialEq)]
pub struct Reporter {
    /// Name.
    pub name: Line<200>,
    /// Role or rank.
    pub role: Line<120>,
    /// Station, section or unit.
    pub unit: Line<200>,
    /// Where the service can call back.
    pub phone: PhoneNumber,
    /// Where the service can write back.
    pub email: EmailAddress,
    /// Whom the reporter works for.
    pub organisation: ReportingOrganisation,
    /// As in the official figures. Not personal data.
    pub police_district: Line<60>,
}

/// The organisation that the reporter works for; it need not be that of the sender's certificate.
#[derive(Clone, PartialEq)]
pub struct ReportingOrganisation {
    /// Name.
    pub name: Line<200>,
    /// Number.
    pub number: OrganisationNumber,
    /// Where it is.
    pub address: Option<Address>,
}

masked_debug!(Carer, Reporter, ReportingOrganisation);
