//! Content sealed before it reaches the database, under keys that never do.
//!
//! Each report has a random data key. Its columns and attachment chunks are sealed with AES-256-GCM-SIV, bound to the
//! place where they are stored, so that a value moved to another row or column does not open. The data key is stored
//! wrapped by a named master key that comes from a file. Rotation adds a master key and rewraps data keys; content is
//! not touched. Removing a wrapped key removes what it sealed.

mod data_key;
mod master;
mod place;
mod source;

pub use data_key::DataKey;
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
