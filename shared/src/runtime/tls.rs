//! Mutual TLS 1.3 between organisations, with revocation and reload: what tonic's own TLS does not have.
//!
//! Certificates, trust and revocation lists are read again while the process runs. A new handshake meets the new
//! rules at once, and a connection whose certificate they no longer accept is closed (finding F3: a revoked peer would
//! otherwise keep the connection it has). Session tickets are off, so no connection comes around a handshake.

mod alert;
mod closable;
mod closer;
mod files;
mod material;
mod open;
mod store;
mod verifier;

pub(super) use alert::{REFUSED, is_about_certificate};
pub(super) use closable::Closable;
pub(super) use closer::Closer;
pub use files::{TlsError, TlsFiles, TrustFiles};
pub(super) use material::anonymous_client;
pub(super) use open::{Accepted, Registration};
pub use store::{Reload, TlsStore};

/// Makes aws-lc-rs the one cryptographic provider of this process. Call it first in `main`: libraries that pick a
/// default would otherwise panic when they find two. Calling it again does nothing.
pub fn install_provider() {
    // An error means that it was installed before.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
