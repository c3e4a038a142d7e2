//! Times and dates as people in Norway read them.

use framme_shared::wire::time::from_pb;
use jiff::{Timestamp, civil::Date};

use super::Sheet;

/// Whose clocks a letter goes by.
const ZONE: &str = "Europe/Oslo";

impl Sheet {
    /// `2. mars 2026 kl. 10.02`.
    pub(super) fn moment(&self, time: Timestamp) -> String {
        // The program brings its own time zones; without them a time is told in UTC, which it then says.
        let Ok(local) = time.in_tz(ZONE) else {
            return time.to_string();
        };
        let (date, hour, minute) = (self.date(local.date()), local.hour(), local.minute());
        format!("{date} kl. {hour:02}.{minute:02}")
    }

    /// `2. mars 2026`.
    pub(super) fn day(&self, time: Timestamp) -> String {
        time.in_tz(ZONE)
            .map_or_else(|_| time.to_string(), |local| self.date(local.date()))
    }

    pub(super) fn date(&self, date: Date) -> String {
        let month = self.word(&format!("month.{}", date.month()));
        format!("{}. {month} {}", date.day(), date.year())
    }

    /// A date of the contract; what is none stands as it was written.
    pub(super) fn written_date(&self, text: &str) -> String {
        text.parse().map_or_else(|_| text.to_owned(), |date| self.date(date))
    }

    pub(super) fn written_moment(&self, time: Option<&prost_types::Timestamp>) -> String {
        let time = time.and_then(|time| from_pb(time).ok());
        time.map_or_else(String::new, |time| self.moment(time))
    }
}
