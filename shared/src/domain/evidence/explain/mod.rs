//! What came of checking a package, in plain words: who knew what when, delivered or not, what is missing.
//!
//! Every language has a catalogue of the same texts. What a text is about is put in where it has `{name}`.

mod catalogue;
mod dates;
mod words;

use crate::domain::closed_set::closed_set;
pub use words::{explain, fault, invalid};

closed_set! {
    /// A language that verdicts are explained in.
    Language in "language" {
        /// Bokmål.
        Bokmal = "nb",
        /// Nynorsk.
        Nynorsk = "nn",
        /// English.
        English = "en",
    }
}
