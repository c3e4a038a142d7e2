//! A letter as a PDF (PDF/A-2b): a cover sheet without personal data, and the report, set page by page.
//!
//! Everything is made in memory from opened content, and nothing of it is kept: no temporary file, no row.

mod body;
mod catalogue;
mod cover;
mod flow;
mod font;
mod page;
mod when;
mod write;

use framme_shared::{
    domain::{ids::TransmissionId, letter::LetterCode},
    wire::pb::report::Report,
};
use jiff::Timestamp;

use super::{Grading, Recipient};

pub use catalogue::Language;
pub use write::NotWritten;

/// Everything that a letter is made of.
pub struct Sheet {
    /// What was sent in the transmission.
    pub content: Report,
    /// The transmission.
    pub transmission: TransmissionId,
    /// The code.
    pub code: LetterCode,
    /// To whom.
    pub recipient: Recipient,
    /// Whether it goes by a delivery that only the addressee opens.
    pub sealed_delivery: bool,
    /// In which language headings and guidance are.
    pub language: Language,
    /// The number of the district's desk.
    pub desk_phone: Option<String>,
    /// When it is printed.
    pub printed_at: Timestamp,
}

impl Sheet {
    /// Whether addresses of children and carers stand in it: one that is graded keeps all others out, because families
    /// live together.
    fn shows_addresses(&self) -> bool {
        self.sealed_delivery || Grading::of(&self.content) == Grading::Open
    }

    fn text(&self, key: &str, values: &[(&str, String)]) -> String {
        catalogue::text(self.language, key, values)
    }

    fn word(&self, key: &str) -> String {
        self.text(key, &[])
    }
}

/// Sets a letter.
///
/// # Errors
/// See [`NotWritten`].
pub fn pdf(sheet: &Sheet) -> Result<Vec<u8>, NotWritten> {
    let fonts = font::Fonts::load().ok_or(NotWritten::Font)?;
    let following = flow::pages(&fonts, sheet, body::blocks(sheet));
    let pages = following.len() + 1;
    let mut all = vec![cover::page(&fonts, sheet, pages)];
    all.extend(following);
    page::number(&fonts, sheet, &mut all);
    write::write(&fonts, sheet, &all)
}
