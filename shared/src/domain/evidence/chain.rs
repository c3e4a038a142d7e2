//! Whether the receipts of a package stand in their order, follow one another, and leave nothing out where nothing may be
//! left out.

use jiff::Timestamp;

use super::{
    fault::{Fault, FaultCode, Section},
    package::Period,
    verify::Proven,
};
use crate::domain::{
    organisation::OrganisationNumber,
    receipt::{ChainError, ChainHead},
};

/// Checks receipts of one receiver among which others may be missing: their numbers rise, and one that comes directly
/// after another names it.
pub(super) fn check_rising(receipts: &[&Proven], faults: &mut Vec<Fault>) {
    let mut before: Option<ChainHead> = None;
    for receipt in receipts {
        if let Some(head) = before {
            match head.follow(&receipt.receipt) {
                Ok(_) | Err(ChainError::Gap { .. }) => {}
                Err(error) => faults.push(unlinked(receipt, error)),
            }
        }
        before = Some(head_after(receipt));
    }
}

/// Checks the receipts of a period: those of before its part of the chain as [`check_rising`] does, those of the part
/// without a gap from its first to its last.
pub(super) fn check_period(period: &Period, receipts: &[&Proven], faults: &mut Vec<Fault>) {
    let chain = period.chain;
    let start = ChainHead::stored(chain.after, chain.prev);
    let end = ChainHead::stored(chain.last, chain.digest);
    let (Ok(start), Ok(end)) = (start, end) else {
        faults.push(Fault::new(FaultCode::ScopeInvalid));
        return;
    };
    if period.from >= period.until || chain.last < chain.after || (chain.last == chain.after && start != end) {
        faults.push(Fault::new(FaultCode::ScopeInvalid));
        return;
    }
    let of_part = receipts.partition_point(|receipt| receipt.sequence() <= chain.after);
    let (earlier, part) = receipts.split_at(of_part);
    check_rising(earlier, faults);
    if let Some(last) = earlier.last().filter(|last| last.sequence() == chain.after)
        && head_after(last) != start
    {
        faults
            .push(Fault::at(FaultCode::ReceiptChainBroken, Section::Receipts, last.place).with("number", chain.after));
    }
    let mut head = start;
    for receipt in part {
        if receipt.sequence() > chain.last {
            let fault = Fault::at(FaultCode::ReceiptOutOfScope, Section::Receipts, receipt.place);
            faults.push(fault.with("number", receipt.sequence()));
            return;
        }
        match head.follow(&receipt.receipt) {
            Ok(_) => {}
            Err(ChainError::Gap { expected, found }) => faults.push(missing(period.receiver, expected, found - 1)),
            Err(error) => faults.push(unlinked(receipt, error)),
        }
        head = head_after(receipt);
    }
    if head.sequence() < chain.last {
        faults.push(missing(period.receiver, head.next_sequence(), chain.last));
    } else if head != end {
        faults.push(Fault::new(FaultCode::ChainEndDiffers).with("number", chain.last));
    }
    if let Some(first) = part.first()
        && chain.after > 0
        && first.receipt.claims().time >= period.from
    {
        faults.push(Fault::new(FaultCode::ChainBeginsLate).with("number", first.sequence()));
    }
}

/// How many of these receipts, all of one pair and in order, come before the end of a period: those after the last one
/// that is dated before it do not.
pub(super) fn within(receipts: &[&Proven], until: Timestamp) -> usize {
    let last = receipts
        .iter()
        .rposition(|receipt| receipt.receipt.claims().time < until);
    last.map_or(0, |last| last + 1)
}

fn head_after(receipt: &Proven) -> ChainHead {
    // A verified receipt has a number from 1, and no text has the digest of zeros.
    ChainHead::stored(receipt.sequence(), receipt.receipt.sha256()).unwrap_or(ChainHead::START)
}

fn missing(receiver: OrganisationNumber, first: u64, last: u64) -> Fault {
    Fault::new(FaultCode::ReceiptsMissing)
        .with("organisation", receiver)
        .with("first", first)
        .with("last", last)
}

fn unlinked(receipt: &Proven, error: ChainError) -> Fault {
    let code = match error {
        ChainError::Repeated { .. } | ChainError::Gap { .. } => FaultCode::ReceiptNumberRepeated,
        ChainError::DoesNotLink { .. } => FaultCode::ReceiptChainBroken,
    };
    Fault::at(code, Section::Receipts, receipt.place).with("number", receipt.sequence())
}
