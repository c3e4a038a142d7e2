//! The id of a message, by which a receiver that gets it twice knows it.

use std::fmt;

use jiff::Timestamp;

use super::{ContactName, Occasion};
use crate::domain::digest::Hasher;

/// SHA-256 over what a message tells of, as 64 hexadecimal digits: the same notices have the same id however often they
/// are sent. It tells nobody what they are about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(String);

/// One notice of a message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    /// Why.
    pub occasion: Occasion,
    /// Id of what waits.
    pub subject: String,
    /// Which telling.
    pub turn: i64,
    /// When it came up.
    pub created_at: Timestamp,
}

impl MessageId {
    /// The id of a message to `contact` about these notices, in any order. `service` tells the services of a country
    /// apart that may have a contact of the same name.
    #[must_use]
    pub fn of(service: &str, contact: &ContactName, mut notices: Vec<Told>) -> Self {
        notices.sort();
        let mut hasher = Hasher::new();
        let mut add = |part: &[u8]| {
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part);
        };
        add(service.as_bytes());
        add(contact.as_str().as_bytes());
        for notice in &notices {
            add(notice.occasion.as_str().as_bytes());
            add(notice.subject.as_bytes());
            add(&notice.turn.to_be_bytes());
            add(&notice.created_at.as_microsecond().to_be_bytes());
        }
        Self(hasher.finish().hex())
    }

    /// An id as stored.
    #[must_use]
    pub const fn stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(subject: &str, turn: i64) -> Told {
        Told {
            occasion: Occasion::Waiting,
            subject: subject.to_owned(),
            turn,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_same_notices_have_the_same_id_and_others_another() {
        let desk = ContactName::parse("desk").unwrap();
        let of = |notices| MessageId::of("sender 974761076", &desk, notices);
        let id = of(vec![told("a", 0), told("b", 0)]);
        assert_eq!(id, of(vec![told("b", 0), told("a", 0)]));
        assert_ne!(id, of(vec![told("a", 0)]));
        assert_ne!(id, of(vec![told("a", 0), told("b", 1)]));
        assert_ne!(id, of(vec![told("a", 0), told("b", 0), told("b", 0)]));
        let elsewhere = MessageId::of("receiver 974761076", &desk, vec![told("a", 0), told("b", 0)]);
        assert_ne!(id, elsewhere);
    }
}
