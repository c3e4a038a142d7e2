//! The state of one child, and every move it can make.

use jiff::Timestamp;

use super::{
    event::{AssessmentOutcome, Event, EventKind, RejectionReason},
    feedback::FeedbackGiven,
    stage::Stage,
};
use crate::domain::{organisation::OrganisationNumber, staff_role::StaffReference};

/// What has happened to a child on the way to a caseworker. It is only ever widened: a revoked assignment does not
/// undo that somebody opened it, or that the reporter was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// A named person with access opened it.
    pub opened: bool,
    /// It has a case number in the case system.
    pub registered: bool,
    /// What the service has told the reporter and the prosecutor.
    pub feedback: FeedbackGiven,
}

impl Progress {
    pub(super) fn stage(self) -> Stage {
        match self {
            Self { registered: true, .. } => Stage::Registered,
            Self { opened: true, .. } => Stage::Opened,
            Self { .. } => Stage::Stored,
        }
    }

    fn with_opened(self) -> Self {
        Self { opened: true, ..self }
    }

    fn with_registered(self) -> Self {
        Self {
            registered: true,
            ..self
        }
    }

    fn with_feedback(self, feedback: FeedbackGiven) -> Self {
        Self { feedback, ..self }
    }
}

/// Who has a child, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The caseworker.
    pub caseworker: StaffReference,
    /// When the child was given to this caseworker.
    pub since: Timestamp,
}

/// The state of one child. `since` is when the child came to its present stage, caseworker or outcome; an event that
/// changes none of these leaves it as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChildState {
    /// The sender holds it; the receiver does not, as far as is known.
    Queued {
        /// Since when.
        since: Timestamp,
    },
    /// The receiver holds it, and nobody has it as a caseworker: stored, opened or registered.
    Held {
        /// Since when.
        since: Timestamp,
        /// How far it came.
        progress: Progress,
    },
    /// A caseworker has it.
    Assigned {
        /// Since when.
        since: Timestamp,
        /// What happened besides.
        progress: Progress,
        /// Who has it.
        assignment: Assignment,
    },
    /// The caseworker's assessment is recorded.
    Assessed {
        /// Since when.
        since: Timestamp,
        /// What happened besides.
        progress: Progress,
        /// Who has it, or had it when it was dismissed.
        assignment: Assignment,
        /// What the assessment came to.
        outcome: AssessmentOutcome,
    },
    /// The receiver does not take it.
    Rejected {
        /// Since when.
        since: Timestamp,
        /// Why.
        reason: RejectionReason,
    },
    /// It belongs to another service.
    Redirected {
        /// Since when.
        since: Timestamp,
        /// Which service.
        to: OrganisationNumber,
    },
    /// The sender took it back.
    Withdrawn {
        /// Since when.
        since: Timestamp,
    },
    /// A named person at the sender closed it.
    Closed {
        /// Since when.
        since: Timestamp,
    },
}

/// The event cannot happen to a child at this stage. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{event} is not possible for a child that is {stage}")]
pub struct InvalidTransition {
    /// Where the child is.
    pub stage: Stage,
    /// What was tried.
    pub event: EventKind,
}

impl ChildState {
    /// The state after `event` at the time `at`.
    ///
    /// # Errors
    /// [`InvalidTransition`] when the event is not possible here; withdrawn and closed children refuse every event.
    pub fn apply(self, event: Event, at: Timestamp) -> Result<Self, InvalidTransition> {
        let refused = InvalidTransition {
            stage: self.stage(),
            event: event.kind(),
        };
        match self {
            Self::Queued { .. } => from_queued(event, at),
            Self::Held { since, progress } => from_held(since, progress, event, at),
            Self::Assigned {
                since,
                progress,
                assignment,
            } => from_assigned(since, progress, assignment, event, at),
            Self::Assessed {
                since,
                progress,
                assignment,
                outcome,
            } => from_assessed(since, progress, assignment, outcome, event, at),
            Self::Rejected { .. } | Self::Redirected { .. } => from_declined(self, &event, at),
            Self::Withdrawn { .. } | Self::Closed { .. } => None,
        }
        .ok_or(refused)
    }

