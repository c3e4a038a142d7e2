//! Checking a package: by its own contents and the roots that the reader trusts, and nothing else.

use jiff::Timestamp;

use super::{
    chain,
    fault::{Fault, FaultCode, Section, Value},
    held::{self, Held},
    package::{Package, Scope},
    seal::{self, Sealed},
    sent,
    signed::{self, SignedShown},
    story::{ChildStory, Stories},
};
use crate::domain::{
    jws::JwsError,
    organisation::OrganisationNumber,
    receipt::{ReceiptError, ReceiptVerifier, VerifiedReceipt},
};

/// A revocation list of the reader's own is out of date: nothing was judged. Fetch it and begin again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a revocation list is out of date: get the newest one and verify again")]
pub struct ListExpired;

/// What came of checking a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What the package says that it is about.
    pub scope: Scope,
    /// Who sealed it, when the seal is a seal.
    pub sealed: Option<Sealed>,
    /// Everything that is wrong with it, in the order in which it was found.
    pub faults: Vec<Fault>,
    /// How many transmissions it says were sent.
    pub transmissions: usize,
    /// How many of its receipts verify.
    pub receipts: usize,
    /// Its other signed texts that verify.
    pub signed: Vec<SignedShown>,
    /// Up to when it is complete, for each receiver.
    pub completeness: Vec<Completeness>,
    /// What its receipts say of each child. A package that does not hold concludes nothing about any of them.
    pub children: Vec<ChildStory>,
}

impl Verdict {
    /// Whether nothing is wrong with the package.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Up to when a package shows everything that a receiver stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Completeness {
    /// Which receiver.
    pub receiver: OrganisationNumber,
    /// Up to when, by the receiver's clock. `None`: of this receiver nothing is shown.
    pub until: Option<Timestamp>,
    /// How that is known.
    pub known_by: KnownBy,
}

/// How it is known up to when a package is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownBy {
    /// No receipt is shown.
    Nothing,
    /// The receipts of one report are not numbered for themselves: what the receiver stated about it later than the last one
    /// shown would not be missed.
    LastReceiptShown {
        /// Its number.
        number: u64,
    },
    /// Then the receiver read its storage, and had about the report exactly the receipts that are shown.
    Holding,
    /// The chain has no gap up to this receipt, which is the last one shown; the period ends later.
    Chain {
        /// Its number.
        number: u64,
    },
    /// The chain has no gap up to this receipt, which was made after the end of the period.
    ReceiptAfterPeriod {
        /// Its number.
        number: u64,
    },
}

impl KnownBy {
    /// Its word in programs and catalogues.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::LastReceiptShown { .. } => "last_receipt_shown",
            Self::Holding => "holding",
            Self::Chain { .. } => "chain",
            Self::ReceiptAfterPeriod { .. } => "receipt_after_period",
        }
    }

    /// The number of the receipt that it is known by.
    #[must_use]
    pub const fn number(self) -> Option<u64> {
        match self {
            Self::Nothing | Self::Holding => None,
            Self::LastReceiptShown { number } | Self::Chain { number } | Self::ReceiptAfterPeriod { number } => {
                Some(number)
            }
        }
    }
}

/// A receipt of the package that verifies and is of a pair of its scope.
pub(super) struct Proven {
    /// Its place among the receipts, from 0.
    pub(super) place: usize,
    pub(super) receipt: VerifiedReceipt,
}

impl Proven {
    pub(super) const fn sequence(&self) -> u64 {
        self.receipt.claims().sequence
    }
}

