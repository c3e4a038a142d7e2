//! A date as a register writes it: a TOML date, `2026-12-31`, or the same as text. TOML readers hand their dates on as a map
//! with one entry of a private name.

use std::fmt;

use serde::{
    Deserializer,
    de::{Error, IgnoredAny, MapAccess, Visitor},
};

const DATE: &str = "$__toml_private_datetime";

/// The text of a date, if there is one; whether it is a date is checked with everything else.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    deserializer.deserialize_any(DateText).map(Some)
}

struct DateText;

impl<'de> Visitor<'de> for DateText {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a date, YYYY-MM-DD")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<String, A::Error> {
        let text = match map.next_key::<String>()? {
            Some(key) if key == DATE => map.next_value()?,
            _ => return Err(A::Error::custom("must be a date, YYYY-MM-DD")),
        };
        match map.next_entry::<IgnoredAny, IgnoredAny>()? {
            None => Ok(text),
            Some(_) => Err(A::Error::custom("must be a date, YYYY-MM-DD")),
        }
    }
}
