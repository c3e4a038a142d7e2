//! Ways to reach somebody.

use crate::domain::{
    masked::masked_debug,
    text::{InvalidText, Line},
};

/// A number that can be dialled: groups of digits with single spaces or hyphens between, optionally a leading plus; at
/// most 40 characters. The national document has the same rule for reporters.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneNumber(Line<40>);

/// A text that nobody can dial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPhoneNumber {
    /// Blank, too long, or with control characters.
    #[error("{0}")]
    Text(#[from] InvalidText),
    /// Anything else.
    #[error("must be digits with single spaces or hyphens between, optionally after a plus")]
    Form,
}

impl PhoneNumber {
    /// Takes a number as it is written.
    pub fn parse(text: &str) -> Result<Self, InvalidPhoneNumber> {
        let line = Line::parse(text)?;
        let digits = |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
        if text.strip_prefix('+').unwrap_or(text).split([' ', '-']).all(digits) {
            Ok(Self(line))
        } else {
            Err(InvalidPhoneNumber::Form)
        }
    }

    /// The number.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// An e-mail address: one @ with something on both sides, no white space, a dot in the domain; at most 254 characters.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress(Line<254>);

/// A text that is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEmailAddress {
    /// Blank, too long, or with control characters.
    #[error("{0}")]
    Text(#[from] InvalidText),
    /// Anything else.
    #[error("must be an e-mail address")]
    Form,
}

impl EmailAddress {
    /// Takes an address as it is written.
    pub fn parse(text: &str) -> Result<Self, InvalidEmailAddress> {
        let line = Line::parse(text)?;
        let (local, domain) = text.split_once('@').ok_or(InvalidEmailAddress::Form)?;
        let labels = domain.split('.');
        let well_formed = !local.is_empty()
            && !text.contains(char::is_whitespace)
            && !domain.contains('@')
            && labels.clone().count() >= 2
            && labels.clone().all(|label| !label.is_empty());
        if well_formed {
            Ok(Self(line))
        } else {
            Err(InvalidEmailAddress::Form)
        }
    }

    /// The address.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

masked_debug!(PhoneNumber, EmailAddress);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_can_be_dialled_are_accepted() {
        for text in ["116111", "+47 22 66 90 50", "22-66-90-50", "0"] {
            assert_eq!(PhoneNumber::parse(text).unwrap().expose(), text);
        }
    }

    #[test]
    fn numbers_that_cannot_be_dialled_are_refused() {
        for text in ["+", "22  66", "22 ", "call me", "(22) 66", "++47", &"1".repeat(41)] {
            assert!(PhoneNumber::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn addresses_that_mail_can_reach_are_accepted() {
        for text in [
            "desk@politiet.example",
            "ola.nordmann+sak@oslo.politi.example",
            "lærer@skole.example",
        ] {
            assert_eq!(EmailAddress::parse(text).unwrap().expose(), text);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "desk",
            "@politiet.example",
            "desk@",
            "desk@politiet",
            "a@b@c.example",
            "a b@c.example",
            "a@b..c",
        ] {
            assert!(EmailAddress::parse(text).is_err(), "{text}");
        }
    }
}