    /// The sender's state after a receiver stated `event`, by a verified receipt.
    ///
    /// As [`ChildState::apply`], except that an ending at the sender is final: a receiver that has not heard of it yet
    /// may truthfully state more, and that changes nothing here.
    ///
    /// # Errors
    /// [`InvalidTransition`] when the receiver states what cannot have happened, or a closing, which is not its to
    /// state.
    pub fn learn(self, event: Event, at: Timestamp) -> Result<Self, InvalidTransition> {
        if event == Event::Close {
            return Err(InvalidTransition {
                stage: self.stage(),
                event: event.kind(),
            });
        }
        if self.stage().is_ended() {
            return Ok(self);
        }
        self.apply(event, at)
    }

    /// The sender's state after a receiver stated something about the child that this version has no word for. What
    /// is not understood is not delivered: a child with a caseworker counts as held until the receiver says more.
    #[must_use]
    pub fn doubt(self, at: Timestamp) -> Self {
        match self {
            Self::Assigned { progress, .. } | Self::Assessed { progress, .. } => held(progress, at),
            known => known,
        }
    }

    /// The sender's state after it found out that the receiver lost what it had confirmed: the sender holds it and the
    /// receiver does not, so it waits to be stored anew, whatever had come of it there. An ending stays one.
    #[must_use]
    pub fn lose(self, at: Timestamp) -> Self {
        match self {
            Self::Withdrawn { .. } | Self::Closed { .. } | Self::Queued { .. } => self,
            _ => Self::Queued { since: at },
        }
    }

    /// How far the child has come.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self {
            Self::Queued { .. } => Stage::Queued,
            Self::Held { progress, .. } => progress.stage(),
            Self::Assigned { .. } => Stage::Assigned,
            Self::Assessed { .. } => Stage::Assessed,
            Self::Rejected { .. } => Stage::Rejected,
            Self::Redirected { .. } => Stage::Redirected,
            Self::Withdrawn { .. } => Stage::Withdrawn,
            Self::Closed { .. } => Stage::Closed,
        }
    }

    /// When the child came to its present stage, caseworker or outcome.
    #[must_use]
    pub const fn since(&self) -> Timestamp {
        match self {
            Self::Queued { since }
            | Self::Held { since, .. }
            | Self::Assigned { since, .. }
            | Self::Assessed { since, .. }
            | Self::Rejected { since, .. }
            | Self::Redirected { since, .. }
            | Self::Withdrawn { since }
            | Self::Closed { since } => *since,
        }
    }

    /// Whether the child is with a caseworker: assigned or assessed, and nothing else.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        self.stage().is_delivered()
    }

    /// The assignment that delivered the child; also the former one of a dismissed child.
    #[must_use]
    pub const fn assignment(&self) -> Option<&Assignment> {
        match self {
            Self::Assigned { assignment, .. } | Self::Assessed { assignment, .. } => Some(assignment),
            _ => None,
        }
    }

    /// What the service has told the reporter and the prosecutor; nothing once the child is with nobody there.
    #[must_use]
    pub fn feedback(&self) -> FeedbackGiven {
        match self {
            Self::Held { progress, .. } | Self::Assigned { progress, .. } | Self::Assessed { progress, .. } => {
                progress.feedback
            }
            _ => FeedbackGiven::default(),
        }
    }

    /// The assignment that somebody holds now, and that is revoked when that person leaves. A dismissed child has none.
    #[must_use]
    pub fn live_assignment(&self) -> Option<&Assignment> {
        match self {
            Self::Assessed {
                outcome: AssessmentOutcome::Dismissed,
                ..
            } => None,
            _ => self.assignment(),
        }
    }
}

fn from_queued(event: Event, at: Timestamp) -> Option<ChildState> {
    match event {
        Event::Store => Some(held(Progress::default(), at)),
        Event::Withdraw => Some(ChildState::Withdrawn { since: at }),
        Event::Close => Some(ChildState::Closed { since: at }),
        _ => None,
    }
}

