//! How far the deadlines of a transmission have come, as it lies in the database.

use jiff::Timestamp;

use super::{kind::StepKind, position::Position, rung::Rung};
use crate::domain::{clocks::Clock, ids::TransmissionId};

/// How far the deadlines of one transmission have come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    /// Of which.
    pub transmission: TransmissionId,
    /// When it is looked at next; `None` when no clock runs any more.
    pub look_at: Option<Timestamp>,
    /// The clock that people are told of, and when it ran out.
    pub late: Option<(Clock, Timestamp)>,
    /// Whom they are.
    pub position: Position,
    /// Who acknowledged last.
    pub snoozed_by: Option<String>,
}

/// A step as it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepTaken {
    /// When.
    pub at: Timestamp,
    /// What it was.
    pub kind: StepKind,
    /// About which clock.
    pub clock: Clock,
    /// When that is or was due.
    pub due: Timestamp,
    /// Which rung was told, and its contacts by name; `None` unless somebody was.
    pub told: Option<(Rung, String)>,
    /// `program`, or who acknowledged.
    pub actor: String,
}
