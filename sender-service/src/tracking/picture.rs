//! What receipts make of reports: the one place where a stated fact becomes the state of a child.

use std::collections::{HashMap, HashSet};

use framme_shared::domain::{
    ids::{ReportId, TransmissionId},
    lifecycle::{ChildState, Stage},
    organisation::OrganisationNumber,
    receipt::{Disbelief, ReceiptClaims, SentContent, Statement},
};
use jiff::Timestamp;

use crate::store::{child::ChildRow, report::Derived, transmission::Sent};

/// What is known of reports, and what receipts make of it.
pub(crate) struct Picture {
    sent: HashMap<TransmissionId, Sent>,
    children: Vec<ChildRow>,
    /// Places in `children`, by transmission.
    of_transmission: HashMap<TransmissionId, Vec<usize>>,
    before: HashMap<ReportId, Derived>,
    /// Which have moved, and from where.
    moved: HashMap<usize, Stage>,
    touched: HashSet<ReportId>,
    handed_over: Vec<TransmissionId>,
    stored_anew: Vec<TransmissionId>,
    received: Vec<(TransmissionId, Timestamp)>,
    answered: Vec<(TransmissionId, u64)>,
}

impl Picture {
    /// Reports as they stand: what was sent of them, and all children of theirs.
    pub(crate) fn of(sent: Vec<Sent>, children: Vec<ChildRow>) -> Self {
        let mut of_transmission: HashMap<_, Vec<usize>> = HashMap::new();
        for (place, child) in children.iter().enumerate() {
            of_transmission.entry(child.transmission).or_default().push(place);
        }
        Self {
            before: derive_all(&children),
            sent: sent.into_iter().map(|sent| (sent.transmission, sent)).collect(),
            children,
            of_transmission,
            moved: HashMap::new(),
            touched: HashSet::new(),
            handed_over: Vec::new(),
            stored_anew: Vec::new(),
            received: Vec::new(),
            answered: Vec::new(),
        }
    }

