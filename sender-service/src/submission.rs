//! Taking a report: split by receiver, sealed, numbered, queued for delivery, all in one change.

pub mod accept;
pub mod close;
pub mod merge;
pub mod need;
pub mod phone;
pub mod rewrap;
pub mod route;
pub mod sealed;
pub mod unsubmitted;
pub mod upload;
pub mod withdraw;
