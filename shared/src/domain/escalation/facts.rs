//! What a service knows of one of its transmissions, for its clocks and for whom to tell.

use jiff::Timestamp;

use super::rung::Rung;
use crate::domain::{
    clocks::{Child, Feedback, Matter},
    lifecycle::ChildState,
    report::{ReportType, Urgency},
};

/// Everything that the clocks of one transmission depend on, and who could be told.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The document.
    pub report_type: ReportType,
    /// How soon somebody must act.
    pub urgency: Urgency,
    /// When the sender answered the first submission with success.
    pub submitted_at: Timestamp,
    /// When the receiver stored it, as far as is known.
    pub received_at: Option<Timestamp>,
    /// Its children, and what the reporter was told of each.
    pub children: Vec<(ChildState, Feedback)>,
    /// Somebody was phoned, and nobody was reached: telling starts at the rung for that.
    pub nobody_reached: bool,
    /// Rungs on which nobody is there now. A rung without contacts is empty besides.
    pub unmanned: Vec<Rung>,
}

impl Facts {
    /// As the clocks read it.
    #[must_use]
    pub fn matter(&self) -> Matter<'_> {
        let children = self.children.iter().map(|(state, feedback)| Child {
            state,
            feedback: *feedback,
        });
        Matter {
            report_type: self.report_type,
            urgency: self.urgency,
            submitted_at: self.submitted_at,
            received_at: self.received_at,
            children: children.collect(),
        }
    }
}
