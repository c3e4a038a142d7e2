//! How the receiver watches over its own readiness, and over its senders.

use std::time::Duration;

use serde::Deserialize;

use super::InvalidConfig;

/// How the receiver watches over its own readiness, and over its senders.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadinessConfig {
    /// Whether it does. Senders are answered in either case. Default true.
    pub enabled: bool,
    /// How often, in seconds, 10-3600. Default 60.
    pub every_seconds: u64,
    /// Whether there must be a duty service: then nobody in that role is an uncovered one. Default false.
    pub has_duty: bool,
    /// After how many minutes a sender that used to call has fallen silent, 3-1440. Default 15.
    pub sender_silent_minutes: u64,
    /// After how many minutes without a step a clock worker has stopped, 3-1440. Default 10.
    pub clock_stopped_minutes: u64,
    /// Within how many hours a drill must be assigned, 1-168. Default 4.
    pub drill_answer_hours: u64,
}

impl Default for ReadinessConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            every_seconds: 60,
            has_duty: false,
            sender_silent_minutes: 15,
            clock_stopped_minutes: 10,
            drill_answer_hours: 4,
        }
    }
}

impl ReadinessConfig {
    /// The time between two looks.
    #[must_use]
    pub const fn every(&self) -> Duration {
        Duration::from_secs(self.every_seconds)
    }

    /// After how long a sender has fallen silent.
    #[must_use]
    pub const fn sender_silent(&self) -> Duration {
        Duration::from_secs(self.sender_silent_minutes * 60)
    }

    /// After how long without a step a clock worker has stopped.
    #[must_use]
    pub const fn clock_stopped(&self) -> Duration {
        Duration::from_secs(self.clock_stopped_minutes * 60)
    }

    /// Within which time a drill must be assigned.
    #[must_use]
    pub const fn drill_answer(&self) -> Duration {
        Duration::from_secs(self.drill_answer_hours * 3_600)
    }

    pub(super) fn check(&self) -> Result<(), InvalidConfig> {
        let sensible = (10..=3_600).contains(&self.every_seconds)
            && (3..=1_440).contains(&self.sender_silent_minutes)
            && (3..=1_440).contains(&self.clock_stopped_minutes)
            && (1..=168).contains(&self.drill_answer_hours);
        if sensible {
            Ok(())
        } else {
            Err(InvalidConfig::Readiness)
        }
    }
}
