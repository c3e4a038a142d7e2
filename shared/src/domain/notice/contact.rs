//! Whom to tell, by the name that the configuration gives them.

use std::{fmt, sync::Arc};

use crate::domain::text_form::text_form;

/// A contact's name: 1 to 40 of a-z, 0-9 and hyphen, starting with a letter ("desk", "intake-leaders"). Address and
/// language stand in the configuration; this travels in tables and logs. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContactName(Arc<str>);

/// A text that is no contact's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 40 of a-z, 0-9 and hyphen, starting with a letter")]
pub struct InvalidContactName;

const MAX_LENGTH: usize = 40;

impl ContactName {
    /// Reads a name; capitals are not folded.
    ///
    /// # Errors
    /// When it has another form.
    pub fn parse(text: &str) -> Result<Self, InvalidContactName> {
        let starts_with_letter = text.starts_with(|first: char| first.is_ascii_lowercase());
        let mut bytes = text.bytes();
        let all_allowed = bytes.all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if starts_with_letter && all_allowed && text.len() <= MAX_LENGTH {
            Ok(Self(text.into()))
        } else {
            Err(InvalidContactName)
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ContactName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

text_form!(ContactName, InvalidContactName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_short_word() {
        assert!(ContactName::parse("intake-leaders").is_ok());
        for text in ["", "7", "Desk", "desk@oslo.no", "a b", &"a".repeat(41)] {
            assert_eq!(ContactName::parse(text), Err(InvalidContactName), "{text}");
        }
    }
}
