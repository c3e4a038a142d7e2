//! A chain of receipts from its first to its last: signatures, numbers, links, digests, and that its end is there.

use jiff::Timestamp;

use super::Finding;
use crate::domain::{
    digest::Digest,
    receipt::{ChainHead, Pair, ReceiptVerifier, VerifiedReceipt},
};

/// Follows the stored receipts of one pair, in the order of their numbers. Stops at the first that does not hold: what
/// follows it proves nothing.
pub struct ChainCheck<'a> {
    verifier: &'a ReceiptVerifier,
    pair: Pair,
    at: Timestamp,
    promised: (u64, Digest),
    head: ChainHead,
    fault: Option<String>,
}

impl<'a> ChainCheck<'a> {
    /// Begins before the first receipt. `promised` is the number and digest of the last receipt as they are kept apart
    /// from the receipts; read it before them, so that receipts made meanwhile lie beyond it.
    #[must_use]
    pub const fn new(verifier: &'a ReceiptVerifier, pair: Pair, promised: (u64, Digest), at: Timestamp) -> Self {
        Self {
            verifier,
            pair,
            at,
            promised,
            head: ChainHead::START,
            fault: None,
        }
    }

    /// The number after which receipts are to be read; `None` when a fault was found and no more are needed.
    #[must_use]
    pub fn wants_after(&self) -> Option<u64> {
        self.fault.is_none().then_some(self.head.sequence())
    }

    /// Takes the next receipt: the number and digest that it is stored under, and its text. `agrees` tells what else is
    /// kept beside it and does not agree with what it states.
    pub fn take(
        &mut self,
        (sequence, sha256): (u64, Digest),
        jws: &str,
        agrees: impl FnOnce(&VerifiedReceipt) -> Result<(), String>,
    ) {
        if self.fault.is_some() {
            return;
        }
        match self.follow(sequence, sha256, jws, agrees) {
            Ok(head) => self.head = head,
            Err(why) => self.fault = Some(format!("number {sequence}: {why}")),
        }
    }

    fn follow(
        &self,
        sequence: u64,
        sha256: Digest,
        jws: &str,
        agrees: impl FnOnce(&VerifiedReceipt) -> Result<(), String>,
    ) -> Result<ChainHead, String> {
        let verified = self
            .verifier
            .verify(jws, &self.pair, self.at)
            .map_err(|error| error.to_string())?;
        if verified.sha256() != sha256 {
            return Err("the digest kept beside it is another".to_owned());
        }
        if verified.claims().sequence != sequence {
            return Err(format!("it is number {}", verified.claims().sequence));
        }
        agrees(&verified)?;
        let head = self.head.follow(&verified).map_err(|error| error.to_string())?;
        if head.sequence() == self.promised.0 && head.digest() != self.promised.1 {
            return Err("it is not the one that was last".to_owned());
        }
        Ok(head)
    }

    /// What was found, after the last receipt.
    #[must_use]
    pub fn finding(self, check: impl Into<String>) -> Finding {
        match self.fault {
            Some(fault) => Finding::fault(check, fault),
            None if self.head.sequence() < self.promised.0 => {
                let text = format!(
                    "it ends at {}, but {} were there",
                    self.head.sequence(),
                    self.promised.0
                );
                Finding::fault(check, text)
            }
            None => Finding::good(check, format!("{} receipts, whole", self.head.sequence())),
        }
    }
}
