//! What a receipt states.

use jiff::Timestamp;

use super::{MAX_SEQUENCE, read_before::ReadBefore};
use crate::domain::{
    closed_set::closed_set,
    digest::Digest,
    ids::{ChildId, ReportId, TransmissionId},
    lifecycle::{AssessmentOutcome, Event, Feedback, RejectionReason},
    organisation::OrganisationNumber,
    staff_id::StaffId,
    staff_role::StaffReference,
};

closed_set! {
    /// What a receipt proves.
    Level in "receipt level" {
        /// L1. The receiver holds it durably; the digest is of what was read back from storage.
        Stored = "stored",
        /// L2. A named person with access opened it.
        Opened = "opened",
        /// L3. It has a case number in the case system.
        Registered = "registered",
        /// L4. The child has a caseworker who is active and can open it.
        Assigned = "assigned",
        /// The child was taken from its caseworker: undelivered again.
        Revoked = "revoked",
        /// L5. The assessment is recorded. With feedback, L6: the reporter or the prosecutor has been told, too.
        Assessed = "assessed",
        /// The receiver does not take the child.
        Rejected = "rejected",
        /// The child belongs to another service.
        Redirected = "redirected",
        /// The sender took it back.
        Withdrawn = "withdrawn",
    }
}

/// Sender and receiver: each pair has its own numbers and its own chain of receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pair {
    /// The police's organisation.
    pub sender: OrganisationNumber,
    /// The child welfare service's organisation, which signs.
    pub receiver: OrganisationNumber,
}

/// Everything in one receipt. No personal data: ids, codes and digests only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptClaims {
    /// To whom, and by whom.
    pub pair: Pair,
    /// The receipt's number in the pair: from 1, without gaps.
    pub sequence: u64,
    /// SHA-256 of the bytes of the receipt before; [`Digest::ZERO`] in the first and only there.
    pub previous: Digest,
    /// When it happened, by the receiver's clock, to the microsecond.
    pub time: Timestamp,
    /// About which transmission.
    pub transmission: TransmissionId,
    /// The report that the transmission is part of.
    pub report: ReportId,
    /// About which child; `None` for every child of the transmission.
    pub child: Option<ChildId>,
    /// SHA-256 of the content as read back from storage for this receipt.
    pub digest: Digest,
    /// Who states it.
    pub stated_by: StatedBy,
    /// What is stated.
    pub statement: Statement,
    /// What made the receipt.
    pub software: Software,
}

/// Who states what a receipt says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatedBy {
    /// A person, whose own credential was used.
    Person(StaffReference),
    /// A program.
    Program {
        /// Which one.
        program: StaffId,
        /// The person for whom the program says that it acts.
        on_behalf_of: Option<StaffReference>,
    },
    /// Somebody of a kind or role that this version does not know.
    Unknown,
}

/// What a receipt states, with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// [`Level::Stored`].
    Stored,
    /// [`Level::Opened`].
    Opened,
    /// [`Level::Registered`].
    Registered,
    /// [`Level::Assigned`], to this caseworker.
    Assigned(StaffReference),
    /// [`Level::Revoked`].
    Revoked,
    /// [`Level::Assessed`], with this outcome.
    Assessed(AssessmentOutcome),
    /// [`Level::Assessed`] with this outcome still, and something that the reporter or the prosecutor has been told. A
    /// reader of before there was feedback passes over that, and takes the assessment in once more: nothing becomes
    /// undelivered by it.
    Told {
        /// What the child is assessed as.
        assessed: AssessmentOutcome,
        /// What was told.
        feedback: Feedback,
    },
    /// [`Level::Rejected`], for this reason.
    Rejected(RejectionReason),
    /// [`Level::Redirected`], to this service.
    Redirected(OrganisationNumber),
    /// [`Level::Withdrawn`], with what was read before; `None` when the receiver does not say.
    Withdrawn(Option<ReadBefore>),
    /// A word that this version does not know. The receipt keeps its place in the chain, and nothing it is about counts
    /// as delivered: see [`crate::domain::lifecycle::ChildState::doubt`].
    Unknown,
}

impl Statement {
    /// The level, if it is known.
    #[must_use]
    pub const fn level(&self) -> Option<Level> {
        match self {
            Self::Stored => Some(Level::Stored),
            Self::Opened => Some(Level::Opened),
            Self::Registered => Some(Level::Registered),
            Self::Assigned(_) => Some(Level::Assigned),
            Self::Revoked => Some(Level::Revoked),
            Self::Assessed(_) | Self::Told { .. } => Some(Level::Assessed),
            Self::Rejected(_) => Some(Level::Rejected),
            Self::Redirected(_) => Some(Level::Redirected),
            Self::Withdrawn(_) => Some(Level::Withdrawn),
            Self::Unknown => None,
        }
    }

    /// What was told to the reporter or the prosecutor, if something was.
    #[must_use]
    pub const fn feedback(&self) -> Option<Feedback> {
        match self {
            Self::Told { feedback, .. } => Some(*feedback),
            _ => None,
        }
    }

