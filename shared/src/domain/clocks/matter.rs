//! What the clocks of a matter depend on.

use jiff::Timestamp;

use crate::domain::{
    lifecycle::{ChildState, FeedbackGiven, Terms},
    report::{ReportType, Urgency},
};

/// One report at one receiver, as far as its clocks depend on it.
///
/// At the receiver, leave out the children that it has itself rejected or redirected, where its own part is to end with
/// that; at the sender they belong in, for there the first clock goes on until somebody else has the child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matter<'a> {
    /// The document.
    pub report_type: ReportType,
    /// How soon somebody must act.
    pub urgency: Urgency,
    /// When the sender accepted the report. Where a redirect sends it on: when the first was accepted.
    pub submitted_at: Timestamp,
    /// When the receiver stored it, as far as is known.
    pub received_at: Option<Timestamp>,
    /// Its children.
    pub children: Vec<Child<'a>>,
}

/// A child of a matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Child<'a> {
    /// How far it has come.
    pub state: &'a ChildState,
    /// What has been told to the side of the sender.
    pub feedback: Feedback,
}

/// The way back, of one child: what has happened of it, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Feedback {
    /// The reporter got a confirmation.
    pub confirmation_given_at: Option<Timestamp>,
    /// An investigation ended.
    pub investigation_ended_at: Option<Timestamp>,
    /// The reporter was told that it had ended. Telling before the end does not count.
    pub outcome_told_at: Option<Timestamp>,
    /// The prosecutor was told what was decided.
    pub prosecution_answered_at: Option<Timestamp>,
}

impl From<FeedbackGiven> for Feedback {
    /// An investigation of which nobody has said that it ended counts as ended when it should have (barnevernsloven § 2-2): its
    /// outcome must not fall silent because of that.
    fn from(given: FeedbackGiven) -> Self {
        let opened = given.confirmed().filter(|told| told.what);
        let expected = opened.and_then(|told| told.since.checked_add(Terms::OF_LAW.investigation).ok());
        Self {
            confirmation_given_at: given.confirmed().map(|told| told.since),
            investigation_ended_at: given.investigation_ended().or(expected),
            outcome_told_at: given.concluded().map(|told| told.since),
            prosecution_answered_at: given.answered().map(|told| told.since),
        }
    }
}
