//! What the receipts make of each child: the same code that moves children at the sender, run again.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{
    fault::{Fault, FaultCode, Section, Value},
    held::Held,
    package::SentPart,
    verify::Proven,
};
use crate::domain::{
    ids::{ChildId, ReportId, TransmissionId},
    lifecycle::{ChildState, Stage},
    organisation::OrganisationNumber,
    receipt::{Disbelief, SentContent, StatedBy, Statement},
};

/// What is shown of one child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildStory {
    /// Which.
    pub child: ChildId,
    /// Of which report.
    pub report: ReportId,
    /// By which transmission.
    pub transmission: TransmissionId,
    /// To whom.
    pub receiver: OrganisationNumber,
    /// When the sender says that it answered for the report.
    pub submitted: Timestamp,
    /// What the receiver stated, in order.
    pub events: Vec<StoryEvent>,
    /// Where that leaves the child.
    pub state: ChildState,
    /// When the receiver found that it does not hold what was sent, and neither stored it anew nor found it again.
    pub lost: Option<Timestamp>,
}

/// Something that the receiver stated about a child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryEvent {
    /// The number of the receipt.
    pub sequence: u64,
    /// When it happened, by the receiver's clock.
    pub time: Timestamp,
    /// What was stated.
    pub statement: Statement,
    /// By whom.
    pub stated_by: StatedBy,
}

/// What no receipt in the package proves of a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// That the receiver stored it.
    Stored,
    /// That a named person opened it.
    Opened,
    /// That a caseworker has it.
    Assigned,
    /// That it was assessed.
    Assessed,
    /// That the reporter or the prosecutor was told what came of it.
    Feedback,
}

impl Missing {
    /// Its word in programs and catalogues.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Opened => "opened",
            Self::Assigned => "assigned",
            Self::Assessed => "assessed",
            Self::Feedback => "feedback",
        }
    }
}

impl ChildStory {
    fn begin(part: &SentPart, child: ChildId) -> Self {
        Self {
            child,
            report: part.report,
            transmission: part.transmission,
            receiver: part.receiver,
            submitted: part.submitted,
            events: Vec::new(),
            state: ChildState::Queued { since: part.submitted },
            lost: None,
        }
    }

    /// Where a receipt finds the child. One that is stored anew was lost before, whatever had come of it: it begins again.
    fn before(&self, statement: &Statement, time: Timestamp) -> ChildState {
        let is_stored = |event: &StoryEvent| event.statement == Statement::Stored;
        if *statement == Statement::Stored && self.events.iter().any(is_stored) {
            self.state.clone().lose(time)
        } else {
            self.state.clone()
        }
    }

    /// Whether the receiver's own receipts, as far as they are shown, say that a caseworker has the child.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        self.state.is_delivered() && self.lost.is_none()
    }

    /// What is not shown of it. That it is assigned is missing, too, when it was and is not any more.
    #[must_use]
    pub fn missing(&self) -> Vec<Missing> {
        let stage = self.state.stage();
        if stage.is_ended() {
            return Vec::new();
        }
        let feedback = self.state.feedback();
        let states = |statement: &Statement| self.events.iter().any(|event| event.statement == *statement);
        [
            (Missing::Stored, states(&Statement::Stored) && self.lost.is_none()),
            (Missing::Opened, states(&Statement::Opened)),
            (Missing::Assigned, self.is_delivered()),
            (Missing::Assessed, stage == Stage::Assessed),
            (
                Missing::Feedback,
                feedback.confirmed().is_some() || feedback.answered().is_some(),
            ),
        ]
        .into_iter()
        .filter(|(_, is_there)| !is_there)
        .map(|(missing, _)| missing)
        .collect()
    }
}

/// The children of a package, and what its receipts make of them.
pub(super) struct Stories<'a> {
    sent: HashMap<TransmissionId, (&'a SentPart, usize)>,
    children: Vec<ChildStory>,
}

impl<'a> Stories<'a> {
    /// As submitted, before any receipt.
    pub(super) fn begin(transmissions: &'a [SentPart]) -> Self {
        let mut sent = HashMap::new();
        let mut children = Vec::new();
        for part in transmissions {
            // A transmission that stands there twice is a fault of its own; the first is looked at.
            if let std::collections::hash_map::Entry::Vacant(entry) = sent.entry(part.transmission) {
                entry.insert((part, children.len()));
                children.extend(part.children.iter().map(|child| ChildStory::begin(part, *child)));
            }
        }
        Self { sent, children }
    }

    /// Takes in the next receipt of its pair, or names why it is not believed. One that comes after the period is only
    /// compared with what was sent.
    pub(super) fn take(&mut self, receipt: &Proven, is_in_period: bool, faults: &mut Vec<Fault>) {
        let claims = receipt.receipt.claims();
        let fault = |disbelief| {
            let fault = Fault::at(code_of(disbelief), Section::Receipts, receipt.place);
            fault.with("number", claims.sequence)
        };
        let sent = self.sent.get(&claims.transmission).copied();
        let content = sent.map(|(part, _)| SentContent {
            report: part.report,
            receiver: part.receiver,
            sha256: part.sha256,
        });
        if let Err(disbelief) = claims.agrees_with(content, &claims.pair.receiver) {
            faults.push(fault(disbelief));
            return;
        }
        let Some((part, first)) = sent else { return };
        let concerned = match claims.concerned(part.children.iter()) {
            Ok(concerned) => concerned,
            Err(disbelief) => {
                faults.push(fault(disbelief));
                return;
            }
        };
        if !is_in_period {
            return;
        }
        for place in concerned {
            let story = &mut self.children[first + place];
            match claims.makes_of(&story.before(&claims.statement, claims.time)) {
                Ok(state) => {
                    story.state = state;
                    story.events.push(StoryEvent {
                        sequence: claims.sequence,
                        time: claims.time,
                        statement: claims.statement.clone(),
                        stated_by: claims.stated_by.clone(),
                    });
                }
                Err(disbelief) => {
                    let stage = Value::word("stage", story.state.stage().as_str());
                    let level = claims.statement.level().map_or("unknown", |level| level.as_str());
                    let fault = fault(disbelief).with("child", story.child.to_string());
                    faults.push(fault.with("stage", stage).with("level", Value::word("level", level)));
                }
            }
        }
    }

    /// The children, after what receivers found in their storage.
    pub(super) fn children(mut self, held: &Held) -> Vec<ChildStory> {
        for story in &mut self.children {
            let stored = |event: &&StoryEvent| event.statement == Statement::Stored;
            let stored = story.events.iter().rfind(stored).map(|event| event.time);
            let found = held.complete.get(&story.transmission).copied();
            let lost = held.lost.get(&story.transmission).copied();
            story.lost = lost.filter(|lost| stored.max(found).is_none_or(|there| *lost >= there));
        }
        self.children
    }
}

fn code_of(disbelief: Disbelief) -> FaultCode {
    match disbelief {
        Disbelief::UnknownTransmission => FaultCode::ReceiptUnknownTransmission,
        Disbelief::WrongReport => FaultCode::ReceiptWrongReport,
        Disbelief::DigestDiffers => FaultCode::ReceiptDigestDiffers,
        Disbelief::UnknownChild => FaultCode::ReceiptUnknownChild,
        Disbelief::ImpossibleMove => FaultCode::ReceiptImpossibleMove,
    }
}
