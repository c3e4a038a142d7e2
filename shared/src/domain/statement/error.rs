//! Why a statement is not believed.

use super::claims::InvalidStatement;
use crate::domain::jws::JwsError;

/// Why a statement is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// The text or its signature does not hold.
    #[error("the statement's signature does not hold")]
    Jws(#[from] JwsError),
    /// The claims break a rule.
    #[error("the statement's claims are invalid")]
    Claims(#[from] InvalidStatement),
    /// The signing time in the header is not the second of the claims' time.
    #[error("header and claims state different times")]
    TimeMismatch,
    /// It is dated more than a day ahead.
    #[error("the statement's time lies in the future")]
    InFuture,
    /// It is of another pair.
    #[error("the statement belongs to another pair")]
    WrongPair,
    /// It is of the other side.
    #[error("the statement is of the other side")]
    WrongSide,
}

impl StatementError {
    /// The reason as a code that never changes.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Jws(error) => error.reason(),
            Self::Claims(_) => "invalid_claims",
            Self::TimeMismatch => "time_mismatch",
            Self::InFuture => "in_future",
            Self::WrongPair => "wrong_pair",
            Self::WrongSide => "wrong_side",
        }
    }

    /// Whether the fault is on the verifying side and goes away without the other's doing.
    #[must_use]
    pub const fn is_ours(&self) -> bool {
        matches!(self, Self::Jws(error) if error.is_ours())
    }
}