    /// What it means for a child; `None` when this version does not know.
    #[must_use]
    pub fn event(&self) -> Option<Event> {
        match self {
            Self::Stored => Some(Event::Store),
            Self::Opened => Some(Event::Open),
            Self::Registered => Some(Event::Register),
            Self::Assigned(caseworker) => Some(Event::Assign(caseworker.clone())),
            Self::Revoked => Some(Event::Revoke),
            Self::Assessed(outcome) => Some(Event::Assess(*outcome)),
            Self::Told { assessed, feedback } => Some(Event::Tell {
                assessed: *assessed,
                feedback: *feedback,
            }),
            Self::Rejected(reason) => Some(Event::Reject(*reason)),
            Self::Redirected(to) => Some(Event::Redirect(*to)),
            Self::Withdrawn(_) => Some(Event::Withdraw),
            Self::Unknown => None,
        }
    }
}

/// What made a receipt: each one line of 1 to 64 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Software {
    /// The product.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Claims that no receipt can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidClaims {
    /// Not a JSON object with these members, once each and of their types.
    #[error("the claims are not in the form of a receipt")]
    Malformed,
    /// Another version of the format.
    #[error("the claims are of another version")]
    Version,
    /// The number is 0 or beyond [`MAX_SEQUENCE`].
    #[error("the number is out of range")]
    Sequence,
    /// The zero digest in any but the first receipt, or another digest in the first.
    #[error("the digest of the receipt before is zero for the first receipt and only there")]
    Previous,
    /// Not UTC in RFC 3339 with six decimals.
    #[error("the time is not in RFC 3339 with six decimals and Z")]
    Time,
    /// The level needs this member.
    #[error("the level needs the member {0}")]
    Missing(&'static str),
    /// The level does not have this member.
    #[error("the level does not have the member {0}")]
    Unexpected(&'static str),
    /// Only a person opens.
    #[error("a program cannot open")]
    OpenedByProgram,
    /// Only a person, or a program on behalf of one, gives, rejects or redirects a child, assesses it, or tells of it.
    #[error("a program needs a person on whose behalf it states this")]
    NobodyBehind,
    /// Only a caseworker or the duty service can have a child.
    #[error("a child cannot be assigned to somebody in this role")]
    AssignedRole,
    /// It is redirected to the one that redirects.
    #[error("a child cannot be redirected to the service that redirects it")]
    RedirectedToItself,
    /// Nobody can tell today that an investigation ended tomorrow.
    #[error("an investigation cannot end after it is told that it has")]
    EndsLater,
    /// Name or version are not 1 to 64 visible ASCII characters.
    #[error("the software's name or version is not 1 to 64 visible ASCII characters")]
    Software,
    /// Something that this version has no word for cannot be signed by it.
    #[error("an unknown statement cannot be made")]
    Unknown,
}

impl ReceiptClaims {
    /// The rules that signer and verifier both keep.
    pub(super) fn check(&self) -> Result<(), InvalidClaims> {
        if !(1..=MAX_SEQUENCE).contains(&self.sequence) {
            return Err(InvalidClaims::Sequence);
        }
        if (self.sequence == 1) != (self.previous == Digest::ZERO) {
            return Err(InvalidClaims::Previous);
        }
        self.check_child()?;
        self.check_speaker()?;
        match &self.statement {
            Statement::Assigned(caseworker) if !caseworker.role.can_be_given_children() => {
                Err(InvalidClaims::AssignedRole)
            }
            Statement::Redirected(to) if *to == self.pair.receiver => Err(InvalidClaims::RedirectedToItself),
            Statement::Told { feedback, .. } if feedback.ended().is_some_and(|ended| ended > self.time) => {
                Err(InvalidClaims::EndsLater)
            }
            _ => self.software.check(),
        }
    }

    /// A transmission is stored as a whole, may be opened as a whole, and everything else happens to one child.
    fn check_child(&self) -> Result<(), InvalidClaims> {
        match (&self.statement, self.child) {
            (Statement::Stored, Some(_)) => Err(InvalidClaims::Unexpected("child")),
            (Statement::Stored | Statement::Opened | Statement::Unknown, _) | (_, Some(_)) => Ok(()),
            (_, None) => Err(InvalidClaims::Missing("child")),
        }
    }

    fn check_speaker(&self) -> Result<(), InvalidClaims> {
        let StatedBy::Program { on_behalf_of, .. } = &self.stated_by else {
            return Ok(());
        };
        match self.statement {
            Statement::Opened => Err(InvalidClaims::OpenedByProgram),
            Statement::Assigned(_)
            | Statement::Assessed(_)
            | Statement::Told { .. }
            | Statement::Rejected(_)
            | Statement::Redirected(_)
                if on_behalf_of.is_none() =>
            {
                Err(InvalidClaims::NobodyBehind)
            }
            _ => Ok(()),
        }
    }
}

impl Software {
    /// Whether name and version are 1 to 64 visible ASCII characters each.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let fits = |text: &str| (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits(&self.name) && fits(&self.version)
    }

    fn check(&self) -> Result<(), InvalidClaims> {
        self.is_valid().then_some(()).ok_or(InvalidClaims::Software)
    }
}
