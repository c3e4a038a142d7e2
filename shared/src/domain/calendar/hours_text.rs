//! Hours as configuration writes them.

use std::fmt;

use super::hours::{HOLIDAYS, Hours, KINDS_OF_DAY, MIDNIGHT_AFTER, Span};
use crate::domain::text_form::text_form;

/// A text that is no hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be \"always\", or days and hours such as \"mon-fri 08:00-16:00, sat 10:00-14:00, holidays 10:00-14:00\": days mon \
     to sun or holidays, hours 00:00 to 24:00 that end later than they begin (over midnight is two entries) and do not overlap"
)]
pub struct InvalidHours;

const ALWAYS: &str = "always";
const DAYS: [&str; KINDS_OF_DAY] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun", "holidays"];

impl Hours {
    /// Reads hours.
    ///
    /// # Errors
    /// [`InvalidHours`].
    pub fn parse(text: &str) -> Result<Self, InvalidHours> {
        if text == ALWAYS {
            return Ok(Self::always());
        }
        let mut spans: [Vec<Span>; KINDS_OF_DAY] = std::array::from_fn(|_| Vec::new());
        for entry in text.split(", ") {
            let (days, hours) = entry.split_once(' ').ok_or(InvalidHours)?;
            let (first, last) = read_days(days)?;
            let span = read_span(hours)?;
            for of_day in &mut spans[first..=last] {
                of_day.push(span);
            }
        }
        for of_day in &mut spans {
            *of_day = joined(std::mem::take(of_day))?;
        }
        Ok(Self { spans })
    }
}

/// Spans in order, those that touch made one.
fn joined(mut spans: Vec<Span>) -> Result<Vec<Span>, InvalidHours> {
    spans.sort_unstable();
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(before) if span.from < before.until => return Err(InvalidHours),
            Some(before) if span.from == before.until => before.until = span.until,
            _ => joined.push(span),
        }
    }
    Ok(joined)
}

fn read_days(text: &str) -> Result<(usize, usize), InvalidHours> {
    let place = |day: &str| DAYS.iter().position(|known| *known == day).ok_or(InvalidHours);
    let Some((first, last)) = text.split_once('-') else {
        return place(text).map(|only| (only, only));
    };
    let (first, last) = (place(first)?, place(last)?);
    if first < last && last < HOLIDAYS {
        Ok((first, last))
    } else {
        Err(InvalidHours)
    }
}

fn read_span(text: &str) -> Result<Span, InvalidHours> {
    let (from, until) = text.split_once('-').ok_or(InvalidHours)?;
    let span = Span {
        from: read_minute(from)?,
        until: read_minute(until)?,
    };
    if span.from < span.until {
        Ok(span)
    } else {
        Err(InvalidHours)
    }
}

fn read_minute(text: &str) -> Result<u16, InvalidHours> {
    let (hour, minute) = text.split_once(':').ok_or(InvalidHours)?;
    let minutes = two_digits(hour)? * 60 + two_digits(minute)?;
    if two_digits(minute)? < 60 && minutes <= MIDNIGHT_AFTER {
        Ok(minutes)
    } else {
        Err(InvalidHours)
    }
}

fn two_digits(text: &str) -> Result<u16, InvalidHours> {
    if text.len() != 2 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(InvalidHours);
    }
    text.parse().map_err(|_| InvalidHours)
}

impl fmt::Display for Hours {
    /// Days with the same hours that follow each other are one entry for each of their hours.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::always() {
            return f.pad(ALWAYS);
        }
        let mut entries = Vec::new();
        let mut first = 0;
        while first < KINDS_OF_DAY {
            let same = |kind: &usize| *kind == first || *kind < HOLIDAYS && self.spans[*kind] == self.spans[first];
            let last = (first..KINDS_OF_DAY).take_while(same).last().unwrap_or(first);
            let days = if first == last {
                DAYS[first].to_owned()
            } else {
                format!("{}-{}", DAYS[first], DAYS[last])
            };
            entries.extend(self.spans[first].iter().map(|span| format!("{days} {span}")));
            first = last + 1;
        }
        f.pad(&entries.join(", "))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [from, until] = [self.from, self.until].map(|minute| (minute / 60, minute % 60));
        write!(f, "{:02}:{:02}-{:02}:{:02}", from.0, from.1, until.0, until.1)
    }
}

