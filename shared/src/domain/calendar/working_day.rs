//! Working days, and adding days to an instant.

use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, DateTime, Time, Weekday},
};

use super::{
    holiday::Holiday,
    zone::{instant, wall},
};

/// Whether a day is a working day: Monday to Friday, and no public holiday.
///
/// Christmas Eve and New Year's Eve are working days by law; a service that is closed then has a duty service to cover it.
#[must_use]
pub fn is_working_day(day: Date) -> bool {
    !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && Holiday::of(day).is_none()
}

/// The instant so many calendar days later at the same time on the wall; [`Timestamp::MAX`] beyond what a calendar has.
///
/// Three weeks over a change to summer time end at the same time of day, an hour of elapsed time earlier. A time that does
/// not exist on the last day is the moment of the change; of one that comes twice, the first: never later than meant. The
/// end is not moved when the last day is a holiday.
#[must_use]
pub fn add_days(at: Timestamp, days: u32) -> Timestamp {
    let end = wall(at).checked_add(i64::from(days).days());
    end.ok().and_then(instant).unwrap_or(Timestamp::MAX)
}

/// The instant so many working days later; [`Timestamp::MAX`] beyond what a calendar has.
///
/// The day of the event does not count, and the end is at the same time on the wall on the last of the working days
/// after it. An event on a day that is no working day counts as coming when the next working day begins, at 00:00, so
/// that the service has the whole of the promised days and no more: one working day from any time on Saturday is Tuesday
/// 00:00, when Monday is over. So an event that comes later never has an earlier deadline.
///
/// With no days at all it is the event's own instant, or the beginning of the next working day.
#[must_use]
pub fn add_working_days(at: Timestamp, days: u32) -> Timestamp {
    let comes = wall(at);
    if days == 0 && is_working_day(comes.date()) {
        return at;
    }
    end_of_working_days(comes, days)
        .and_then(instant)
        .unwrap_or(Timestamp::MAX)
}

fn end_of_working_days(comes: DateTime, days: u32) -> Option<DateTime> {
    let counts_from = if is_working_day(comes.date()) {
        comes
    } else {
        next_working_day(comes.date())?.to_datetime(Time::midnight())
    };
    let mut day = counts_from.date();
    for _ in 0..days {
        day = next_working_day(day)?;
    }
    Some(day.to_datetime(counts_from.time()))
}

/// The first working day after a day.
fn next_working_day(day: Date) -> Option<Date> {
    let mut next = day.tomorrow().ok()?;
    while !is_working_day(next) {
        next = next.tomorrow().ok()?;
    }
    Some(next)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn oslo(text: &str) -> Timestamp {
        instant(text.parse().unwrap()).unwrap()
    }

    #[test]
    fn christmas_eve_and_new_years_eve_are_working_days() {
        // A Thursday both.
        assert!(is_working_day(date(2026, 12, 24)) && is_working_day(date(2026, 12, 31)));
    }

    #[test]
    fn the_day_of_the_event_does_not_count() {
        // Monday to Wednesday, and Friday over the weekend to Tuesday.
        assert_eq!(add_working_days(oslo("2026-11-23T10:15"), 2), oslo("2026-11-25T10:15"));
        assert_eq!(add_working_days(oslo("2026-11-27T23:59"), 2), oslo("2026-12-01T23:59"));
    }

    #[test]
    fn an_event_on_a_day_off_comes_when_the_next_working_day_begins() {
        // Saturday and Sunday: Monday 00:00, and from there Tuesday 00:00.
        for day_off in ["2026-11-28T00:00", "2026-11-28T13:00", "2026-11-29T23:59:59.999999"] {
            assert_eq!(add_working_days(oslo(day_off), 0), oslo("2026-11-30T00:00"));
            assert_eq!(add_working_days(oslo(day_off), 1), oslo("2026-12-01T00:00"));
        }
        // From Maundy Thursday on until Tuesday after Easter.
        assert_eq!(add_working_days(oslo("2026-04-02T09:00"), 1), oslo("2026-04-08T00:00"));
    }

    #[test]
    fn days_end_at_the_same_time_on_the_wall_over_both_changes_of_clocks() {
        assert_eq!(add_days(oslo("2026-03-20T12:00"), 21), oslo("2026-04-10T12:00"));
        assert_eq!(add_days(oslo("2026-10-16T12:00"), 21), oslo("2026-11-06T12:00"));
        assert_eq!(add_working_days(oslo("2026-03-27T12:00"), 1), oslo("2026-03-30T12:00"));
    }

    #[test]
    fn days_that_end_in_the_hour_that_is_skipped_or_comes_twice_end_early() {
        // Seven days from 02:30 the week before: at the jump to 03:00, and at the first 02:30.
        assert_eq!(
            add_days(oslo("2026-03-22T02:30"), 7),
            "2026-03-29T01:00:00Z".parse().unwrap()
        );
        assert_eq!(
            add_days(oslo("2026-10-18T02:30"), 7),
            "2026-10-25T00:30:00Z".parse().unwrap()
        );
    }

    #[test]
    fn beyond_the_calendar_there_is_the_last_instant() {
        assert_eq!(add_days(Timestamp::MAX, 1), Timestamp::MAX);
        assert_eq!(add_working_days(Timestamp::MAX, 1), Timestamp::MAX);
    }

    proptest! {
        #[test]
        fn what_comes_later_is_never_due_earlier(
            first in 631_152_000_i64..2_871_763_200,
            later in 0_i64..2_000_000,
            days in 0_u32..30,
        ) {
            let [first, second] = [first, first + later].map(|second| Timestamp::from_second(second).unwrap());
            prop_assert!(add_working_days(first, days) <= add_working_days(second, days));
            prop_assert!(first <= add_working_days(first, days));
        }
    }
}
