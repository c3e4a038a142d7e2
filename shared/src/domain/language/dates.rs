//! Times as people in Norway read them.

use jiff::{Timestamp, tz::TimeZone};

use super::Language;

/// Central European time and its summer time, as in Norway since 1996.
const NORWAY: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

/// In both written languages.
const NORWEGIAN: [&str; 12] = [
    "januar",
    "februar",
    "mars",
    "april",
    "mai",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "desember",
];

const ENGLISH: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A time by the clocks of Norway, to the minute: `2. mars 2026 kl. 10.02`, in English `2 March 2026 at 10:02`.
pub(in crate::domain) fn moment(language: Language, time: Timestamp) -> String {
    let zone = TimeZone::posix(NORWAY).expect("the rule is in the form of POSIX");
    let local = time.to_zoned(zone);
    let month = usize::from(local.month().unsigned_abs()) - 1;
    let (day, year, hour, minute) = (local.day(), local.year(), local.hour(), local.minute());
    match language {
        Language::Bokmal | Language::Nynorsk => {
            format!("{day}. {} {year} kl. {hour:02}.{minute:02}", NORWEGIAN[month])
        }
        Language::English => format!("{day} {} {year} at {hour:02}:{minute:02}", ENGLISH[month]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(language: Language, time: &str) -> String {
        moment(language, time.parse().unwrap())
    }

    #[test]
    fn times_are_said_as_in_norway() {
        let winter = "2026-03-02T09:02:59.999999Z";
        assert_eq!(said(Language::Bokmal, winter), "2. mars 2026 kl. 10.02");
        assert_eq!(said(Language::Nynorsk, winter), "2. mars 2026 kl. 10.02");
        assert_eq!(said(Language::English, winter), "2 March 2026 at 10:02");
        assert_eq!(
            said(Language::Bokmal, "2026-12-31T23:30:00Z"),
            "1. januar 2027 kl. 00.30"
        );
    }

    #[test]
    fn summer_time_begins_and_ends_on_the_last_sundays_of_march_and_october() {
        let bokmal = |time| said(Language::Bokmal, time);
        assert_eq!(bokmal("2026-03-29T00:59:00Z"), "29. mars 2026 kl. 01.59");
        assert_eq!(bokmal("2026-03-29T01:00:00Z"), "29. mars 2026 kl. 03.00");
        assert_eq!(bokmal("2026-10-25T00:59:00Z"), "25. oktober 2026 kl. 02.59");
        assert_eq!(bokmal("2026-10-25T01:00:00Z"), "25. oktober 2026 kl. 02.00");
    }
}
