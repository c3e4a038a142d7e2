//! Whether what the other side states is what this side knows.

use super::{
    claims::{StatementClaims, View},
    entry::Tally,
};
use crate::domain::closed_set::closed_set;

/// What this side finds when it looks at its own entries of a day with the other side's statement in its hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// How the receipt that the statement names lies in the own chain.
    pub chain: Chain,
    /// All entries of the day that this side has.
    pub all: Tally,
    /// Those that a stored receipt up to the one that the statement names is about.
    pub proven: Tally,
}

/// The receipt at which the other side stood, in this side's chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chain {
    /// It is this very receipt, or there was none yet.
    Same,
    /// This side does not have it yet.
    Beyond,
    /// Another receipt has its number.
    Other,
}

closed_set! {
    /// What a comparison came to.
    Verdict in "verdict on a statement" {
        /// Both have the same, and the receipts prove it.
        Agrees = "agrees",
        /// The receiver has exactly what the receipts prove; the rest was still on its way.
        OnTheWay = "on_the_way",
        /// This side lacks receipts that the other one names: to be looked at again.
        NotYet = "not_yet",
        /// One of the two has lost, invented or changed something.
        Differs = "differs",
    }
}

impl Verdict {
    /// Whether there is nothing to look at again.
    #[must_use]
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Agrees | Self::OnTheWay)
    }
}

/// Compares what this side found with what the other one states.
///
/// Both speak of the same receipts, so both must name the same entries as held, to the byte: whatever came or was
/// receipted afterwards changes neither.
#[must_use]
pub fn compare(own: &Look, peer: &StatementClaims) -> Verdict {
    match (own.chain, &peer.view) {
        (Chain::Same, _) => {}
        // The sender learns of receipts after the receiver has made them.
        (Chain::Beyond, View::Receiver { .. }) => return Verdict::NotYet,
        (Chain::Beyond, View::Sender { .. }) | (Chain::Other, _) => return Verdict::Differs,
    }
    let (held, sent) = match &peer.view {
        View::Receiver { .. } => (peer.transmissions.tally, own.all),
        View::Sender { receipted } => (*receipted, peer.transmissions.tally),
    };
    if held != own.proven {
        Verdict::Differs
    } else if held == sent {
        Verdict::Agrees
    } else {
        Verdict::OnTheWay
    }
}
