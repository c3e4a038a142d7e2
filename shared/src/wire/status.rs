//! The only place where a gRPC status is made: from the closed set of `error_reason.proto`.

mod cause;
mod received;

use std::{collections::HashMap, time::Duration};

use tonic::{Code, Status};
use tonic_types::{ErrorDetail, ErrorInfo, FieldViolation, RetryInfo, StatusExt as _};

pub use cause::Cause;
pub use received::{Received, explain, reason_of};

use super::{
    pb::report::{ErrorReason, Stage},
    violations::FieldViolations,
};
use crate::domain::{ids::AttachmentId, staff_id::StaffId};

/// `ErrorInfo.domain` of every failure of ours.
pub const DOMAIN: &str = "framme";

/// Why a call fails. What it displays is what the peer reads: no personal data, nothing of our insides. What the log
/// gets is the [`Cause`], which prints only there.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// `INVALID_FIELD`, or `UNKNOWN_ENUM_VALUE` when there is one among them.
    #[error("{0}")]
    InvalidFields(FieldViolations),
    /// `DIGEST_MISMATCH`.
    #[error("the SHA-256 is not the one announced")]
    DigestMismatch,
    /// `TOO_LARGE`: what it is, and the limit with its unit.
    #[error("{what} must be at most {limit}")]
    TooLarge {
        /// For example "an attachment".
        what: &'static str,
        /// For example "104857600 bytes".
        limit: String,
    },
    /// `CONTENT_DIFFERS`.
    #[error("the same id came before with other content")]
    ContentDiffers,
    /// `ATTACHMENT_INCOMPLETE`.
    #[error("an attachment that the report names is not completely uploaded")]
    AttachmentIncomplete(AttachmentId),
    /// `UPLOAD_OFFSET`: how many bytes are committed.
    #[error("the upload must start at what is committed, {committed} bytes")]
    UploadOffset {
        /// Bytes that are durable.
        committed: u64,
    },
    /// `NO_RECEIVER`: the fields that name nobody who can be sent to.
    #[error("{0}")]
    NoReceiver(FieldViolations),
    /// `INVALID_TRANSITION`: the child's present stage.
    #[error("the move is not possible from the present stage")]
    InvalidTransition(Stage),
    /// `STAFF_INACTIVE`.
    #[error("the caseworker is not active")]
    StaffInactive(StaffId),
    /// `STAFF_WITHOUT_ACCESS`.
    #[error("the caseworker has no access to the child's municipality, or may not take cases")]
    StaffWithoutAccess(StaffId),
    /// `CHAIN_MISMATCH`.
    #[error("the position does not link with the chain of receipts")]
    ChainMismatch,
    /// `UNAUTHENTICATED`.
    #[error("no valid certificate or token")]
    Unauthenticated,
    /// `PERMISSION_DENIED`.
    #[error("not allowed")]
    PermissionDenied,
    /// `NOT_FOUND`.
    #[error("not found")]
    NotFound,
    /// `CONCURRENT_CHANGE`.
    #[error("somebody else changed it at the same time")]
    ConcurrentChange,
    /// `STORAGE_UNAVAILABLE`.
    #[error("storage cannot be reached or is full; nothing was acknowledged")]
    StorageUnavailable(Cause),
    /// `OVERLOADED`.
    #[error("too much at once")]
    Overloaded,
    /// `INTERNAL`.
    #[error("a fault of ours")]
    Internal(Cause),
    /// `PAIR_RECOVERING`.
    #[error("the receiver was restored from a backup, and gets back what it lost before it makes receipts again")]
    PairRecovering,
    /// `STORAGE_CORRUPT`.
    #[error("what was read back from storage is not what was stored")]
    StorageCorrupt(Cause),
}

impl From<FieldViolations> for Failure {
    fn from(found: FieldViolations) -> Self {
        Self::InvalidFields(found)
    }
}

impl Failure {
    /// One field, one rule: `INVALID_FIELD`.
    pub fn invalid_field(field: impl Into<String>, rule: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self::InvalidFields(FieldViolations::of(field, rule))
    }

    /// Which of the closed set it is.
    pub fn reason(&self) -> ErrorReason {
        match self {
            Self::InvalidFields(found) => found.reason(),
            Self::DigestMismatch => ErrorReason::DigestMismatch,
            Self::TooLarge { .. } => ErrorReason::TooLarge,
            Self::ContentDiffers => ErrorReason::ContentDiffers,
            Self::AttachmentIncomplete(_) => ErrorReason::AttachmentIncomplete,
            Self::UploadOffset { .. } => ErrorReason::UploadOffset,
            Self::NoReceiver(_) => ErrorReason::NoReceiver,
            Self::InvalidTransition(_) => ErrorReason::InvalidTransition,
            Self::StaffInactive(_) => ErrorReason::StaffInactive,
            Self::StaffWithoutAccess(_) => ErrorReason::StaffWithoutAccess,
            Self::ChainMismatch => ErrorReason::ChainMismatch,
            Self::Unauthenticated => ErrorReason::Unauthenticated,
            Self::PermissionDenied => ErrorReason::PermissionDenied,
            Self::NotFound => ErrorReason::NotFound,
            Self::ConcurrentChange => ErrorReason::ConcurrentChange,
            Self::StorageUnavailable(_) => ErrorReason::StorageUnavailable,
            Self::Overloaded => ErrorReason::Overloaded,
            Self::Internal(_) => ErrorReason::Internal,
            Self::StorageCorrupt(_) => ErrorReason::StorageCorrupt,
            Self::PairRecovering => ErrorReason::PairRecovering,
        }
    }

