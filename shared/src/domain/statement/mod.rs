//! Daily statements: what each side of a pair has of a day, signed, also when that is nothing.
//!
//! A statement is a signed text ([`super::jws`]). Both sides make theirs of every day that has ended ([`Schedule`]), the
//! sender gives its own to the receiver and gets the receiver's for it, and each compares ([`compare`]). What one side
//! says is compared with what the receipts up to the one that it names prove to the other, so that nothing that is on
//! its way at that moment looks like a difference. The format is written down for other implementers in
//! `docs/protocol.md`.

mod claims;
#[cfg(test)]
mod claims_tests;
mod compare;
mod entry;
mod error;
mod json;
mod listed;
mod schedule;
mod signed;

pub use super::calendar::{Bounds, at_hour, bounds, day_of};
pub use claims::{InvalidStatement, MOST_RANGES, Numbers, Receipts, Side, StatementClaims, Transmissions, View};
pub use compare::{Chain, Look, Verdict, compare};
pub use entry::{Entry, Tally, TallyOfDay};
pub use error::StatementError;
pub use listed::StatedDay;
pub use schedule::{InvalidSchedule, Schedule};
pub use signed::{NotSigned, sign, verify};