text_form!(Hours, InvalidHours);

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp, civil::DateTime};
    use proptest::prelude::*;

    use super::super::zone::instant;
    use super::*;

    fn hours(text: &str) -> Hours {
        Hours::parse(text).unwrap()
    }

    fn oslo(text: &str) -> Timestamp {
        instant(text.parse::<DateTime>().unwrap()).unwrap()
    }

    const DUTY: &str = "mon-fri 00:00-08:00, mon-fri 16:00-24:00, sat-sun 00:00-24:00, holidays 00:00-24:00";

    #[test]
    fn hours_are_read_and_written_back() {
        for text in [
            "always",
            DUTY,
            "mon-fri 08:00-16:00",
            "tue 09:30-12:00, thu 09:30-12:00",
            "holidays 10:00-14:00",
        ] {
            assert_eq!(hours(text).to_string(), text);
        }
        assert_eq!(hours("mon-fri 08:00-16:00"), Hours::office());
        assert_eq!(
            hours("mon-sun 00:00-24:00, holidays 00:00-12:00, holidays 12:00-24:00"),
            Hours::always()
        );
    }

    #[test]
    fn what_is_no_hours_is_refused() {
        for text in [
            "",
            "never",
            "Always",
            "mon",
            "mon-fri",
            "mon 8-16",
            "mon 8:00-16:00",
            "mon 16:00-08:00",
            "mon 08:00-08:00",
            "mon 08:00-24:01",
            "mon 08:60-10:00",
            "fri-mon 08:00-16:00",
            "sat-holidays 08:00-16:00",
            "mon 08:00-16:00,",
            "mon-fri 08:00-16:00, wed 12:00-18:00",
            "mon +8:00-16:00",
            "mån 08:00-16:00",
        ] {
            assert_eq!(Hours::parse(text), Err(InvalidHours), "{text}");
        }
    }

    #[test]
    fn an_office_is_open_on_working_days_from_eight_to_four() {
        let office = Hours::office();
        for (at, open) in [
            ("2026-11-25T07:59:59", false),
            ("2026-11-25T08:00", true),
            ("2026-11-25T15:59:59", true),
            ("2026-11-25T16:00", false),
            ("2026-11-28T12:00", false), // a Saturday
            ("2026-05-14T12:00", false), // Ascension, a Thursday
            ("2026-12-24T12:00", true),  // Christmas Eve, a Thursday
        ] {
            assert_eq!(office.is_open(oslo(at)), open, "{at}");
        }
    }

    #[test]
    fn the_next_opening_is_after_the_holidays() {
        let office = Hours::office();
        let next = |at| office.next_opening(oslo(at));
        assert_eq!(next("2026-11-25T12:00"), oslo("2026-11-25T12:00"));
        assert_eq!(next("2026-11-25T06:00"), oslo("2026-11-25T08:00"));
        // Wednesday before Easter 16:00 to Tuesday after it.
        assert_eq!(next("2026-04-01T16:00"), oslo("2026-04-07T08:00"));
    }

    #[test]
    fn a_duty_service_covers_just_what_the_office_does_not() {
        let (duty, office) = (hours(DUTY), Hours::office());
        let mut at = oslo("2026-01-01T00:00");
        while at < oslo("2027-01-01T00:00") {
            assert_ne!(duty.is_open(at), office.is_open(at), "{at}");
            at += SignedDuration::from_mins(30);
        }
    }

    #[test]
    fn hours_that_a_night_skips_or_has_twice() {
        let night = hours("sun 02:00-02:30");
        // 02:00 to 03:00 does not exist on 29 March, and 5 April is Easter Sunday, with the hours of holidays: none.
        assert_eq!(night.next_opening(oslo("2026-03-28T12:00")), oslo("2026-04-12T02:00"));
        // On 25 October it comes twice: left at 00:30 UTC, and come to again at 01:00 UTC.
        let left = "2026-10-25T00:30:00Z".parse().unwrap();
        assert!(!night.is_open(left));
        assert_eq!(night.next_opening(left), "2026-10-25T01:00:00Z".parse().unwrap());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn the_next_opening_is_open_and_nothing_before_it_is(second in 1_700_000_000_i64..2_100_000_000) {
            let at = Timestamp::from_second(second).unwrap();
            for hours in [hours(DUTY), Hours::office(), hours("wed 10:00-11:00"), hours("holidays 10:00-14:00")] {
                let next = hours.next_opening(at);
                prop_assert!(next >= at && hours.is_open(next));
                let mut between = at;
                while between < next {
                    prop_assert!(!hours.is_open(between));
                    between += SignedDuration::from_mins(59);
                }
            }
        }
    }
}
