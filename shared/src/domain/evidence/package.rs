//! What stands in a package, and reading it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{
    digest::Digest,
    ids::{ChildId, ReportId, TransmissionId},
    organisation::OrganisationNumber,
    receipt::Pair,
};

/// The member `format` of every package.
pub(super) const FORMAT: &str = "framme-evidence";
/// The member `ver` of the packages of this version.
pub(super) const VERSION: u32 = 1;
/// Larger files are refused unread.
pub const MOST_BYTES: usize = 512 * 1024 * 1024;
/// More transmissions, receipts and signed texts than this together are not written into one package, and not read: take
/// a shorter period.
pub const MOST_ENTRIES: usize = 150_000;

/// A package as read. Nothing of it is proven yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// What it is about.
    pub scope: Scope,
    /// What the exporter says was sent.
    pub transmissions: Vec<SentPart>,
    /// Receipts, verbatim: by receiver and number.
    pub receipts: Vec<String>,
    /// Other texts that a side signed.
    pub signed: Vec<SignedText>,
    /// The exporter's signature over all of it.
    pub seal: String,
}

/// What a package is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Scope {
    /// One report at all its receivers.
    Report(WholeReport),
    /// What passed between a sender and a receiver in a period.
    Period(Period),
}

/// One report at all its receivers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WholeReport {
    /// Which.
    pub report: ReportId,
    /// Who sent it.
    pub sender: OrganisationNumber,
    /// To whom.
    pub receivers: Vec<OrganisationNumber>,
}

/// What passed between a sender and a receiver in a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// Who sent.
    pub sender: OrganisationNumber,
    /// To whom.
    pub receiver: OrganisationNumber,
    /// The first moment of the period.
    #[serde(with = "micros")]
    pub from: Timestamp,
    /// The first moment after it.
    #[serde(with = "micros")]
    pub until: Timestamp,
    /// The receipts that the period lies between, without a gap.
    pub chain: Chain,
}

/// A part of a pair's chain of receipts: from the one before the first receipt of a period to the one after its last,
/// as far as there are such.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// The number before the first of the part; 0 when it begins with the pair's first receipt.
    pub after: u64,
    /// The digest of the receipt with that number: what the first of the part names as the one before.
    pub prev: Digest,
    /// The number of the last of the part; as `after` when there is none.
    pub last: u64,
    /// The digest of that receipt.
    pub digest: Digest,
}

/// What the exporter says about a transmission: its word, until a receipt has the same digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SentPart {
    /// Which.
    pub transmission: TransmissionId,
    /// Part of which report.
    pub report: ReportId,
    /// To whom.
    pub receiver: OrganisationNumber,
    /// Its number in the pair.
    pub sequence: u64,
    /// SHA-256 of the content.
    pub sha256: Digest,
    /// When the sender answered for it.
    #[serde(with = "micros")]
    pub submitted: Timestamp,
    /// The children in it.
    pub children: Vec<ChildId>,
}

/// A text that a side signed, and that is no receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedText {
    /// What kind of text: the `typ` of its header.
    pub kind: String,
    /// The text, verbatim.
    pub jws: String,
}

/// A file that is no package of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPackage {
    /// Too large to be read.
    #[error("the file is too large for an evidence package")]
    TooLarge,
    /// Not a JSON object with these members, once each and no others.
    #[error("the file is not in the form of an evidence package (line {line}, column {column})")]
    Malformed {
        /// Where reading stopped.
        line: usize,
        /// Where in the line.
        column: usize,
    },
    /// Something else.
    #[error("the file is not an evidence package")]
    Format,
    /// A package of another version.
    #[error("the evidence package is of a version that this program does not know")]
    Version,
    /// More entries than [`MOST_ENTRIES`].
    #[error("the evidence package has too many entries")]
    TooManyEntries,
}

impl InvalidPackage {
    /// The reason as a code that never changes.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Malformed { .. } => "malformed",
            Self::Format => "format",
            Self::Version => "version",
            Self::TooManyEntries => "too_many_entries",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    format: String,
    ver: u32,
    scope: Scope,
    transmissions: Vec<SentPart>,
    receipts: Vec<String>,
    signed: Vec<SignedText>,
    seal: String,
}

impl Package {
    /// Reads a file.
    ///
    /// # Errors
    /// See [`InvalidPackage`]. What can be read need not hold: see [`super::verify()`].
    pub fn read(bytes: &[u8]) -> Result<Self, InvalidPackage> {
        if bytes.len() > MOST_BYTES {
            return Err(InvalidPackage::TooLarge);
        }
        let members: Members = serde_json::from_slice(bytes).map_err(|error| InvalidPackage::Malformed {
            line: error.line(),
            column: error.column(),
        })?;
        if members.format != FORMAT {
            return Err(InvalidPackage::Format);
        }
        if members.ver != VERSION {
            return Err(InvalidPackage::Version);
        }
        if members.transmissions.len() + members.receipts.len() + members.signed.len() > MOST_ENTRIES {
            return Err(InvalidPackage::TooManyEntries);
        }
        Ok(Self {
            scope: members.scope,
            transmissions: members.transmissions,
            receipts: members.receipts,
            signed: members.signed,
            seal: members.seal,
        })
    }
}

impl Scope {
    /// Who sent.
    #[must_use]
    pub const fn sender(&self) -> OrganisationNumber {
        match self {
            Self::Report(report) => report.sender,
            Self::Period(period) => period.sender,
        }
    }

    /// To whom.
    #[must_use]
    pub fn receivers(&self) -> &[OrganisationNumber] {
        match self {
            Self::Report(report) => &report.receivers,
            Self::Period(period) => std::slice::from_ref(&period.receiver),
        }
    }

    /// Whether a receipt or another text of this pair has its place in the package.
    #[must_use]
    pub fn has(&self, pair: &Pair) -> bool {
        pair.sender == self.sender() && self.receivers().contains(&pair.receiver)
    }
}

/// An entry as one JSON text that is digested and written: members in their order, no white space. Every value is ASCII
/// with one way to write it, so that whoever reads the entry can write the same text.
pub(super) fn canonical(entry: &impl Serialize) -> String {
    serde_json::to_string(entry).expect("ids, numbers, digests and texts always serialise")
}

/// Times as in receipts: RFC 3339, UTC, six decimals.
pub(super) mod micros {
    use std::borrow::Cow;

    use jiff::Timestamp;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use crate::domain::receipt::{read_time, written_time};

    pub(in crate::domain::evidence) fn serialize<S: Serializer>(
        time: &Timestamp,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&written_time(*time))
    }

    pub(in crate::domain::evidence) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Timestamp, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        read_time(&text).map_err(D::Error::custom)
    }
}
