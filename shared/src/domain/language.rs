//! The languages that people are spoken to in, and how each of them writes.

mod catalogue;
mod dates;

pub(in crate::domain) use self::{catalogue::Catalogue, dates::moment};
use super::closed_set::closed_set;

closed_set! {
    /// A language that people are spoken to in.
    Language in "language" {
        /// Bokmål.
        Bokmal = "nb",
        /// Nynorsk.
        Nynorsk = "nn",
        /// English.
        English = "en",
    }
}
