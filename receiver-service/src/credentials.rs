//! What callers of the local API prove themselves with: tokens of 256 random bits, or client certificates.

mod authenticate;
mod issue;
mod recent;

pub use authenticate::authenticate;
pub use issue::{IssueCredential, Issued, RevokeCredential, Secret, issue};
pub use recent::RecentCallers;
