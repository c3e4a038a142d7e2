//! Europe/Oslo: from instants to what the clock on the wall shows, and back.

use std::sync::LazyLock;

use jiff::{
    SignedDuration, Timestamp,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase},
};

/// The program's own copy of the rules, so that both sides cut days at the same instants whatever their machines know.
static OSLO: LazyLock<TimeZone> = LazyLock::new(|| {
    TimeZoneDatabase::bundled()
        .get("Europe/Oslo")
        .expect("the program carries the database of time zones")
});

/// What the clock on the wall shows.
pub(super) fn wall(at: Timestamp) -> DateTime {
    OSLO.to_datetime(at)
}

/// The first instant at which the clock on the wall shows this time or, where it skips it, a later one.
///
/// So 02:30 on the night when summer time begins is the moment at which 03:00 follows 01:59, and 02:30 on the night when it
/// ends is the first of the two: never later than somebody can have meant. `None` at the ends of what a calendar has.
pub(super) fn instant(wall: DateTime) -> Option<Timestamp> {
    let ambiguous = OSLO.to_ambiguous_timestamp(wall);
    match ambiguous.offset() {
        AmbiguousOffset::Gap { .. } => {
            // The skipped time by the offset before lies after the change, at most by what is skipped.
            let after = ambiguous.later().ok()?;
            let next = after.checked_add(SignedDuration::from_nanos(1)).ok()?;
            Some(OSLO.preceding(next).next()?.timestamp())
        }
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok(),
    }
}

/// The last instant at which the clock on the wall shows this time: another than the first only for what comes twice.
pub(super) fn last_instant(wall: DateTime) -> Option<Timestamp> {
    let ambiguous = OSLO.to_ambiguous_timestamp(wall);
    match ambiguous.offset() {
        AmbiguousOffset::Fold { .. } => ambiguous.later().ok(),
        AmbiguousOffset::Gap { .. } | AmbiguousOffset::Unambiguous { .. } => instant(wall),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_that_the_clock_skips_is_the_moment_of_the_change() {
        let night = date(2026, 3, 29);
        for (hour, minute) in [(2, 0), (2, 30), (2, 59), (3, 0)] {
            assert_eq!(instant(night.at(hour, minute, 0, 0)), Some(at("2026-03-29T01:00:00Z")));
        }
        assert_eq!(instant(night.at(1, 59, 0, 0)), Some(at("2026-03-29T00:59:00Z")));
    }

    #[test]
    fn a_time_that_comes_twice_is_the_first() {
        let twice = date(2026, 10, 25).at(2, 30, 0, 0);
        assert_eq!(instant(twice), Some(at("2026-10-25T00:30:00Z")));
        assert_eq!(last_instant(twice), Some(at("2026-10-25T01:30:00Z")));
        let once = date(2026, 10, 25).at(3, 30, 0, 0);
        assert_eq!(instant(once), last_instant(once));
    }
}
