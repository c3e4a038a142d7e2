//! Letters: a report that also goes by post.
//!
//! Ordered, printed, posted, confirmed: stages of the letter, kept with time and person. None of them moves a child, and
//! posted is never delivered. Each letter has a code of its own; the receiver signs when it was typed in, and that word is
//! verified before it is believed.

mod ask;
mod grading;
mod order;
pub mod print;
mod recipient;
mod record;
mod request;
mod sealed;
mod stages;
mod worker;

pub use grading::Grading;
pub use order::{NotOrdered, OrderAnswered, OrderLetter, Ordered, Wanted, order, prepare};
pub use recipient::{InvalidRecipient, Recipient};
pub use request::{Asked, Replayed};
pub use sealed::open_secrets;
pub use stages::{Moved, NotMoved, PostLetter, PrintLetter, RecordCall};
pub use worker::{LetterWorker, Step};