    /// What the log says beyond what the peer reads.
    pub fn log_text(&self) -> Option<&str> {
        self.cause().map(Cause::text)
    }

    fn cause(&self) -> Option<&Cause> {
        match self {
            Self::StorageUnavailable(cause) | Self::Internal(cause) | Self::StorageCorrupt(cause) => Some(cause),
            _ => None,
        }
    }

    fn metadata(&self) -> HashMap<String, String> {
        let pair = match self {
            Self::AttachmentIncomplete(attachment) => ("attachment_id", attachment.to_string()),
            Self::UploadOffset { committed } => ("committed_bytes", committed.to_string()),
            Self::InvalidTransition(stage) => ("stage", stage.as_str_name().to_owned()),
            Self::StaffInactive(staff) | Self::StaffWithoutAccess(staff) => ("staff_id", staff.to_string()),
            Self::Internal(cause) | Self::StorageCorrupt(cause) => ("incident_id", cause.incident().to_owned()),
            Self::InvalidFields(found) | Self::NoReceiver(found) if found.unnamed() > 0 => {
                ("violations_not_named", found.unnamed().to_string())
            }
            _ => return HashMap::new(),
        };
        HashMap::from([(pair.0.to_owned(), pair.1)])
    }

    fn violations(&self) -> Option<&FieldViolations> {
        match self {
            Self::InvalidFields(found) | Self::NoReceiver(found) => Some(found),
            _ => None,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::StorageUnavailable(_) => Some(Duration::from_secs(2)),
            Self::Overloaded => Some(Duration::from_secs(1)),
            Self::PairRecovering => Some(Duration::from_secs(5)),
            _ => None,
        }
    }
}

/// The status code that goes with a reason, as `error_reason.proto` says.
pub fn code_of(reason: ErrorReason) -> Code {
    match reason {
        ErrorReason::InvalidField
        | ErrorReason::UnknownEnumValue
        | ErrorReason::DigestMismatch
        | ErrorReason::TooLarge => Code::InvalidArgument,
        ErrorReason::ContentDiffers => Code::AlreadyExists,
        ErrorReason::AttachmentIncomplete
        | ErrorReason::UploadOffset
        | ErrorReason::NoReceiver
        | ErrorReason::InvalidTransition
        | ErrorReason::StaffInactive
        | ErrorReason::StaffWithoutAccess
        | ErrorReason::ChainMismatch => Code::FailedPrecondition,
        ErrorReason::Unauthenticated => Code::Unauthenticated,
        ErrorReason::PermissionDenied => Code::PermissionDenied,
        ErrorReason::NotFound => Code::NotFound,
        ErrorReason::ConcurrentChange => Code::Aborted,
        ErrorReason::StorageUnavailable | ErrorReason::PairRecovering => Code::Unavailable,
        ErrorReason::Overloaded => Code::ResourceExhausted,
        ErrorReason::StorageCorrupt => Code::DataLoss,
        ErrorReason::Internal | ErrorReason::Unspecified => Code::Internal,
    }
}

/// The name of a reason in `ErrorInfo.reason`: that of the enum value without its prefix.
pub fn name_of(reason: ErrorReason) -> &'static str {
    reason.as_str_name().trim_start_matches("ERROR_REASON_")
}

impl From<Failure> for Status {
    /// Makes the status, and logs the cause where there is one: a failure is logged once, and this is where it leaves.
    fn from(failure: Failure) -> Self {
        if let Some(cause) = failure.cause() {
            tracing::error!(
                incident.id = cause.incident(),
                error.reason = name_of(failure.reason()),
                error.cause = cause.text(),
                "A call failed: {failure}"
            );
        }
        let mut details: Vec<ErrorDetail> =
            vec![ErrorInfo::new(name_of(failure.reason()), DOMAIN, failure.metadata()).into()];
        if let Some(found) = failure.violations() {
            details.push(bad_request(found));
        }
        if let Some(delay) = failure.retry_after() {
            details.push(RetryInfo::new(Some(delay)).into());
        }
        Self::with_error_details_vec(code_of(failure.reason()), failure.to_string(), details)
    }
}

/// What a call comes to that its caller gave up on: made on the calling side, with no reason of the closed set.
pub fn no_answer() -> Status {
    Status::deadline_exceeded("no answer")
}

fn bad_request(found: &FieldViolations) -> ErrorDetail {
    let fields = found.iter().map(|violation| {
        let mut field = FieldViolation::new(violation.field(), violation.rule());
        field.reason = name_of(violation.reason()).to_owned();
        field
    });
    tonic_types::BadRequest::new(fields.collect::<Vec<_>>()).into()
}

#[cfg(test)]
mod tests;
