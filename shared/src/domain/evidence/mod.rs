//! Evidence packages: what one side has of a report, or of a pair and a period, as one file that anybody can check with
//! no more than the roots that he trusts.
//!
//! A package holds what its exporter says that it sent, every receipt verbatim, other signed texts, and a seal: the
//! exporter's signature over the digests of all entries in their order. [`verify`] believes neither side: it takes from the
//! receipts what they prove by their own signatures, numbers and links, names whatever was changed, removed, put in
//! another order or made up, and says per child who knew what when. [`explain`] says it in the words of a language.
//! The format is written down for other implementers in `docs/protocol.md`.

mod chain;
mod compare;
pub mod explain;
mod fault;
mod held;
mod json;
mod package;
mod seal;
mod sent;
mod signed;
mod story;
mod verify;
mod write;

pub use fault::{Fault, FaultCode, Section, Value};
pub use package::{
    Chain, InvalidPackage, MOST_BYTES, MOST_ENTRIES, Package, Period, Scope, SentPart, SignedText, WholeReport,
};
pub use seal::{SealClaims, Sealed};
pub use signed::SignedShown;
pub use story::{ChildStory, Missing, StoryEvent};
pub use verify::{Completeness, KnownBy, ListExpired, Verdict, verify};
pub use write::PackageWriter;
