//! What came of checking a package, in plain words: who knew what when, delivered or not, what is missing.
//!
//! Every language has a catalogue of the same texts. What a text is about is put in where it has `{name}`.

mod catalogue;
mod words;

pub use words::{explain, fault, invalid};

pub use crate::domain::language::Language;
