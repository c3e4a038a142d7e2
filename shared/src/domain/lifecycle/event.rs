//! What can happen to a child of a report.

use std::fmt;

use super::feedback::{Feedback, FeedbackKind};
use crate::domain::{closed_set::closed_set, organisation::OrganisationNumber, staff_role::StaffReference};

closed_set! {
    /// Why a receiver does not take a child.
    RejectionReason in "rejection reason" {
        /// The child does not live or stay in the area, and the right service is not known.
        NotOurArea = "not_our_area",
        /// The child cannot be identified from what is told.
        ChildNotIdentifiable = "child_not_identifiable",
        /// The same matter has been reported before, and is with a caseworker.
        Duplicate = "duplicate",
        /// The person is of age and not covered by the Act.
        NotAChild = "not_a_child",
        /// Sent by mistake, as agreed with the reporter.
        SentInError = "sent_in_error",
    }
}

closed_set! {
    /// What the assessment of a child came to (barnevernsloven § 2-1).
    AssessmentOutcome in "assessment outcome" {
        /// Followed up by an investigation or in a running case.
        FollowedUp = "followed_up",
        /// Dismissed, with reasons (henlagt).
        Dismissed = "dismissed",
        /// Acute measures were taken (akuttvedtak).
        AcuteMeasures = "acute_measures",
    }
}

closed_set! {
    /// An event without what it carries, for errors and tables.
    EventKind in "event" {
        /// See [`Event::Store`].
        Store = "store",
        /// See [`Event::Open`].
        Open = "open",
        /// See [`Event::Register`].
        Register = "register",
        /// See [`Event::Assign`].
        Assign = "assign",
        /// See [`Event::Revoke`].
        Revoke = "revoke",
        /// See [`Event::Assess`].
        Assess = "assess",
        /// See [`Event::Tell`], for a confirmation to the reporter.
        Confirm = "confirm",
        /// See [`Event::Tell`], for the end of an investigation.
        EndInvestigation = "end_investigation",
        /// See [`Event::Tell`], for the outcome of an investigation.
        Conclude = "conclude",
        /// See [`Event::Tell`], for an answer to the prosecutor.
        AnswerProsecution = "answer_prosecution",
        /// See [`Event::Reject`].
        Reject = "reject",
        /// See [`Event::Redirect`].
        Redirect = "redirect",
        /// See [`Event::Withdraw`].
        Withdraw = "withdraw",
        /// See [`Event::Close`].
        Close = "close",
    }
}

/// Something that moves a child, or widens what is known about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The receiver stored it and read it back (L1).
    Store,
    /// A named person with access opened it (L2).
    Open,
    /// It got a case number in the case system (L3). The number itself stays at the receiver.
    Register,
    /// It was given to a caseworker (L4). That the caseworker is active and can open it is the caller's to check.
    Assign(StaffReference),
    /// It was taken from its caseworker: undelivered again.
    Revoke,
    /// The assessment was recorded (L5).
    Assess(AssessmentOutcome),
    /// The service told the reporter or the prosecutor something (L6). It moves nothing.
    Tell {
        /// What the child was assessed as when it was told.
        assessed: AssessmentOutcome,
        /// What was told.
        feedback: Feedback,
    },
    /// The receiver does not take it.
    Reject(RejectionReason),
    /// It belongs to this other service.
    Redirect(OrganisationNumber),
    /// The sender took it back.
    Withdraw,
    /// A named person at the sender closed it. Never stated by a receiver.
    Close,
}

impl Event {
    /// The event without what it carries.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Store => EventKind::Store,
            Self::Open => EventKind::Open,
            Self::Register => EventKind::Register,
            Self::Assign(_) => EventKind::Assign,
            Self::Revoke => EventKind::Revoke,
            Self::Assess(_) => EventKind::Assess,
            Self::Tell { feedback, .. } => match feedback.kind() {
                FeedbackKind::Confirmed => EventKind::Confirm,
                FeedbackKind::InvestigationEnded => EventKind::EndInvestigation,
                FeedbackKind::Concluded => EventKind::Conclude,
                FeedbackKind::ProsecutionAnswered => EventKind::AnswerProsecution,
            },
            Self::Reject(_) => EventKind::Reject,
            Self::Redirect(_) => EventKind::Redirect,
            Self::Withdraw => EventKind::Withdraw,
            Self::Close => EventKind::Close,
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind().fmt(f)
    }
}
