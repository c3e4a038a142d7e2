//! Content sealed before it reaches the database, under keys that never do.
//!
//! Each report has a random data key. Its columns and attachment chunks are sealed with AES-256-GCM-SIV, bound to the
//! place where they are stored, so that a value moved to another row or column does not open. The data key is stored
//! wrapped by a named master key that comes from a file. Rotation adds a master key and rewraps data keys; content is
//! not touched. Removing a wrapped key removes what it sealed.

mod data_key;
mod fingerprint;
mod master;
mod place;
mod source;

pub use data_key::DataKey;
pub use fingerprint::FingerprintKey;
pub use master::{MasterKeys, WrappedKey};
pub use place::Place;
pub use source::KeyFileError;

/// Why something sealed does not open. Says nothing about the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Damaged, moved from another place, or sealed with another key.
    #[error("a sealed value does not open")]
    Damaged,
    /// The master key that wraps this data key is not in the key file.
    #[error("the master key for a sealed value is not in the key file")]
    UnknownMasterKey,
}

/// A key file that does not fit what is stored: most likely another service's, or one from before a rotation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongKeys {
    /// A key is gone from the file that is still needed.
    #[error("stored content is sealed under the master key {0}, which is not in the key file: put it back")]
    Missing(String),
    /// The name is right and the key is not.
    #[error(
        "the master key {0} in the key file is not the one that stored content is sealed under: put the right one in"
    )]
    Other(String),
}
