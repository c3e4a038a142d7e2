//! The table of the whole country.

use jiff::Timestamp;

use super::{Counts, EventKey, Period, TimeToAssigned};
use crate::domain::{
    lifecycle::Standing,
    organisation::OrganisationNumber,
    report::{ReportType, Urgency},
};

/// What the files of all districts come to, with every event counted once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct National {
    /// The one period of all files.
    pub period: Period,
    /// One for each file, by name of the district.
    pub districts: Vec<DistrictRow>,
    /// Their sum, without times to assignment: percentiles of districts do not add up to one of the country.
    pub sum: DistrictRow,
    /// Reports as sent, by type, in the order of the types.
    pub types: Vec<(ReportType, Counts)>,
    /// Reports as sent, by urgency, the most urgent first.
    pub urgencies: Vec<(Urgency, Counts)>,
    /// Reports that do not count, because another district sent one about the same event first.
    pub duplicates: Vec<Duplicate>,
    /// Different organisations that signed.
    pub signers: usize,
    /// What was checked.
    pub checks: Vec<Check>,
}

/// One district, or the sum.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DistrictRow {
    /// Its name.
    pub district: String,
    /// Who signed its file; `None` in the sum.
    pub signer: Option<OrganisationNumber>,
    /// When the figures were made; `None` in the sum.
    pub made: Option<Timestamp>,
    /// As the district sent them.
    pub sent: Counts,
    /// Without the reports that do not count.
    pub counted: Counts,
    /// Delivered late, as sent.
    pub late: u64,
    /// By letter, as sent.
    pub by_letter: u64,
    /// Children of whom a receiver said whether their case was known.
    pub answered: u64,
    /// Those whose case was not.
    pub not_known: u64,
    /// Receivers that did not answer: of their children nothing is known.
    pub receivers_without_answer: u64,
    /// How long delivered reports took, as sent.
    pub to_assigned: Option<TimeToAssigned>,
}

/// A report that does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// The key by which a person at the district finds it.
    pub key: EventKey,
    /// Who sent it.
    pub district: String,
    /// When.
    pub sent: Timestamp,
    /// Its children.
    pub children: u64,
    /// Where it stands there.
    pub standing: Standing,
    /// The district that sent first, whose reports about the event count.
    pub counts_for: String,
    /// When that district sent its first.
    pub sent_first: Timestamp,
}

/// One check of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What must hold.
    pub what: &'static str,
    /// Whether it does.
    pub holds: bool,
    /// The numbers that were compared.
    pub numbers: String,
}

impl National {
    /// Whether every check holds.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        self.checks.iter().all(|check| check.holds)
    }
}
