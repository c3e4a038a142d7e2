//! A failure as the calling side gets it.

use std::{collections::HashMap, time::Duration};

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::{DOMAIN, code_of};
use crate::wire::pb::report::ErrorReason;

/// The reason of a status of ours; `None` for a status that another program made, or a reason that this version does
/// not know: then its code decides.
pub fn reason_of(status: &Status) -> Option<ErrorReason> {
    let info = status.get_details_error_info()?;
    if info.domain != DOMAIN {
        return None;
    }
    ErrorReason::from_str_name(&format!("ERROR_REASON_{}", info.reason))
}

/// A failed call, read once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The code, which every status has.
    pub code: Code,
    /// The reason, if it is one of ours.
    pub reason: Option<ErrorReason>,
    /// The variables of the reason.
    pub metadata: HashMap<String, String>,
    /// Field and rule.
    pub violations: Vec<(String, String)>,
    /// How long the peer asks to wait.
    pub retry_after: Option<Duration>,
}

impl Received {
    /// Reads a status. Its text is left behind: a peer may write there what it likes.
    pub fn from_status(status: &Status) -> Self {
        let details = status.get_error_details();
        let reason = reason_of(status);
        Self {
            code: reason.map_or(status.code(), code_of),
            reason,
            metadata: details
                .error_info()
                .map(|info| info.metadata.clone())
                .unwrap_or_default(),
            violations: details.bad_request().map_or_else(Vec::new, |request| {
                let fields = request.field_violations.iter();
                fields
                    .map(|violation| (violation.field.clone(), violation.description.clone()))
                    .collect()
            }),
            retry_after: details.retry_info().and_then(|info| info.retry_delay),
        }
    }

    /// Whether the same call, unchanged, may succeed later: the other side or the way there was at fault. `false`
    /// means that a person or a program must change something first.
    pub fn may_pass(&self) -> bool {
        matches!(
            self.code,
            Code::Unavailable
                | Code::ResourceExhausted
                | Code::Aborted
                | Code::DeadlineExceeded
                | Code::Cancelled
                | Code::Internal
                | Code::Unknown
        )
    }
}

/// A refusal as a command shows it to the person who gave it: the text, the reason, and under it each field with its
/// rule and each variable. For services of the own organisation only: see [`Received::from_status`].
pub fn explain(status: &Status) -> String {
    let received = Received::from_status(status);
    let reason = received.reason.map_or_else(
        || format!("{:?}", received.code),
        |reason| super::name_of(reason).to_owned(),
    );
    let mut text = match status.message() {
        "" => reason,
        message => format!("{message} ({reason})"),
    };
    for (field, rule) in &received.violations {
        text.push_str(&format!("\n  {field}: {rule}"));
    }
    let mut variables: Vec<_> = received.metadata.iter().collect();
    variables.sort();
    for (name, value) in variables {
        text.push_str(&format!("\n  {name}: {value}"));
    }
    text
}
