//! The calls made beside a report, counted: what may be shown and compared without who was called.

use jiff::Timestamp;

use super::{PhoneCall, PhoneCallResult};

/// Calls, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PhoneSummary {
    /// How many were made.
    pub made: u32,
    /// How many of them reached somebody who took the message.
    pub reached: u32,
    /// When the last was made.
    pub last_at: Option<Timestamp>,
}

impl PhoneSummary {
    /// With one call more.
    #[must_use]
    pub fn with(self, call: &PhoneCall) -> Self {
        let reached = matches!(call.result, PhoneCallResult::Reached { .. });
        Self {
            made: self.made.saturating_add(1),
            reached: self.reached.saturating_add(u32::from(reached)),
            last_at: self.last_at.max(Some(call.at)),
        }
    }

    /// Whether anybody was reached; `None` when nobody was called.
    #[must_use]
    pub const fn is_reached(self) -> Option<bool> {
        if self.made == 0 { None } else { Some(self.reached > 0) }
    }
}

/// Counts these calls.
#[must_use]
pub fn summary(calls: &[PhoneCall]) -> PhoneSummary {
    calls.iter().fold(PhoneSummary::default(), PhoneSummary::with)
}

/// Whether any of these calls reached somebody who took the message; `None` when there are none. Escalation of what was
/// not reached begins further up.
#[must_use]
pub fn reached(calls: &[PhoneCall]) -> Option<bool> {
    summary(calls).is_reached()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Line;

    fn call(second: i64, reached: bool) -> PhoneCall {
        PhoneCall {
            at: Timestamp::from_second(second).unwrap(),
            result: if reached {
                PhoneCallResult::Reached {
                    answered_by: Line::parse("Vakt").unwrap(),
                }
            } else {
                PhoneCallResult::NotReached
            },
            number: None,
        }
    }

    #[test]
    fn one_call_that_reached_somebody_is_enough() {
        assert_eq!(reached(&[]), None);
        assert_eq!(reached(&[call(1, false)]), Some(false));
        assert_eq!(reached(&[call(1, false), call(2, true), call(3, false)]), Some(true));
    }

    #[test]
    fn the_last_call_is_the_latest_however_they_are_told() {
        let counted = summary(&[call(5, false), call(2, true)]);
        assert_eq!((counted.made, counted.reached), (2, 1));
        assert_eq!(counted.last_at, Some(Timestamp::from_second(5).unwrap()));
    }
}
