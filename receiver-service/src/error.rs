//! Why a change or a reading does not happen, before it becomes the contract's [`Failure`].

use framme_shared::{
    db::{
        StoreError,
        sealing::{Place, SealError},
    },
    domain::{lifecycle::InvalidTransition, receipt::SignError},
    wire::{
        status::{Cause, Failure},
        violations::FieldViolations,
    },
};

/// A refusal: what the contract says about it, or what storage did.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// A rule of the contract.
    #[error(transparent)]
    Rule(#[from] Failure),
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A receipt could not be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The caller's own stream broke off.
    #[error("the caller's stream broke off")]
    Stream(tonic::Status),
}

impl Refusal {
    /// What was sealed does not open, or is not what was stored. Nothing is confirmed, and a person must look.
    #[must_use]
    pub fn corrupt(place: &Place<'_>, error: SealError) -> Self {
        let Place {
            table,
            column,
            row,
            chunk,
            ..
        } = place;
        let text = format!("{table}.{column} of row {row}, piece {chunk}: {error}");
        Self::Rule(match error {
            SealError::Damaged => Failure::StorageCorrupt(Cause::saying(text)),
            // The content may be whole: it is the configuration that lacks a key.
            SealError::UnknownMasterKey => Failure::Internal(Cause::saying(text)),
        })
    }

    /// Ends a change that has written nothing: a rule's refusal is an outcome, which costs the changes beside it
    /// nothing; an error of the database ends the transaction.
    ///
    /// # Errors
    /// All but [`Refusal::Rule`].
    pub fn settled<T>(self) -> Result<Result<T, Self>, Self> {
        match self {
            Self::Rule(_) => Ok(Err(self)),
            Self::Store(_) | Self::Sign(_) | Self::Stream(_) => Err(self),
        }
    }

    /// A receipt of ours does not verify any more.
    #[must_use]
    pub fn unverified(row: &str, reason: &'static str) -> Self {
        Self::Rule(Failure::StorageCorrupt(Cause::saying(format!(
            "receipt {row}: {reason}"
        ))))
    }

    /// The digest of what was read back is not the one that was stored.
    #[must_use]
    pub fn digest_differs(table: &'static str, row: &str) -> Self {
        let text = format!("what was read back from {table} for row {row} has another digest than what was stored");
        Self::Rule(Failure::StorageCorrupt(Cause::saying(text)))
    }
}

impl From<FieldViolations> for Refusal {
    fn from(found: FieldViolations) -> Self {
        Self::Rule(found.into())
    }
}

impl From<InvalidTransition> for Refusal {
    fn from(invalid: InvalidTransition) -> Self {
        Self::Rule(Failure::InvalidTransition(invalid.stage.into()))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Rule(failure) => failure,
            Refusal::Store(error) => failure_of(&error),
            Refusal::Sign(error) => Self::Internal(Cause::of(&error)),
            // Nobody is there to read it.
            Refusal::Stream(_) => Self::Overloaded,
        }
    }
}

impl From<Refusal> for tonic::Status {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Stream(status) => status,
            other => Failure::from(other).into(),
        }
    }
}

fn failure_of(error: &StoreError) -> Failure {
    match error {
        StoreError::ConcurrentChange { .. } => Failure::ConcurrentChange,
        StoreError::Corrupt { .. } => Failure::StorageCorrupt(Cause::of(error)),
        error if error.is_unavailable() => Failure::StorageUnavailable(Cause::of(error)),
        error => Failure::Internal(Cause::of(error)),
    }
}
