//! A public key infrastructure for tests and demonstrations: a root, an issuing authority, enterprise certificates
//! (virksomhetssertifikat, SEID 2.0) of organisations that do not exist, and the faulty ones that must be refused.
//!
//! Nothing here belongs into production: the authorities' keys live and die with the process that made them.

mod authority;
mod certificate;
mod command;
mod dates;
mod files;
mod organisations;

pub use authority::Pki;
pub use certificate::{Enterprise, Issued, KeyKind, Validity};
pub use command::PkiArgs;
pub use files::{install, write_secret, write_trust};
pub use organisations::{POLICE_DISTRICT, RECEIVERS, SyntheticOrganisation, synthetic_organisation};

/// A certificate or file that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// The certificate.
    #[error("the certificate cannot be made")]
    Certificate(#[from] rcgen::Error),
    /// The file.
    #[error("{path} cannot be written")]
    Write {
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The clock shows a year that certificates cannot hold.
    #[error("the clock shows a time that no certificate can hold")]
    Clock,
}
