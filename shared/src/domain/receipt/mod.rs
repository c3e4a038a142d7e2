//! Receipts: what a receiver states about a transmission, signed so that nobody has to take its word twice.
//!
//! A receipt is a signed text ([`super::jws`]). The bytes that were signed are the bytes that travel, that are stored on
//! both sides and that are digested for the next receipt: nothing is ever encoded again.
//!
//! [`ReceiptSigner`] makes them, [`ReceiptVerifier`] is the only way to a [`VerifiedReceipt`], and [`ChainHead`] links
//! them without gaps. The format is written down for other implementers in `docs/protocol.md`.

mod belief;
mod chain;
mod claims;
#[cfg(test)]
mod claims_tests;
mod error;
#[cfg(test)]
mod example_tests;
mod headers;
mod json;
mod read_before;
mod signer;
mod stored;
#[cfg(test)]
mod tampering_tests;
#[cfg(test)]
mod test_pki;
mod verifier;
#[cfg(test)]
mod verifier_tests;

pub use belief::{Disbelief, SentContent};
pub use chain::{ChainError, ChainHead, InvalidHead};
pub use claims::{InvalidClaims, Level, Pair, ReceiptClaims, Software, StatedBy, Statement};
pub use error::ReceiptError;
pub use headers::Headers;
pub(in crate::domain) use json::{read_time, written_time};
pub use read_before::{ReadBefore, ReadersInRole};
pub use signer::{ReceiptSigner, SignError, SignedReceipt};
pub use stored::stored_claims;
pub use verifier::{ReceiptVerifier, VerifiedReceipt};

/// The highest number a receipt can have: what JSON numbers hold exactly in every language (RFC 8259, section 6).
pub const MAX_SEQUENCE: u64 = (1 << 53) - 1;
