//! When somebody is there: always, or at hours of the week.

use jiff::{
    Timestamp,
    civil::{Date, Weekday},
};

use super::{
    holiday::Holiday,
    zone::{instant, last_instant, wall},
};

/// Seven weekdays from Monday, and the holidays as a kind of day of their own.
pub(super) const KINDS_OF_DAY: usize = 8;
pub(super) const HOLIDAYS: usize = 7;
/// Minutes of a day on the wall.
pub(super) const MIDNIGHT_AFTER: u16 = 24 * 60;

/// A part of a day: minutes from midnight on the wall, the first in it and the last not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Span {
    pub(super) from: u16,
    pub(super) until: u16,
}

/// The hours at which a service or a person is there: "always", or by weekday.
///
/// Written as a list of days and hours, for example `mon-fri 08:00-16:00` or
/// `mon-fri 00:00-08:00, mon-fri 16:00-24:00, sat-sun 00:00-24:00, holidays 00:00-24:00`, the hours of a service that covers
/// just those of an office. A public holiday has only the hours of `holidays`, whatever its weekday, so an office that names
/// none is closed on them. There is at least one opening a week or on holidays: nobody is configured as never there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Hours {
    /// By kind of day, in order and apart from each other. Where every day is whole, it is "always".
    pub(super) spans: [Vec<Span>; KINDS_OF_DAY],
}

/// How far the next opening can be: hours on holidays alone, and the longest time between two of them, 25 December to
/// Maundy Thursday; hours in the one night that skips them, on a weekday that waits for the next week. A year has both.
const FAR: usize = 366;

impl Hours {
    /// Round the clock.
    #[must_use]
    pub fn always() -> Self {
        let whole = Span {
            from: 0,
            until: MIDNIGHT_AFTER,
        };
        Self {
            spans: std::array::from_fn(|_| vec![whole]),
        }
    }

    /// Working days from 08:00 to 16:00: the default of an office.
    #[must_use]
    pub fn office() -> Self {
        let office = Span {
            from: 8 * 60,
            until: 16 * 60,
        };
        Self {
            spans: std::array::from_fn(|kind| if kind < 5 { vec![office] } else { Vec::new() }),
        }
    }

    /// Whether somebody is there at an instant. The first minute of the hours is in them, the last minute's end is not.
    #[must_use]
    pub fn is_open(&self, at: Timestamp) -> bool {
        let wall = wall(at);
        let minute = u16::from(wall.hour().unsigned_abs()) * 60 + u16::from(wall.minute().unsigned_abs());
        let mut spans = self.of(wall.date()).iter();
        spans.any(|span| (span.from..span.until).contains(&minute))
    }

    /// The instant itself when somebody is there, and otherwise the next at which somebody comes; [`Timestamp::MAX`]
    /// beyond what a calendar has.
    #[must_use]
    pub fn next_opening(&self, at: Timestamp) -> Timestamp {
        if self.is_open(at) {
            return at;
        }
        let mut day = Some(wall(at).date());
        for _ in 0..=FAR {
            let Some(today) = day else { break };
            // Hours in the night when the clocks go back may be left and come to again on the same day.
            let openings = self.of(today).iter().flat_map(|span| {
                let opens = today.at(hour_of(span.from), minute_of(span.from), 0, 0);
                [instant(opens), last_instant(opens)]
            });
            let next = openings
                .flatten()
                .filter(|opening| *opening > at && self.is_open(*opening));
            if let Some(next) = next.min() {
                return next;
            }
            day = today.tomorrow().ok();
        }
        Timestamp::MAX
    }

    fn of(&self, day: Date) -> &[Span] {
        let kind = if Holiday::of(day).is_some() {
            HOLIDAYS
        } else {
            weekday_index(day.weekday())
        };
        &self.spans[kind]
    }
}

impl Default for Hours {
    fn default() -> Self {
        Self::office()
    }
}

fn weekday_index(weekday: Weekday) -> usize {
    usize::from(weekday.to_monday_zero_offset().unsigned_abs())
}

fn hour_of(minute: u16) -> i8 {
    i8::try_from(minute / 60).expect("an opening is before the end of the day")
}

fn minute_of(minute: u16) -> i8 {
    i8::try_from(minute % 60).expect("a remainder of 60 is below 60")
}
