//! The part of believing a receipt that needs no storage.

use framme_shared::domain::receipt::VerifiedReceipt;
use jiff::Timestamp;

use crate::peer::Peer;

/// A receipt whose signature holds, with the bytes it came in.
#[derive(Clone)]
pub struct Incoming {
    /// As it came.
    pub jws: String,
    /// What it states.
    pub receipt: VerifiedReceipt,
}

/// As many receipts of a batch as verify, from the first on, and what stopped there.
pub(super) struct VerifiedBatch {
    pub(super) receipts: Vec<Incoming>,
    pub(super) fault: Option<Fault>,
}

/// Why a receipt does not verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The receiver made it wrong: distrust.
    Theirs(&'static str),
    /// This side cannot tell now: try again.
    Ours(&'static str),
}

pub(super) fn verify(peer: &Peer, batch: Vec<String>, at: Timestamp) -> VerifiedBatch {
    let mut receipts = Vec::with_capacity(batch.len());
    for jws in batch {
        match peer.trust.verify(&jws, &peer.pair, at) {
            Ok(receipt) => receipts.push(Incoming { jws, receipt }),
            Err(error) => {
                let reason = error.reason();
                let fault = if error.is_ours() {
                    Fault::Ours(reason)
                } else {
                    Fault::Theirs(reason)
                };
                return VerifiedBatch {
                    receipts,
                    fault: Some(fault),
                };
            }
        }
    }
    VerifiedBatch { receipts, fault: None }
}
