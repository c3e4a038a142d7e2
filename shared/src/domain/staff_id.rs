//! Who did something, without saying who that is.

use std::{fmt, sync::Arc};

use super::text_form::text_form;

/// A role-scoped id of a person or a program: 1 to 40 of a-z, 0-9 and hyphen, starting with a letter. It travels in
/// receipts and logs, so it tells nobody outside the service who it is. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StaffId(Arc<str>);

/// A text that is not a role-scoped id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 40 of a-z, 0-9 and hyphen, starting with a letter")]
pub struct InvalidStaffId;

const MAX_LENGTH: usize = 40;

impl StaffId {
    /// Reads an id; capitals are not folded.
    pub fn parse(text: &str) -> Result<Self, InvalidStaffId> {
        let starts_with_letter = text.starts_with(|first: char| first.is_ascii_lowercase());
        let all_allowed = text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if starts_with_letter && all_allowed && text.len() <= MAX_LENGTH {
            Ok(Self(text.into()))
        } else {
            Err(InvalidStaffId)
        }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StaffId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for StaffId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StaffId({})", self.0)
    }
}

text_form!(StaffId, InvalidStaffId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_scoped_id_is_accepted() {
        for text in ["a", "caseworker-7", &format!("a{}", "0".repeat(39))] {
            assert_eq!(StaffId::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "7a", "-a", "Kari", "kari@oslo", "kåre", "a b", &"a".repeat(41)] {
            assert_eq!(StaffId::parse(text), Err(InvalidStaffId), "{text}");
        }
    }
}
