//! Table `statement`, which both sides have: the daily statements of each pair, verbatim, and what became of them. Each
//! service makes the table by a migration of its own.

mod changes;
mod read;

pub use changes::{KeepOwn, KeepPeer, Kept, NewText, RecordLook, RecordMissed, RecordRefused};
pub use read::{Texts, Unanswered, days_stated, page, texts, to_look_at, unanswered};

/// Kind of the task that two statements ask for which do not agree.
pub const DIFFERS: &str = "statement_differs";
/// Kind of the task that a statement asks for which has not come.
pub const MISSING: &str = "statement_missing";
/// Kind of the task that the receiver's list of lacking numbers asks for when it names what it has receipted.
pub const LACKING: &str = "numbers_lacking";

/// What a task about a day of a pair is about.
fn subject(peer: &crate::domain::organisation::OrganisationNumber, day: jiff::civil::Date) -> String {
    format!("{peer}/{day}")
}
