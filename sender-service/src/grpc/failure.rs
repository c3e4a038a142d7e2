//! Errors of storage and sealing as what the caller is told.

use framme_shared::{
    db::{StoreError, sealing::SealError},
    wire::status::{Cause, Failure},
};

/// A storage error.
pub(crate) fn storage(error: StoreError) -> Failure {
    let cause = Cause::of(&error);
    match error {
        StoreError::Unavailable(_) | StoreError::Closing => Failure::StorageUnavailable(cause),
        StoreError::ConcurrentChange { .. } => Failure::ConcurrentChange,
        StoreError::Corrupt { .. } => Failure::StorageCorrupt(cause),
        _ => Failure::Internal(cause),
    }
}

/// Something sealed that does not open.
pub(crate) fn sealing(error: SealError) -> Failure {
    let cause = Cause::of(&error);
    match error {
        SealError::UnknownMasterKey => Failure::Internal(cause),
        SealError::Damaged => Failure::StorageCorrupt(cause),
    }
}
