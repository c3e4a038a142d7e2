//! Why confidential information may be shared.

use crate::domain::{masked::masked_debug, text::Line};

/// The ground, and who decided.
#[derive(Clone, PartialEq)]
pub struct Disclosure {
    /// The provision.
    pub legal_basis: LegalBasis,
    /// Name of who decided on disclosure.
    pub decided_by_name: Line<120>,
    /// Role or rank of who decided.
    pub decided_by_role: Line<120>,
}

/// The provision that a report rests on.
#[derive(Clone, PartialEq, Eq)]
pub enum LegalBasis {
    /// Barnevernsloven § 13-2.
    DutyToReport,
    /// Straffeprosessloven § 232 a.
    CriminalCaseNotice,
    /// Straffeprosessloven § 71 b.
    ProsecutionTransfer,
    /// Politiregisterloven § 27.
    PoliceRegistersAct,
    /// Consent of the person concerned.
    Consent,
    /// Another section of law.
    Other(Line<200>),
}

masked_debug!(Disclosure, LegalBasis);
