//! Drills: a report about nobody that goes the whole way, so that somebody notices when nobody opens.

use jiff::{SignedDuration, Timestamp};

use super::{
    calendar::{at_hour, day_of, is_working_day},
    closed_set::closed_set,
    report::{ChildIdentity, Parts, Urgency},
};

/// All that a drill tells. Fixed by the contract: what is marked as a drill and says anything else is refused, so that no
/// report about a child can hide among drills.
pub const TEXT: &str = "ØVELSE. Dette er ikke en melding. Ingen barn er omtalt. Åpne og fordel den som en vanlig melding; \
                        så trekkes den tilbake av seg selv.";

closed_set! {
    /// What came of a drill.
    DrillResult in "drill result" {
        /// It waits, and there is time.
        Waiting = "waiting",
        /// It waits, and its time is over.
        Unanswered = "unanswered",
        /// It was assigned in time.
        Answered = "answered",
        /// It was assigned, too late.
        Late = "late",
        /// A person ended it before it was assigned.
        Ended = "ended",
    }
}

impl DrillResult {
    /// Whether it still waits for somebody.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Unanswered)
    }

    /// What a drill has come to.
    #[must_use]
    pub fn of(assigned_at: Option<Timestamp>, is_ended: bool, due_at: Timestamp, now: Timestamp) -> Self {
        match assigned_at {
            Some(assigned) if assigned <= due_at => Self::Answered,
            Some(_) => Self::Late,
            None if is_ended => Self::Ended,
            None if now > due_at => Self::Unanswered,
            None => Self::Waiting,
        }
    }
}

/// Whether a report that is marked as a drill holds nothing but what a drill holds.
#[must_use]
pub(super) fn is_pure(parts: &Parts) -> bool {
    let account = &parts.account;
    let [child] = parts.children.as_slice() else {
        return false;
    };
    account.observed.expose() == TEXT
        && account.history.is_none()
        && account.other_views.is_none()
        && account.immediate_safety.is_none()
        && matches!(child.identity, ChildIdentity::Unborn { expected: None })
        && child.name.is_none()
        && child.address.is_none()
        && child.phone.is_none()
        && child.city_district_name.is_none()
        && parts.urgency != Urgency::Acute
        && parts.carers.is_empty()
        && parts.interpreter_need.is_none()
        && parts.other_services.is_none()
        && parts.police_case_references.is_empty()
        && parts.phone_calls.is_empty()
        && parts.attachments.is_empty()
        && parts.follows_up.is_none()
}

/// When people are at work to answer a drill for some hours: on a working day from nine to eleven in Norway.
#[must_use]
pub fn is_office_time(now: Timestamp) -> bool {
    let day = day_of(now);
    let hours = at_hour(day, 9).zip(at_hour(day, 11));
    is_working_day(day) && hours.is_some_and(|(from, until)| from <= now && now < until)
}

/// Whether a scheduled drill is due: in office time, and when the last one was begun so many days ago.
#[must_use]
pub fn is_due(last: Option<Timestamp>, every_days: u32, now: Timestamp) -> bool {
    // A little less than whole days: one that was begun at 09:01 is followed by one in the same hours.
    let pause = SignedDuration::from_hours(24 * i64::from(every_days) - 3);
    is_office_time(now) && last.is_none_or(|last| now.duration_since(last) >= pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn office_time_is_a_working_morning_in_norway_in_summer_and_in_winter() {
        // Friday in winter, one hour before UTC; Monday in summer, two hours.
        for (time, is_office) in [
            ("2026-11-27T07:59:59Z", false),
            ("2026-11-27T08:00:00Z", true),
            ("2026-11-27T09:59:59Z", true),
            ("2026-11-27T10:00:00Z", false),
            ("2026-11-28T08:30:00Z", false),
            ("2026-11-29T08:30:00Z", false),
            // The seventeenth of May is on a Sunday, Ascension Day on a Thursday.
            ("2026-05-14T07:30:00Z", false),
            ("2026-06-08T07:00:00Z", true),
            ("2026-06-08T09:00:00Z", false),
        ] {
            assert_eq!(is_office_time(at(time)), is_office, "{time}");
        }
    }

    #[test]
    fn a_drill_is_due_once_a_week() {
        let now = at("2026-11-27T08:30:00Z");
        assert!(is_due(None, 7, now));
        assert!(is_due(Some(at("2026-11-20T09:30:00Z")), 7, now));
        assert!(!is_due(Some(at("2026-11-23T08:30:00Z")), 7, now));
        assert!(!is_due(None, 7, at("2026-11-27T12:30:00Z")));
    }

    #[test]
    fn a_drill_is_answered_by_assignment_in_time_alone() {
        let (due, now) = (at("2026-11-27T12:30:00Z"), at("2026-11-27T13:00:00Z"));
        let of = |assigned: Option<&str>, ended| DrillResult::of(assigned.map(at), ended, due, now);
        assert_eq!(of(Some("2026-11-27T12:30:00Z"), false), DrillResult::Answered);
        assert_eq!(of(Some("2026-11-27T12:30:01Z"), true), DrillResult::Late);
        assert_eq!(of(None, true), DrillResult::Ended);
        assert_eq!(of(None, false), DrillResult::Unanswered);
        assert_eq!(DrillResult::of(None, false, due, due), DrillResult::Waiting);
    }
}
