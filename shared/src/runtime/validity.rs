//! How long a credential of a local interface is valid. One that everybody has forgotten ends by itself.

use jiff::{SignedDuration, Timestamp};

/// The longest time for which a credential is issued, in days: a year, and time to renew it.
pub const MOST_DAYS: i64 = 400;

/// For how many days it is issued when nothing is said.
pub const USUAL_DAYS: i64 = 90;

/// From when a credential is not valid any more that is issued now for so many days.
#[must_use]
pub fn expiry(now: Timestamp, days: i64) -> Timestamp {
    now.saturating_add(SignedDuration::from_hours(24 * days))
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_24_hours_and_time_has_an_end() {
        let now: Timestamp = "2026-03-28T12:00:00Z".parse().unwrap();
        assert_eq!(expiry(now, 2).to_string(), "2026-03-30T12:00:00Z");
        assert_eq!(expiry(Timestamp::MAX, MOST_DAYS), Timestamp::MAX);
    }
}
