//! Days before and after now, as certificates write them.

use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};

use super::PkiError;

/// The day that is `days` after that of `now`, UTC. A validity begins and ends at its midnight.
pub(super) fn day(now: Timestamp, days: i64) -> Result<Date, PkiError> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let day = today.checked_add(days.days()).map_err(|_| PkiError::Clock)?;
    // RFC 5280 wants a year of four digits.
    if day.year() < 1950 {
        Err(PkiError::Clock)
    } else {
        Ok(day)
    }
}

/// Midnight of a day in the type that rcgen takes, which it does not export.
macro_rules! midnight {
    ($day:expr) => {{
        let day = $day;
        rcgen::date_time_ymd(
            i32::from(day.year()),
            day.month().unsigned_abs(),
            day.day().unsigned_abs(),
        )
    }};
}
pub(super) use midnight;
