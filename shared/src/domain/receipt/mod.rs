//! Receipts: what a receiver states about a transmission, signed so that nobody has to take its word twice.
//!
//! A receipt is a JWS in compact serialisation (RFC 7515) after the profile JAdES B-B (ETSI TS 119 182-1 V1.2.1), with
//! the receiver's enterprise certificate in its header. The bytes that were signed are the bytes that travel, that are
//! stored on both sides and that are digested for the next receipt: nothing is ever encoded again.
//!
//! [`ReceiptSigner`] makes them, [`ReceiptVerifier`] is the only way to a [`VerifiedReceipt`], and [`ChainHead`] links
//! them without gaps. The format is written down for other implementers in `docs/protocol.md`.

mod algorithm;
mod chain;
mod claims;
#[cfg(test)]
mod claims_tests;
mod error;
#[cfg(test)]
mod example_tests;
mod header;
mod headers;
mod json;
mod remembered;
mod signer;
#[cfg(test)]
mod tampering_tests;
#[cfg(test)]
mod test_pki;
mod trust;
mod verifier;
#[cfg(test)]
mod verifier_tests;

pub use algorithm::Algorithm;
pub use chain::{ChainError, ChainHead, InvalidHead};
pub use claims::{InvalidClaims, Level, Pair, ReceiptClaims, Software, StatedBy, Statement};
pub use error::ReceiptError;
pub use headers::Headers;
pub use signer::{InvalidSigner, ReceiptSigner, SignError, SignedReceipt};
pub use trust::{InvalidTrust, TrustedIssuers};
pub use verifier::{ReceiptVerifier, VerifiedReceipt};

/// Receipts longer than this are refused unread. One with a chain of four RSA certificates is about half of it.
pub const MAX_RECEIPT_BYTES: usize = 32 * 1024;

/// The highest number a receipt can have: what JSON numbers hold exactly in every language (RFC 8259, section 6).
pub const MAX_SEQUENCE: u64 = (1 << 53) - 1;
