//! How a comparison with a receiver ended.

use framme_shared::wire::{pb::report::ErrorReason, status::reason_of};
use tonic::Status;

/// How the comparison ended.
#[derive(Debug)]
pub enum Recovered {
    /// Both sides know the same, by now, or it is for a person to bring that about: the stream may go on.
    Level,
    /// Each has another receipt under one number: nothing of it is believed before people have looked.
    TwoHistories,
    /// What the receiver gave cannot be, cannot be read or cannot be kept here: a person must look; again later.
    Unreadable,
    /// The receiver could not be asked, or did not take or give everything: again later.
    Failed(Status),
}

impl From<Status> for Recovered {
    /// What a failed call of the recovery means.
    fn from(status: Status) -> Self {
        if reason_of(&status) == Some(ErrorReason::ChainMismatch) {
            Self::TwoHistories
        } else {
            Self::Failed(status)
        }
    }
}
