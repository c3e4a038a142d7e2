//! The national document for concern reports from public bodies, `bekymringsmelding.offentlig.v2` of KS Fiks, to and
//! from a report of ours, so that nothing is lost either way.
//!
//! The document says less than a report. What it cannot say is the *rest*: a report in which everything that the
//! document holds is left empty. [`split`] gives both, [`join`] puts them together, and whoever receives a document from
//! elsewhere makes the rest himself, with what our contract requires and the document lacks: ids, type and urgency, the
//! legal basis, the reporter's unit and police district, and the grading of every address.
//!
//! The document has one municipality and city district for all its children. A report about children in several areas
//! is split by area first ([`Report::split_by`](crate::domain::report::Report::split_by)), into one document each.

mod document;
mod join;
mod split;

pub use document::{Adresse, Document, Foresatt, InvalidDocument, Melding, OffentligBarn, OffentligMelder, Virksomhet};
pub use join::join;
pub use split::split;

/// The number that stands where a municipality has no city district.
const NO_DISTRICT: &str = "00";

#[cfg(test)]
mod tests;
