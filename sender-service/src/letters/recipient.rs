//! To whom a letter goes.

use framme_shared::domain::text::{InvalidText, Line};

/// Lines of an address.
const MOST_LINES: usize = 5;

/// The service that a letter goes to, and where.
#[derive(Clone)]
pub struct Recipient {
    /// The service.
    pub name: Line<120>,
    /// Its address.
    pub lines: Vec<Line<120>>,
}

/// A recipient that breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRecipient {
    /// A line that is none.
    #[error("{0}")]
    Text(#[from] InvalidText),
    /// No line, or too many.
    #[error("must be 1 to {MOST_LINES} lines")]
    Lines,
}

impl Recipient {
    /// Reads name and address lines.
    ///
    /// # Errors
    /// See [`InvalidRecipient`].
    pub fn new(name: Line<120>, lines: Vec<Line<120>>) -> Result<Self, InvalidRecipient> {
        if (1..=MOST_LINES).contains(&lines.len()) {
            Ok(Self { name, lines })
        } else {
            Err(InvalidRecipient::Lines)
        }
    }

    /// The form in which it is sealed: the name and each line on a line.
    pub(super) fn to_text(&self) -> String {
        let lines = self.lines.iter().map(Line::expose);
        std::iter::once(self.name.expose())
            .chain(lines)
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// Reads the form in which it is sealed.
    pub(super) fn from_text(text: &str) -> Result<Self, InvalidRecipient> {
        let mut lines = text.split('\n').map(Line::parse);
        let name = lines.next().ok_or(InvalidRecipient::Lines)??;
        Self::new(name, lines.collect::<Result<_, _>>()?)
    }
}
