//! What people write: checked once, wiped from memory when dropped, and never printed by `Debug`.

use std::fmt;

use zeroize::Zeroize;

/// A text that breaks a rule. None of the rules repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// Nothing but white space.
    #[error("must not be blank")]
    Blank,
    /// Unicode code points, not bytes.
    #[error("must have at most {max} characters")]
    TooLong {
        /// The limit.
        max: usize,
    },
    /// C0, DEL and C1, of which a text of several lines may have line feed, tab, and carriage return before line feed.
    #[error("must not contain control characters")]
    ControlCharacter,
    /// Line feed, tab, carriage return, or the separators U+2028 and U+2029.
    #[error("must be one line without tabs")]
    NotOneLine,
}

/// One line of 1 to `MAX` code points.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line<const MAX: usize>(String);

/// A text of 1 to `MAX` code points, with line feeds and tabs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const MAX: usize>(String);

impl<const MAX: usize> Line<MAX> {
    /// Takes a line as it is written: nothing is trimmed or normalised.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        if text.contains(['\n', '\t', '\r', '\u{2028}', '\u{2029}']) {
            return Err(InvalidText::NotOneLine);
        }
        check(text, MAX)?;
        Ok(Self(text.to_owned()))
    }

    /// The line, for where it must be shown or sent.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> Text<MAX> {
    /// Takes a text as it is written: nothing is trimmed or normalised.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        check(text, MAX)?;
        Ok(Self(text.to_owned()))
    }

    /// The text, for where it must be shown or sent.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

fn check(text: &str, max: usize) -> Result<(), InvalidText> {
    // A code point has at most four bytes: most texts need not be counted, and none of any size is.
    if text.len() > 4 * max || (text.len() > max && text.chars().count() > max) {
        return Err(InvalidText::TooLong { max });
    }
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let allowed = match character {
            '\n' | '\t' => true,
            '\r' => characters.peek() == Some(&'\n'),
            other => !other.is_control(),
        };
        if !allowed {
            return Err(InvalidText::ControlCharacter);
        }
    }
    if text.trim().is_empty() {
        Err(InvalidText::Blank)
    } else {
        Ok(())
    }
}

macro_rules! guarded {
    ($name:ident) => {
        impl<const MAX: usize> fmt::Debug for $name<MAX> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(***)"))
            }
        }

        impl<const MAX: usize> Drop for $name<MAX> {
            fn drop(&mut self) {
                self.0.zeroize();
            }
        }
    };
}

guarded!(Line);
guarded!(Text);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_as_written() {
        for text in [
            "a",
            " første linje\n\tandre  linje ",
            "windows\r\nlinje",
            "čáhci 🙂",
            "e\u{301}",
        ] {
            assert_eq!(Text::<40>::parse(text).unwrap().expose(), text);
        }
    }

    #[test]
    fn lengths_count_code_points() {
        assert!(Line::<3>::parse("æøå").is_ok());
        assert!(Line::<3>::parse("🙂🙂🙂").is_ok());
        assert_eq!(Line::<3>::parse("abcd"), Err(InvalidText::TooLong { max: 3 }));
        assert_eq!(Text::<3>::parse("🙂🙂🙂🙂"), Err(InvalidText::TooLong { max: 3 }));
    }

    #[test]
    fn control_characters_are_refused() {
        for text in ["a\0", "\u{1b}[2J", "a\u{7f}", "a\u{85}b", "carriage\rreturn", "end\r"] {
            assert_eq!(Text::<40>::parse(text), Err(InvalidText::ControlCharacter), "{text:?}");
        }
        assert_eq!(Line::<40>::parse("a\0"), Err(InvalidText::ControlCharacter));
    }

    #[test]
    fn a_line_is_one_line() {
        for text in ["a\nb", "a\tb", "a\r\nb", "a\u{2028}b", "a\u{2029}b"] {
            assert_eq!(Line::<40>::parse(text), Err(InvalidText::NotOneLine), "{text:?}");
        }
    }

    #[test]
    fn white_space_alone_says_nothing() {
        assert_eq!(Line::<40>::parse(""), Err(InvalidText::Blank));
        assert_eq!(Text::<40>::parse(" \n\u{a0}"), Err(InvalidText::Blank));
    }

    #[test]
    fn a_text_never_prints() {
        assert_eq!(format!("{:?}", Text::<40>::parse("MARKER").unwrap()), "Text(***)");
        assert_eq!(format!("{:?}", Line::<40>::parse("MARKER").unwrap()), "Line(***)");
    }
}