    /// Takes what a receipt of this receiver states into the picture, or says why it is not believed; then the picture
    /// is as it was. The receipt must be verified, and the next of its chain.
    pub(crate) fn believe(
        &mut self,
        claims: &ReceiptClaims,
        receiver: &OrganisationNumber,
    ) -> Result<(), &'static str> {
        let sent = self.sent.get(&claims.transmission);
        let content = sent.map(|sent| SentContent {
            report: sent.report,
            receiver: sent.receiver,
            sha256: sent.content_sha256,
        });
        claims
            .agrees_with(content, receiver)
            .map_err(|disbelief| disbelief.reason())?;
        let (waiting, doubted) = sent.map_or((false, false), |sent| (sent.waiting, sent.doubted));
        let moves = self.moves(claims, doubted).map_err(|disbelief| disbelief.reason())?;
        // While a doubt is open nothing moves, and what was told shows when it ends: but an answer has come.
        let is_answer = claims.statement.feedback().is_some_and(|told| told.is_answer());
        if is_answer && (doubted || !moves.is_empty()) {
            self.answered.push((claims.transmission, claims.sequence));
        }
        for (place, state) in moves {
            let child = &mut self.children[place];
            self.moved.entry(place).or_insert(child.state.stage());
            child.state = state;
            if let Statement::Withdrawn(read) = &claims.statement {
                child.read_before.clone_from(read);
            }
        }
        self.touched.insert(claims.report);
        if claims.statement == Statement::Stored {
            self.received.push((claims.transmission, claims.time));
            if waiting {
                self.handed_over.push(claims.transmission);
            }
            if doubted {
                self.set_doubted(claims.transmission, false);
                self.stored_anew.push(claims.transmission);
            }
        }
        Ok(())
    }

    /// From here on nothing of this transmission counts as delivered: the receiver has lost it, or does not say whether it
    /// still has it.
    pub(crate) fn doubt(&mut self, transmission: TransmissionId, lost: bool, at: Timestamp) {
        for place in self.of_transmission.get(&transmission).cloned().unwrap_or_default() {
            let child = &mut self.children[place];
            let before = child.state.clone();
            child.state = if lost {
                before.clone().lose(at)
            } else {
                before.clone().doubt(at)
            };
            if child.state != before {
                self.touched.insert(child.report);
                self.moved.entry(place).or_insert(before.stage());
            }
        }
        self.set_doubted(transmission, true);
    }

    fn set_doubted(&mut self, transmission: TransmissionId, doubted: bool) {
        if let Some(sent) = self.sent.get_mut(&transmission) {
            sent.doubted = doubted;
        }
    }

    /// The states that a receipt leads to, for those children whom it changes.
    ///
    /// While a doubt is open, a receipt is about something of which it is not known whether it is still there: it keeps its
    /// place in the chain and moves nothing, unless it says that the transmission was stored anew, or is a withdrawal, after
    /// which nobody asks any more.
    fn moves(&self, claims: &ReceiptClaims, doubted: bool) -> Result<Vec<(usize, ChildState)>, Disbelief> {
        let all = self.of_transmission.get(&claims.transmission);
        let all = all.ok_or(Disbelief::UnknownTransmission)?;
        let mut moves = Vec::new();
        for concerned in claims.concerned(all.iter().map(|place| &self.children[*place].child))? {
            let place = all[concerned];
            let before = &self.children[place].state;
            if doubted && !matches!(claims.statement, Statement::Stored | Statement::Withdrawn(_)) {
                continue;
            }
            let begin = match claims.statement {
                Statement::Stored if doubted => before.clone().lose(claims.time),
                _ => before.clone(),
            };
            let after = claims.makes_of(&begin)?;
            if after != *before {
                moves.push((place, after));
            }
        }
        Ok(moves)
    }

    /// All children, as the receipts made them.
    pub(crate) fn into_children(self) -> Vec<ChildRow> {
        self.children
    }

    /// Transmissions that were waiting, and that the receiver holds.
    pub(super) fn handed_over(&self) -> &[TransmissionId] {
        &self.handed_over
    }

    /// Transmissions that were in doubt, and that the receiver has stored anew.
    pub(super) fn stored_anew(&self) -> &[TransmissionId] {
        &self.stored_anew
    }

    /// Transmissions that the receiver has stored, and when it says that it had.
    pub(super) fn received(&self) -> &[(TransmissionId, Timestamp)] {
        &self.received
    }

    /// Transmissions about which the reporter or the prosecutor was told something new, and the receipts that tell it.
    pub(super) fn answered(&self) -> &[(TransmissionId, u64)] {
        &self.answered
    }

    /// Reports whose children may have moved.
    pub(crate) fn into_touched(self) -> Vec<ReportId> {
        self.touched.into_iter().collect()
    }

    /// The children that are not as they were.
    pub(crate) fn moved(&self) -> Vec<&ChildRow> {
        self.moved.keys().map(|place| &self.children[*place]).collect()
    }

    /// The same, each with the stage that it comes from.
    pub(crate) fn moved_from(&self) -> Vec<(&ChildRow, Stage)> {
        let moved = self.moved.iter();
        moved.map(|(place, before)| (&self.children[*place], *before)).collect()
    }

    /// The derived columns that differ from what they were.
    pub(crate) fn derived_anew(&self) -> Vec<Derived> {
        let after = derive_all(&self.children);
        after
            .into_iter()
            .filter(|(report, derived)| self.before.get(report) != Some(derived))
            .map(|(_, new)| new)
            .collect()
    }
}

fn derive_all(children: &[ChildRow]) -> HashMap<ReportId, Derived> {
    let mut of_report: HashMap<ReportId, Vec<&ChildRow>> = HashMap::new();
    for child in children {
        of_report.entry(child.report).or_default().push(child);
    }
    of_report
        .into_iter()
        .map(|(report, children)| (report, Derived::of(report, &children)))
        .collect()
}
