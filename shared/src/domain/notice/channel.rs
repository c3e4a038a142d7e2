//! Whether what is sent to a contact arrives, and when it is given up on and others are told.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::{closed_set::closed_set, report::Urgency};

closed_set! {
    /// Why a message was not taken.
    DeliveryFailure in "delivery_failure" {
        /// Nobody answers at the address.
        Unreachable = "unreachable",
        /// TLS was not agreed on, or the certificate is not believed.
        Tls = "tls",
        /// No answer in time. It may have been taken.
        Timeout = "timeout",
        /// The connection broke, or the answer made no sense. It may have been taken.
        Broken = "broken",
        /// Refused, and trying again may help: SMTP 4xx, HTTP 408, 429 and 5xx.
        RefusedForNow = "refused_for_now",
        /// Refused, and trying again will not help by itself: SMTP 5xx, HTTP 3xx and other 4xx.
        Refused = "refused",
        /// The own password or secret cannot be read, or the message cannot be made.
        Misconfigured = "misconfigured",
        /// The contact is not in the configuration, or not any more.
        NotConfigured = "not_configured",
    }
}

impl DeliveryFailure {
    /// Whether only a person can put it right.
    #[must_use]
    pub const fn is_permanent(self) -> bool {
        matches!(self, Self::Refused | Self::Misconfigured | Self::NotConfigured)
    }
}

/// So many failures in a row, over so long, make a channel dead; one may be an accident.
const SEVERAL: u64 = 3;

/// The way to one contact, as far as it was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Channel {
    /// When a message was last taken; `None` before the first.
    pub last_success_at: Option<Timestamp>,
    /// The first failure since then; `None` while it works.
    pub failing_since: Option<Timestamp>,
    /// Failures since then.
    pub failures: u64,
    /// Why the last one failed; `None` while it works.
    pub last_failure: Option<DeliveryFailure>,
    /// Since when others are told instead; `None` while it is not given up on.
    pub dead_since: Option<Timestamp>,
}

impl Channel {
    /// After a message was taken.
    #[must_use]
    pub const fn worked(now: Timestamp) -> Self {
        Self {
            last_success_at: Some(now),
            failing_since: None,
            failures: 0,
            last_failure: None,
            dead_since: None,
        }
    }

    /// After a message was not taken, where `most_urgent` is the most urgent notice that waits. The channel is dead when
    /// only a person can help, or after several failures over 5 minutes where something acute waits, else 30. It stays
    /// dead until a message is taken.
    #[must_use]
    pub fn failed(self, failure: DeliveryFailure, most_urgent: Urgency, now: Timestamp) -> Self {
        let failures = self.failures.saturating_add(1);
        let failing_since = self.failing_since.unwrap_or(now);
        let is_dead = failure.is_permanent()
            || (failures >= SEVERAL && now.duration_since(failing_since) >= patience(most_urgent));
        Self {
            last_success_at: self.last_success_at,
            failing_since: Some(failing_since),
            failures,
            last_failure: Some(failure),
            dead_since: self.dead_since.or(is_dead.then_some(now)),
        }
    }

    /// Whether others are told instead.
    #[must_use]
    pub const fn is_dead(&self) -> bool {
        self.dead_since.is_some()
    }
}

fn patience(most_urgent: Urgency) -> jiff::SignedDuration {
    let patience = match most_urgent {
        Urgency::Acute => Duration::from_secs(5 * 60),
        Urgency::Urgent | Urgency::Normal => Duration::from_secs(30 * 60),
    };
    jiff::SignedDuration::try_from(patience).expect("minutes fit")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    fn after(failures: &[i64], urgency: Urgency) -> Channel {
        failures.iter().fold(Channel::worked(minute(0)), |channel, at| {
            channel.failed(DeliveryFailure::Timeout, urgency, minute(*at))
        })
    }

    #[test]
    fn several_failures_over_its_patience_make_a_channel_dead() {
        assert!(!after(&[1, 40], Urgency::Normal).is_dead(), "two may be accidents");
        assert!(!after(&[1, 5, 30], Urgency::Urgent).is_dead(), "not for 30 minutes yet");
        assert_eq!(after(&[1, 5, 31], Urgency::Normal).dead_since, Some(minute(31)));
        assert_eq!(after(&[1, 2, 6], Urgency::Acute).dead_since, Some(minute(6)));
    }

    #[test]
    fn what_only_a_person_can_put_right_makes_it_dead_at_once_and_a_success_alive() {
        for failure in DeliveryFailure::ALL {
            let channel = Channel::default().failed(*failure, Urgency::Normal, minute(1));
            assert_eq!(channel.is_dead(), failure.is_permanent(), "{failure}");
        }
        let dead = Channel::default().failed(DeliveryFailure::Refused, Urgency::Normal, minute(1));
        let still = dead.failed(DeliveryFailure::Timeout, Urgency::Normal, minute(9));
        assert_eq!(still.dead_since, Some(minute(1)));
        assert_eq!(Channel::worked(minute(10)).dead_since, None);
    }
}
