//! How long an acknowledgement may keep an escalation silent.

use jiff::Timestamp;

use super::position::{Position, Snooze};
use crate::domain::{
    calendar::{Length, Unit},
    report::Urgency,
};

/// The longest time that acknowledging delays the next telling: 15 minutes for acute, 1 hour for urgent and 1 working day
/// for normal reports. Not configurable: whoever could set it could set silence.
#[must_use]
pub const fn longest_snooze(urgency: Urgency) -> Length {
    match urgency {
        Urgency::Acute => const { Length::known(15, Unit::Minutes) },
        Urgency::Urgent => const { Length::known(1, Unit::Hours) },
        Urgency::Normal => const { Length::known(1, Unit::WorkingDays) },
    }
}

/// The position after somebody acknowledged, for as long as wanted and at most the longest snooze since the first
/// acknowledgement after the last telling.
pub(super) fn snoozed(position: Position, wanted: Option<Length>, urgency: Urgency, now: Timestamp) -> Position {
    let since = position.snooze.map_or(now, |earlier| earlier.since);
    let longest = longest_snooze(urgency).after(since);
    let until = wanted.map_or(longest, |wanted| wanted.after(now).min(longest));
    Position {
        snooze: Some(Snooze { since, until }),
        ..position
    }
}

/// Until when nobody is told: what was written down, and never beyond the longest snooze.
pub(super) fn silent_until(snooze: Snooze, urgency: Urgency) -> Timestamp {
    snooze.until.min(longest_snooze(urgency).after(snooze.since))
}
