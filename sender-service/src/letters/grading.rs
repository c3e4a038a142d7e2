//! How far the addresses in a report are protected.

use framme_shared::wire::pb::report::{Address, AddressGrading, Report};

/// The strictest protection of any address in a report, as far as it concerns a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grading {
    /// None is graded.
    Open,
    /// One is confidential (code 7).
    Confidential,
    /// One is strictly confidential (code 6).
    Strict,
}

impl Grading {
    /// Of all addresses in a report: the children's, the carers' and the reporter's organisation's.
    pub fn of(report: &Report) -> Self {
        let reporter = report
            .reporter
            .iter()
            .filter_map(|reporter| reporter.organisation.as_ref());
        let children = report.children.iter().filter_map(|child| child.address.as_ref());
        let carers = report.carers.iter().filter_map(|carer| carer.address.as_ref());
        let addresses = children
            .chain(carers)
            .chain(reporter.filter_map(|of| of.address.as_ref()));
        addresses.map(Self::of_address).max().unwrap_or(Self::Open)
    }

    /// A grading that this version does not know is taken for the strictest.
    pub fn of_address(address: &Address) -> Self {
        match AddressGrading::try_from(address.grading) {
            Ok(AddressGrading::Open) => Self::Open,
            Ok(AddressGrading::Confidential) => Self::Confidential,
            _ => Self::Strict,
        }
    }
}