fn from_held(since: Timestamp, progress: Progress, event: Event, at: Timestamp) -> Option<ChildState> {
    let widened = |wider: Progress| held(wider, if wider.stage() == progress.stage() { since } else { at });
    match event {
        Event::Open => Some(widened(progress.with_opened())),
        Event::Register => Some(widened(progress.with_registered())),
        Event::Assign(caseworker) => Some(assigned(progress, caseworker, at)),
        Event::Reject(reason) => Some(ChildState::Rejected { since: at, reason }),
        Event::Redirect(to) => Some(ChildState::Redirected { since: at, to }),
        Event::Withdraw => Some(ChildState::Withdrawn { since: at }),
        Event::Close => Some(ChildState::Closed { since: at }),
        Event::Store | Event::Revoke | Event::Assess(_) | Event::Tell { .. } => None,
    }
}

fn from_assigned(
    since: Timestamp,
    progress: Progress,
    assignment: Assignment,
    event: Event,
    at: Timestamp,
) -> Option<ChildState> {
    let widened = |progress| ChildState::Assigned {
        since,
        progress,
        assignment: assignment.clone(),
    };
    match event {
        Event::Open => Some(widened(progress.with_opened())),
        Event::Register => Some(widened(progress.with_registered())),
        Event::Assign(caseworker) => Some(assigned(progress, caseworker, at)),
        Event::Revoke => Some(held(progress, at)),
        Event::Assess(outcome) => Some(ChildState::Assessed {
            since: at,
            progress,
            assignment,
            outcome,
        }),
        Event::Reject(reason) => Some(ChildState::Rejected { since: at, reason }),
        Event::Redirect(to) => Some(ChildState::Redirected { since: at, to }),
        Event::Withdraw => Some(ChildState::Withdrawn { since: at }),
        Event::Store | Event::Close | Event::Tell { .. } => None,
    }
}

fn from_assessed(
    since: Timestamp,
    progress: Progress,
    assignment: Assignment,
    outcome: AssessmentOutcome,
    event: Event,
    at: Timestamp,
) -> Option<ChildState> {
    let assessed = |since, progress, outcome| ChildState::Assessed {
        since,
        progress,
        assignment: assignment.clone(),
        outcome,
    };
    match event {
        Event::Open => Some(assessed(since, progress.with_opened(), outcome)),
        Event::Register => Some(assessed(since, progress.with_registered(), outcome)),
        Event::Assess(other) => Some(assessed(at, progress, other)),
        Event::Tell {
            assessed: told_as,
            feedback,
        } if told_as == outcome => {
            let given = progress.feedback.with(feedback, outcome, at)?;
            Some(assessed(since, progress.with_feedback(given), outcome))
        }
        Event::Revoke if outcome != AssessmentOutcome::Dismissed => Some(held(progress, at)),
        Event::Withdraw => Some(ChildState::Withdrawn { since: at }),
        Event::Store
        | Event::Assign(_)
        | Event::Revoke
        | Event::Tell { .. }
        | Event::Reject(_)
        | Event::Redirect(_)
        | Event::Close => None,
    }
}

/// Whoever opens a report opens it for all its children, also for one that was rejected or redirected before.
fn from_declined(declined: ChildState, event: &Event, at: Timestamp) -> Option<ChildState> {
    match event {
        Event::Open => Some(declined),
        Event::Withdraw => Some(ChildState::Withdrawn { since: at }),
        Event::Close => Some(ChildState::Closed { since: at }),
        _ => None,
    }
}

fn held(progress: Progress, since: Timestamp) -> ChildState {
    ChildState::Held { since, progress }
}

fn assigned(progress: Progress, caseworker: StaffReference, at: Timestamp) -> ChildState {
    ChildState::Assigned {
        since: at,
        progress,
        assignment: Assignment { caseworker, since: at },
    }
}