/// Checks a package at the time `at`, believing nobody but the issuers that `verifier` trusts.
///
/// # Errors
/// [`ListExpired`] when nothing can be judged. A package that does not hold is no error: see [`Verdict::faults`].
pub fn verify(package: &Package, verifier: &ReceiptVerifier, at: Timestamp) -> Result<Verdict, ListExpired> {
    let expired = |_: JwsError| ListExpired;
    let mut faults = Vec::new();
    let sealed = seal::check(package, verifier.jws(), at, &mut faults).map_err(expired)?;
    sent::check(&package.scope, &package.transmissions, &mut faults);
    let proven = receipts(package, verifier, at, &mut faults)?;
    let (signed, holdings) =
        signed::check(&package.scope, &package.signed, verifier.jws(), at, &mut faults).map_err(expired)?;
    let held = held::check(package, &holdings, &proven, &mut faults);

    let mut stories = Stories::begin(&package.transmissions);
    let mut completeness = Vec::new();
    for receiver in package.scope.receivers() {
        let of_receiver = |receipt: &&Proven| receipt.receipt.claims().pair.receiver == *receiver;
        let receipts: Vec<&Proven> = proven.iter().filter(of_receiver).collect();
        let in_period = match &package.scope {
            Scope::Report(_) => {
                chain::check_rising(&receipts, &mut faults);
                receipts.len()
            }
            Scope::Period(period) => {
                chain::check_period(period, &receipts, &mut faults);
                chain::within(&receipts, period.until)
            }
        };
        for (index, receipt) in receipts.iter().enumerate() {
            stories.take(receipt, index < in_period, &mut faults);
        }
        completeness.push(complete(package, *receiver, receipts.last().copied(), &held));
    }
    let mut children = stories.children(&held);
    if let Scope::Period(period) = &package.scope {
        // The receipt after the period brings its transmission along.
        children.retain(|story| story.submitted < period.until || !story.events.is_empty());
    }
    Ok(Verdict {
        scope: package.scope.clone(),
        sealed,
        faults,
        transmissions: package.transmissions.len(),
        receipts: proven.len(),
        signed,
        completeness,
        children,
    })
}

fn receipts(
    package: &Package,
    verifier: &ReceiptVerifier,
    at: Timestamp,
    faults: &mut Vec<Fault>,
) -> Result<Vec<Proven>, ListExpired> {
    let mut proven = Vec::with_capacity(package.receipts.len());
    for (place, jws) in package.receipts.iter().enumerate() {
        let fault = |code| Fault::at(code, Section::Receipts, place);
        match verifier.verify_any(jws, at) {
            Ok(receipt) if package.scope.has(&receipt.claims().pair) => proven.push(Proven { place, receipt }),
            Ok(receipt) => {
                let pair = receipt.claims().pair;
                let fault = fault(FaultCode::ReceiptOfOtherPair).with("number", receipt.claims().sequence);
                faults.push(fault.with("sender", pair.sender).with("receiver", pair.receiver));
            }
            Err(error) if error.is_ours() => return Err(ListExpired),
            Err(error) => {
                faults.push(fault(FaultCode::ReceiptInvalid).with("reason", Value::word("reason", reason(&error))));
            }
        }
    }
    Ok(proven)
}

/// Without the kind of the text before it, as for all signed texts.
const fn reason(error: &ReceiptError) -> &'static str {
    match error {
        ReceiptError::Jws(error) => error.reason(),
        ReceiptError::InvalidClaims(_) => "invalid_claims",
        ReceiptError::TimeMismatch => "time_mismatch",
        ReceiptError::InFuture => "in_future",
        ReceiptError::WrongPair => "wrong_signer",
    }
}

fn complete(package: &Package, receiver: OrganisationNumber, last: Option<&Proven>, held: &Held) -> Completeness {
    let shown = last.map(|last| (last.sequence(), last.receipt.claims().time));
    let (until, known_by) = match (&package.scope, shown) {
        (Scope::Report(_), _) => {
            let to_receiver = package.transmissions.iter().filter(|part| part.receiver == receiver);
            let found = to_receiver
                .filter_map(|part| held.complete.get(&part.transmission))
                .min()
                .copied();
            match (found, shown) {
                (Some(found), Some((_, time))) if found >= time => (Some(found), KnownBy::Holding),
                (Some(found), None) => (Some(found), KnownBy::Holding),
                (_, Some((number, time))) => (Some(time), KnownBy::LastReceiptShown { number }),
                (None, None) => (None, KnownBy::Nothing),
            }
        }
        (Scope::Period(period), Some((number, time))) if time >= period.until => {
            (Some(period.until), KnownBy::ReceiptAfterPeriod { number })
        }
        (Scope::Period(_), Some((number, time))) => (Some(time), KnownBy::Chain { number }),
        (Scope::Period(_), None) => (None, KnownBy::Nothing),
    };
    Completeness {
        receiver,
        until,
        known_by,
    }
}
