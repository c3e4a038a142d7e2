//! Letters: the code that a letter bears, and what a receiver signs when somebody has typed it in.
//!
//! A confirmation says that a letter has come, and by whose word. It says nothing about any child: what moves children are
//! receipts. The formats are written down for other implementers in `docs/protocol.md`.

mod code;
mod confirmation;
mod json;
mod sign;

pub use code::{InvalidLetterCode, LetterCode};
pub use confirmation::{Announced, Confirmation, ConfirmationError, InvalidConfirmation};
pub use sign::{ConfirmationSignError, sign, verify};

/// The most letters that are announced at once.
pub const MOST_AT_ONCE: usize = 100;
