//! Reports as their receipts make them, from the first one on, with the doubts that came between.

use framme_shared::domain::{organisation::OrganisationNumber, receipt::ReceiptClaims};

use super::Picture;
use crate::store::{child::ChildRow, doubt::Doubt, transmission::Sent};

/// A picture that is made anew.
pub(crate) struct Replay {
    picture: Picture,
    /// Those that are still to come, in their order.
    doubts: Vec<Doubt>,
}

impl Replay {
    /// Begins with children as they were submitted, and with the doubts that receipts are to be read by.
    pub(crate) fn of(mut sent: Vec<Sent>, submitted: Vec<ChildRow>, doubts: Vec<Doubt>) -> Self {
        for sent in &mut sent {
            sent.doubted = false;
        }
        Self {
            picture: Picture::of(sent, submitted),
            doubts,
        }
    }

    /// Takes in the next verified receipt of this receiver; see [`Picture::believe`].
    pub(crate) fn believe(
        &mut self,
        claims: &ReceiptClaims,
        receiver: &OrganisationNumber,
    ) -> Result<(), &'static str> {
        let comes_first =
            |doubt: &Doubt| doubt.transmission == claims.transmission && doubt.after_receipt < claims.sequence;
        self.doubt(comes_first);
        self.picture.believe(claims, receiver)
    }

    /// The children as they must be now.
    pub(crate) fn children(mut self) -> Vec<ChildRow> {
        self.doubt(|_| true);
        self.picture.into_children()
    }

    fn doubt(&mut self, which: impl Fn(&Doubt) -> bool) {
        for doubt in self.doubts.extract_if(.., |doubt| which(doubt)) {
            self.picture.doubt(doubt.transmission, doubt.lost, doubt.doubted_at);
        }
    }
}
