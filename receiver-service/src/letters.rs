//! Letters that came by post. Whoever opens one types in its code; the sender tells which letters it posted. When both are
//! there, the service signs that the letter has come. No child moves by it.

mod announce;
mod confirm;

pub use announce::AnnounceLetters;
pub use confirm::ConfirmLetter;
