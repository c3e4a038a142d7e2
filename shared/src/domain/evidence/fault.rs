//! What is wrong with a package: each fault by a code, where it is, and what it is about.

use std::fmt;

use jiff::Timestamp;

use crate::domain::{closed_set::closed_set, organisation::OrganisationNumber};

closed_set! {
    /// A list of a package.
    Section in "section of an evidence package" {
        /// What the exporter says was sent.
        Transmissions = "transmissions",
        /// Receipts.
        Receipts = "receipts",
        /// Other signed texts.
        Signed = "signed",
    }
}

closed_set! {
    /// What can be wrong with a package.
    FaultCode in "fault of an evidence package" {
        /// The seal's signature does not hold.
        SealInvalid = "seal_invalid",
        /// The seal is not in the form of one, or contradicts its own header.
        SealUnreadable = "seal_unreadable",
        /// The seal is dated more than a day ahead.
        SealInFuture = "seal_in_future",
        /// Sealed by somebody who is no side of the exchange.
        SealByStranger = "seal_by_stranger",
        /// The scope is not the one that was sealed.
        ScopeChanged = "scope_changed",
        /// In the place of the entry that was sealed stands another one.
        EntryChanged = "entry_changed",
        /// An entry that was sealed is not there.
        EntryRemoved = "entry_removed",
        /// An entry is there that was not sealed.
        EntryInvented = "entry_invented",
        /// An entry that was sealed once is there again.
        EntryRepeated = "entry_repeated",
        /// From this entry on, the order is not the one that was sealed.
        EntriesReordered = "entries_reordered",
        /// Two entries are about one transmission.
        TransmissionRepeated = "transmission_repeated",
        /// Two transmissions of a pair have one number.
        TransmissionNumberRepeated = "transmission_number_repeated",
        /// Numbers between those of the period are not there.
        TransmissionsMissing = "transmissions_missing",
        /// Nothing is said to have been sent to a receiver that the scope names.
        TransmissionMissing = "transmission_missing",
        /// Of another report or to another receiver than the scope says.
        TransmissionOutOfScope = "transmission_out_of_scope",
        /// Without a child, or with one twice.
        TransmissionChildren = "transmission_children",
        /// A receipt that does not verify.
        ReceiptInvalid = "receipt_invalid",
        /// A receipt of a pair that the package is not about.
        ReceiptOfOtherPair = "receipt_of_other_pair",
        /// A receipt whose number is not higher than that of the one before.
        ReceiptNumberRepeated = "receipt_number_repeated",
        /// Receipts are missing between others, or at an end of the period.
        ReceiptsMissing = "receipts_missing",
        /// A receipt does not name the one before it.
        ReceiptChainBroken = "receipt_chain_broken",
        /// A receipt from beyond the end of the part of the chain that the scope names.
        ReceiptOutOfScope = "receipt_out_of_scope",
        /// The part of the chain does not end with the receipt that the scope names.
        ChainEndDiffers = "chain_end_differs",
        /// The part of the chain begins inside the period: receipts of it may lie before.
        ChainBeginsLate = "chain_begins_late",
        /// The scope's part of the chain, or its period, contradicts itself.
        ScopeInvalid = "scope_invalid",
        /// About something that was not sent.
        ReceiptUnknownTransmission = "receipt_unknown_transmission",
        /// About another report than the transmission's.
        ReceiptWrongReport = "receipt_wrong_report",
        /// Over other content than was sent.
        ReceiptDigestDiffers = "receipt_digest_differs",
        /// About a child that the transmission does not have.
        ReceiptUnknownChild = "receipt_unknown_child",
        /// States what cannot follow what was stated before.
        ReceiptImpossibleMove = "receipt_impossible_move",
        /// A signed text of a kind that has no place here.
        SignedKindUnknown = "signed_kind_unknown",
        /// A signed text that does not verify.
        SignedInvalid = "signed_invalid",
        /// A signed text of another pair, or by somebody who is no side of it.
        SignedOfOtherPair = "signed_of_other_pair",
        /// The receiver found other receipts about a transmission than the package shows.
        HoldingDisagrees = "holding_disagrees",
    }
}

/// Something that a fault is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Said as it is.
    Text(String),
    /// One of a set of words, which each language says in its own.
    Word {
        /// Which set.
        set: &'static str,
        /// Which of it.
        word: &'static str,
    },
    /// A time.
    Time(Timestamp),
}

impl Value {
    pub(super) const fn word(set: &'static str, word: &'static str) -> Self {
        Self::Word { set, word }
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Text(number.to_string())
    }
}

impl From<OrganisationNumber> for Value {
    fn from(organisation: OrganisationNumber) -> Self {
        Self::Text(organisation.to_string())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// Something that is wrong with a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What.
    pub code: FaultCode,
    /// In which list, and at which place of it, from 1. For an entry that was removed, its place when it was sealed.
    pub place: Option<(Section, usize)>,
    /// What it is about, by the names that the texts of all languages use.
    pub about: Vec<(&'static str, Value)>,
}

impl Fault {
    pub(super) const fn new(code: FaultCode) -> Self {
        Self {
            code,
            place: None,
            about: Vec::new(),
        }
    }

    /// In the entry at this place, from 0.
    pub(super) fn at(code: FaultCode, section: Section, index: usize) -> Self {
        Self {
            place: Some((section, index + 1)),
            ..Self::new(code)
        }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.about.push((name, value.into()));
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some((section, place)) => write!(f, "{} at {section} {place}", self.code),
            None => self.code.fmt(f),
        }
    }
}
