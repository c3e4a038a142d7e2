//! Still there: what a receiver finds when it is asked, again and again, whether it still holds what it has confirmed.
//!
//! A receipt says what was true when it was made. A holding says what is true now: it is made from a fresh reading of
//! storage, for a question that nobody could foresee, and it is signed ([`super::jws`]). The format is written down for
//! other implementers in `docs/protocol.md`.

mod claims;
#[cfg(test)]
mod claims_tests;
mod error;
mod json;
mod schedule;
mod sign;

pub use claims::{Found, Held, HeldChild, HeldFile, Holding, InvalidHolding, LastReceipt, Presence};
pub use error::HoldingError;
pub use schedule::{InvalidSchedule, Schedule};
pub use sign::{HoldingSignError, VerifiedHolding, sign, verify};

/// The most transmissions that are asked about at once.
pub const MOST_AT_ONCE: usize = 200;
