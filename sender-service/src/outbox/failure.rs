//! Why an attempt failed, as a code that people and programs may rely on. Every one of them is tried again.

use framme_shared::{
    domain::receipt::ReceiptError,
    runtime::connect::{CallFailure, CertificateFault, classify},
    wire::{
        pb::report::ErrorReason,
        status::{Received, name_of, reason_of},
    },
};
use tonic::{Code, Status};

/// A failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The receiver could not be reached, or did not answer in time.
    Unreachable(&'static str),
    /// A certificate is refused: waiting does not help by itself, a person must look.
    Certificate(CertificateFault),
    /// The receiver answered and did not take it.
    Refused {
        code: &'static str,
        /// Waiting does not help by itself, a person must look.
        for_a_person: bool,
    },
    /// The receiver's answer is not believed.
    NotBelieved(&'static str),
    /// Something is wrong on this side.
    Ours(&'static str),
}

impl Failure {
    /// What is recorded.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Certificate(fault) => fault.code(),
            Self::Unreachable(code) | Self::Refused { code, .. } | Self::NotBelieved(code) | Self::Ours(code) => code,
        }
    }

    /// Whether every other attempt at the same receiver would fail alike.
    pub(super) fn is_of_the_receiver(self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Certificate(_))
    }

    /// Whether a person must look.
    pub(crate) fn is_for_a_person(self) -> bool {
        match self {
            Self::Unreachable(_) => false,
            Self::Refused { for_a_person, .. } => for_a_person,
            Self::Certificate(_) | Self::NotBelieved(_) | Self::Ours(_) => true,
        }
    }

    /// The receiver did not answer before the lease was nearly over.
    pub(super) const OUT_OF_TIME: Self = Self::Unreachable("no-answer-in-time");
}

impl From<&Status> for Failure {
    fn from(status: &Status) -> Self {
        match classify(status) {
            CallFailure::Certificate(fault) => Self::Certificate(fault),
            CallFailure::Unavailable => Self::Unreachable("unreachable"),
            // Something on the way answers for a receiver that is away.
            CallFailure::Answered(Code::Unavailable | Code::DeadlineExceeded) if reason_of(status).is_none() => {
                Self::Unreachable("unavailable")
            }
            // Nothing is taken before the receiver has got back what it lost.
            CallFailure::Answered(_) if reason_of(status) == Some(ErrorReason::PairRecovering) => {
                Self::Unreachable(name_of(ErrorReason::PairRecovering))
            }
            CallFailure::Answered(_) => refused(&Received::from_status(status)),
        }
    }
}

impl From<&ReceiptError> for Failure {
    fn from(error: &ReceiptError) -> Self {
        if error.is_ours() {
            Self::Ours(error.reason())
        } else {
            Self::NotBelieved(error.reason())
        }
    }
}

fn refused(received: &Received) -> Failure {
    let code = match (received.reason, received.code) {
        (Some(reason), _) => name_of(reason),
        (None, Code::PermissionDenied) => name_of(ErrorReason::PermissionDenied),
        (None, Code::Unauthenticated) => name_of(ErrorReason::Unauthenticated),
        (None, Code::Unimplemented) => "unimplemented",
        (None, _) => "refused",
    };
    Failure::Refused {
        code,
        for_a_person: !received.may_pass(),
    }
}

#[cfg(test)]
mod tests {
    use framme_shared::wire::status;

    use super::*;

    #[test]
    fn a_refusal_is_recorded_by_the_contracts_reason_and_is_for_a_person() {
        let failure = Failure::from(&Status::from(status::Failure::ContentDiffers));
        assert_eq!(failure.code(), "CONTENT_DIFFERS");
        assert!(failure.is_for_a_person() && !failure.is_of_the_receiver());
    }

    #[test]
    fn storage_that_is_away_over_there_is_not_for_a_person_here() {
        let cause = status::Cause::saying("full");
        let failure = Failure::from(&Status::from(status::Failure::StorageUnavailable(cause)));
        assert_eq!(failure.code(), "STORAGE_UNAVAILABLE");
        assert!(!failure.is_for_a_person());
    }

    #[test]
    fn a_status_without_a_reason_of_ours_is_recorded_by_its_code() {
        let failure = Failure::from(&Status::permission_denied("go away"));
        assert_eq!(failure.code(), "PERMISSION_DENIED");
        assert!(failure.is_for_a_person());
    }
}
