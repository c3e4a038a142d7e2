//! What a receipt must agree with before anything is made of it, and what it makes of a child: the same at the sender that
//! follows its receivers and for whoever checks afterwards.

use super::claims::{ReceiptClaims, Statement};
use crate::domain::{
    digest::Digest,
    ids::{ChildId, ReportId},
    lifecycle::ChildState,
    organisation::OrganisationNumber,
};

/// What was sent under a transmission's id, as far as receipts must agree with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentContent {
    /// Part of which report.
    pub report: ReportId,
    /// To whom.
    pub receiver: OrganisationNumber,
    /// SHA-256 of the content.
    pub sha256: Digest,
}

/// Why a receipt that verifies is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Disbelief {
    /// About something that was not sent to this receiver.
    #[error("the receipt is about a transmission that was not sent to this receiver")]
    UnknownTransmission,
    /// The transmission is part of another report.
    #[error("the receipt names another report than the transmission's")]
    WrongReport,
    /// The digest is not that of what was sent.
    #[error("the receipt's digest is not that of what was sent")]
    DigestDiffers,
    /// The transmission has no such child.
    #[error("the receipt is about a child that the transmission does not have")]
    UnknownChild,
    /// The child cannot have made the move.
    #[error("the receipt states a move that is not possible for the child")]
    ImpossibleMove,
}

impl Disbelief {
    /// The reason as a code that never changes.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::UnknownTransmission => "receipt_unknown_transmission",
            Self::WrongReport => "receipt_wrong_report",
            Self::DigestDiffers => "receipt_digest_differs",
            Self::UnknownChild => "receipt_unknown_child",
            Self::ImpossibleMove => "receipt_impossible_move",
        }
    }
}

impl ReceiptClaims {
    /// Whether the receipt, signed by `receiver`, is about this, which was sent under the id of its transmission.
    ///
    /// # Errors
    /// Says in what it does not agree.
    pub fn agrees_with(&self, sent: Option<SentContent>, receiver: &OrganisationNumber) -> Result<(), Disbelief> {
        let sent = sent.filter(|sent| sent.receiver == *receiver);
        let sent = sent.ok_or(Disbelief::UnknownTransmission)?;
        if sent.report != self.report {
            return Err(Disbelief::WrongReport);
        }
        if sent.sha256 != self.digest {
            return Err(Disbelief::DigestDiffers);
        }
        Ok(())
    }

    /// The places of the children that it is about, among all children of its transmission.
    ///
    /// # Errors
    /// [`Disbelief::UnknownChild`] when the child is not there.
    pub fn concerned<'a>(&self, children: impl Iterator<Item = &'a ChildId>) -> Result<Vec<usize>, Disbelief> {
        let mut places = children.enumerate();
        match self.child {
            None => Ok(places.map(|(place, _)| place).collect()),
            Some(child) => {
                let found = places.find(|(_, id)| **id == child);
                Ok(vec![found.ok_or(Disbelief::UnknownChild)?.0])
            }
        }
    }

    /// What it makes of a child that it is about.
    ///
    /// # Errors
    /// [`Disbelief::ImpossibleMove`].
    pub fn makes_of(&self, before: &ChildState) -> Result<ChildState, Disbelief> {
        match self.statement.event() {
            Some(event) => match before.clone().learn(event, self.time) {
                Ok(after) => Ok(after),
                // Opened as a whole: children that the receiver has refused meanwhile stay refused.
                Err(_) if self.child.is_none() && self.statement == Statement::Opened => Ok(before.clone()),
                Err(_) => Err(Disbelief::ImpossibleMove),
            },
            // A word of a later version: nothing that it is about counts as delivered.
            None => Ok(before.clone().doubt(self.time)),
        }
    }
}
