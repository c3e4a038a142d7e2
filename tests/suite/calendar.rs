//! Deadlines on the days that are not like others, computed by hand; and the calendar against one that nobody here wrote.

use std::{collections::BTreeSet, path::Path, process::Command};

use framme_shared::domain::{
    calendar::{Holiday, is_working_day},
    clocks::{Child, Clock, ClockPolicy, Feedback, Matter, running},
    lifecycle::ChildState,
    report::{ReportType, Urgency},
};
use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, Weekday, date},
};

const YEARS: std::ops::RangeInclusive<i16> = 1990..=2060;

/// The public holidays by the Python package `holidays`.
fn independent_holidays() -> BTreeSet<Date> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = project.join("../target/tests/python/bin/python");
    assert!(
        python.exists(),
        "the Python packages are not installed: run tests/setup or tests/run"
    );
    let output = Command::new(python)
        .arg(project.join("python/holidays_norway.py"))
        .args([YEARS.start().to_string(), YEARS.end().to_string()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let days = String::from_utf8(output.stdout).unwrap();
    days.lines().map(|day| day.parse().unwrap()).collect()
}

#[test]
fn every_day_from_1990_to_2060_is_a_holiday_or_a_working_day_as_an_independent_calendar_says() {
    let independent = independent_holidays();
    // Twelve a year, less those that fall on one day.
    assert!(independent.len() > 840, "{}", independent.len());
    for day in date(*YEARS.start(), 1, 1).series(1.day()) {
        if day.year() > *YEARS.end() {
            break;
        }
        let is_holiday = independent.contains(&day);
        assert_eq!(Holiday::of(day).is_some(), is_holiday, "{day}");
        let is_weekend = [Weekday::Saturday, Weekday::Sunday].contains(&day.weekday());
        assert_eq!(is_working_day(day), !is_weekend && !is_holiday, "{day}");
    }
}

/// The clocks of a concern report that is received in the second of its submission and then lies there, with the times at
/// which they are due, as Norway's clocks show them with the offset that they have then.
fn deadlines(urgency: Urgency, submitted_at: &str) -> Vec<(Clock, String)> {
    let submitted_at: Timestamp = submitted_at.parse().unwrap();
    let state = ChildState::Queued { since: submitted_at };
    let matter = Matter {
        report_type: ReportType::ConcernReport,
        urgency,
        submitted_at,
        received_at: Some(submitted_at),
        children: vec![Child {
            state: &state,
            feedback: Feedback::default(),
        }],
    };
    let running = running(&matter, &ClockPolicy::default());
    let due = running.into_iter().map(|running| (running.clock, wall(running.due)));
    due.collect()
}

fn wall(at: Timestamp) -> String {
    at.in_tz("Europe/Oslo")
        .unwrap()
        .strftime("%Y-%m-%d %H:%M %:z")
        .to_string()
}

/// The deadlines as words.
fn assert_deadlines(urgency: Urgency, submitted_at: &str, expected: &[(Clock, &str)]) {
    let found = deadlines(urgency, submitted_at);
    let found: Vec<_> = found.iter().map(|(clock, due)| (*clock, due.as_str())).collect();
    assert_eq!(found, expected, "{urgency} {submitted_at}");
}

#[test]
fn an_acute_report_at_the_first_half_past_two_of_the_night_when_summer_time_ends() {
    // Sunday 25 October 2026: at 03:00 the clocks go back to 02:00. The first 02:30 is in summer time, 00:30 UTC.
    // 15 minutes later: 02:45, still summer time. 60 minutes later: 02:30 again, in winter time.
    // Seven days later, Sunday 1 November, 02:30. Three weeks later, Sunday 15 November, 02:30.
    let expected = [
        (Clock::Opened, "2026-10-25 02:45 +02:00"),
        (Clock::Assigned, "2026-10-25 02:30 +01:00"),
        (Clock::Review, "2026-11-01 02:30 +01:00"),
        (Clock::Confirmation, "2026-11-15 02:30 +01:00"),
    ];
    assert_deadlines(Urgency::Acute, "2026-10-25T02:30:00+02:00", &expected);
}

#[test]
fn an_acute_report_at_the_second_half_past_two_of_the_night_when_summer_time_ends() {
    // The second 02:30 is in winter time, 01:30 UTC: 02:45 and 03:30 follow as on any night.
    let expected = [
        (Clock::Opened, "2026-10-25 02:45 +01:00"),
        (Clock::Assigned, "2026-10-25 03:30 +01:00"),
        (Clock::Review, "2026-11-01 02:30 +01:00"),
        (Clock::Confirmation, "2026-11-15 02:30 +01:00"),
    ];
    assert_deadlines(Urgency::Acute, "2026-10-25T02:30:00+01:00", &expected);
}

#[test]
fn an_acute_report_at_half_past_two_of_the_night_when_summer_time_begins() {
    // Sunday 29 March 2026: at 02:00 the clocks go on to 03:00, so nobody's clock shows 02:30. A watch that was not set shows it
    // at 01:30 UTC, when the clocks on the wall show 03:30. 15 minutes and 60 minutes later: 03:45 and 04:30.
    // Seven days later, Sunday 5 April, Easter Sunday, 03:30: the week of the law is not prolonged for it.
    // Three weeks later, Sunday 19 April, 03:30.
    let expected = [
        (Clock::Opened, "2026-03-29 03:45 +02:00"),
        (Clock::Assigned, "2026-03-29 04:30 +02:00"),
        (Clock::Review, "2026-04-05 03:30 +02:00"),
        (Clock::Confirmation, "2026-04-19 03:30 +02:00"),
    ];
    assert_deadlines(Urgency::Acute, "2026-03-29T02:30:00+01:00", &expected);
    // Half an hour before the change: 15 minutes are 01:45, and 60 minutes are 03:30, over the hour that is not there.
    let expected = [
        (Clock::Opened, "2026-03-29 01:45 +01:00"),
        (Clock::Assigned, "2026-03-29 03:30 +02:00"),
        (Clock::Review, "2026-04-05 01:30 +02:00"),
        (Clock::Confirmation, "2026-04-19 01:30 +02:00"),
    ];
    assert_deadlines(Urgency::Acute, "2026-03-29T01:30:00+01:00", &expected);
}

#[test]
fn weeks_that_end_in_the_night_when_the_clocks_change_end_early_and_not_late() {
    // Received Sunday 22 March 02:30; seven days later 02:30 does not exist: due at the change, 03:00 summer time.
    // Three weeks end on 12 April at 02:30. Urgent: four hours, 06:30.
    let expected = [
        (Clock::Assigned, "2026-03-22 06:30 +01:00"),
        (Clock::Review, "2026-03-29 03:00 +02:00"),
        (Clock::Confirmation, "2026-04-12 02:30 +02:00"),
    ];
    assert_deadlines(Urgency::Urgent, "2026-03-22T02:30:00+01:00", &expected);
    // Received Sunday 18 October 02:30; seven days later 02:30 comes twice: due at the first.
    let expected = [
        (Clock::Assigned, "2026-10-18 06:30 +02:00"),
        (Clock::Review, "2026-10-25 02:30 +02:00"),
        (Clock::Confirmation, "2026-11-08 02:30 +01:00"),
    ];
    assert_deadlines(Urgency::Urgent, "2026-10-18T02:30:00+02:00", &expected);
}

#[test]
fn reports_on_17_may() {
    // 17 May 2027 is a Monday, and Whit Monday too; Tuesday 18 May is a working day.
    // Acute runs in minutes whatever the day is.
    let review_and_confirmation = [
        (Clock::Review, "2027-05-24 10:00 +02:00"),
        (Clock::Confirmation, "2027-06-07 10:00 +02:00"),
    ];
    let with = |first: &[(Clock, &'static str)]| [first, &review_and_confirmation].concat();
    let acute = with(&[
        (Clock::Opened, "2027-05-17 10:15 +02:00"),
        (Clock::Assigned, "2027-05-17 11:00 +02:00"),
    ]);
    assert_deadlines(Urgency::Acute, "2027-05-17T10:00:00+02:00", &acute);
    // Urgent in four hours, also today.
    let urgent = with(&[(Clock::Assigned, "2027-05-17 14:00 +02:00")]);
    assert_deadlines(Urgency::Urgent, "2027-05-17T10:00:00+02:00", &urgent);
    // Normal comes when Tuesday begins; the first working day after that day is Wednesday, the second Thursday: 20 May 00:00.
    let normal = with(&[(Clock::Assigned, "2027-05-20 00:00 +02:00")]);
    assert_deadlines(Urgency::Normal, "2027-05-17T10:00:00+02:00", &normal);
    // On the Friday before (14 May 2027), 10:00: Saturday, Sunday and 17 May do not count; Tuesday, Wednesday 10:00.
    let friday_before = [
        (Clock::Assigned, "2027-05-19 10:00 +02:00"),
        (Clock::Review, "2027-05-21 10:00 +02:00"),
        (Clock::Confirmation, "2027-06-04 10:00 +02:00"),
    ];
    assert_deadlines(Urgency::Normal, "2027-05-14T10:00:00+02:00", &friday_before);
}

#[test]
fn reports_on_good_friday() {
    // 3 April 2026. Easter Monday is 6 April; working days after it: Tuesday 7, Wednesday 8, Thursday 9 April.
    let review_and_confirmation = [
        (Clock::Review, "2026-04-10 22:10 +02:00"),
        (Clock::Confirmation, "2026-04-24 22:10 +02:00"),
    ];
    let with = |first: &[(Clock, &'static str)]| [first, &review_and_confirmation].concat();
    let acute = with(&[
        (Clock::Opened, "2026-04-03 22:25 +02:00"),
        (Clock::Assigned, "2026-04-03 23:10 +02:00"),
    ]);
    assert_deadlines(Urgency::Acute, "2026-04-03T22:10:00+02:00", &acute);
    // Urgent in four hours, past midnight.
    let urgent = with(&[(Clock::Assigned, "2026-04-04 02:10 +02:00")]);
    assert_deadlines(Urgency::Urgent, "2026-04-03T22:10:00+02:00", &urgent);
    // Normal comes when Tuesday begins; the first working day after it is Wednesday, the second Thursday: 9 April 00:00.
    let normal = with(&[(Clock::Assigned, "2026-04-09 00:00 +02:00")]);
    assert_deadlines(Urgency::Normal, "2026-04-03T22:10:00+02:00", &normal);
}

#[test]
fn reports_on_the_friday_before_palm_sunday_and_on_the_wednesday_before_maundy_thursday() {
    // Friday 27 March 2026 15:30, winter time. Normal: Monday 30 and Tuesday 31 March, 15:30, now in summer time.
    let expected = [
        (Clock::Assigned, "2026-03-31 15:30 +02:00"),
        (Clock::Review, "2026-04-03 15:30 +02:00"),
        (Clock::Confirmation, "2026-04-17 15:30 +02:00"),
    ];
    assert_deadlines(Urgency::Normal, "2026-03-27T15:30:00+01:00", &expected);
    // Acute on the same Friday: nothing but minutes.
    let acute = deadlines(Urgency::Acute, "2026-03-27T15:30:00+01:00");
    assert_eq!(acute[0], (Clock::Opened, "2026-03-27 15:45 +01:00".to_owned()));
    assert_eq!(acute[1], (Clock::Assigned, "2026-03-27 16:30 +01:00".to_owned()));
    // Wednesday 1 April 2026 15:30, the last working day before Easter. Normal: Tuesday 7 and Wednesday 8 April, 15:30.
    let normal = deadlines(Urgency::Normal, "2026-04-01T15:30:00+02:00");
    assert_eq!(normal[0], (Clock::Assigned, "2026-04-08 15:30 +02:00".to_owned()));
}
