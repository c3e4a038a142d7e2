//! How far a child of a report has come, and where the report stands: the same machine at sender and receiver.
//!
//! A child's state moves only by [`ChildState::apply`] (whoever has the right to make the move) or
//! [`ChildState::learn`] (the sender, from a verified receipt). A report's [`Standing`] is never stored as a truth of
//! its own: it is computed from its children.

mod closing;
mod columns;
mod event;
mod feedback;
mod owed;
mod stage;
mod standing;
mod state;
#[cfg(test)]
mod table_tests;

pub use closing::ClosingKind;
pub use columns::{ChildColumns, FeedbackColumns, InvalidColumns};
pub use event::{AssessmentOutcome, Event, EventKind, RejectionReason};
pub use feedback::{Conclusion, Feedback, FeedbackGiven, FeedbackKind, ProsecutionAnswer, Told};
pub use owed::{Duty, Owed, Terms, is_feedback_given, owed};
pub use stage::Stage;
pub use standing::{Standing, delivered_since};
pub use state::{Assignment, ChildState, InvalidTransition, Progress};
