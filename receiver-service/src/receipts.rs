//! Receipts: signed, chained per sender, kept, and streamed to whom they are for.

mod book;
mod books;
mod confirm;
mod notary;
mod stream;
mod wake;

pub use book::{About, Book};
pub use books::Books;
pub use confirm::ConfirmReceipts;
pub use notary::Notary;
pub use stream::{Event, stream};
pub use wake::Wakeups;
