//! Texts that an organisation signs with its enterprise certificate, so that nobody has to take its word twice.
//!
//! A text is a JWS in compact serialisation (RFC 7515) after the profile JAdES B-B (ETSI TS 119 182-1 V1.2.1), with the
//! signer's certificate in its header. The bytes that were signed are the bytes that travel, that are stored and that are
//! digested: nothing is ever encoded again. What stands in them is for each [`Kind`] to say.

mod algorithm;
mod error;
mod header;
mod kind;
mod remembered;
mod signer;
mod trust;
mod verifier;

pub use algorithm::Algorithm;
pub use error::JwsError;
pub(in crate::domain) use header::present;
pub use kind::Kind;
pub use signer::{InvalidSigner, JwsSigner};
pub use trust::{InvalidTrust, TrustedIssuers};
pub use verifier::{JwsVerifier, Verified};
