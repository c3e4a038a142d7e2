//! How receivers are asked whether somebody could open, and drills.

use std::time::Duration;

use framme_shared::domain::readiness::Policy;
use serde::Deserialize;

use super::InvalidConfig;

/// How receivers are asked whether somebody could open.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadinessConfig {
    /// Whether they are. Who is not asked is shown as unknown, never as ready. Default true.
    pub enabled: bool,
    /// How often, in seconds, 10-900. Default 120.
    pub every_seconds: u64,
    /// After how many minutes without an answer a receiver is silent, 1-1440; at once while an acute report waits. Default 10.
    pub silent_minutes: u64,
    /// After how many minutes without a step its clock worker has stopped, 3-1440. Default 10.
    pub clock_stopped_minutes: u64,
    /// After how many hours nobody works the list, if reports wait, 1-168. Default 4.
    pub unworked_hours: u64,
}

impl Default for ReadinessConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            every_seconds: 120,
            silent_minutes: 10,
            clock_stopped_minutes: 10,
            unworked_hours: 4,
        }
    }
}

impl ReadinessConfig {
    /// The time between two questions.
    pub fn every(&self) -> Duration {
        Duration::from_secs(self.every_seconds)
    }

    /// After how long without an answer a receiver is silent.
    pub fn silent(&self) -> Duration {
        Duration::from_secs(self.silent_minutes * 60)
    }

    /// From when on an answer tells of something wrong.
    pub fn policy(&self) -> Policy {
        Policy {
            unworked: Duration::from_secs(self.unworked_hours * 3_600),
            beat: Duration::from_secs(self.clock_stopped_minutes * 60),
            offset: Duration::from_secs(30),
        }
    }

    pub(super) fn check(&self) -> Result<(), InvalidConfig> {
        let sensible = (10..=900).contains(&self.every_seconds)
            && (1..=1_440).contains(&self.silent_minutes)
            && (3..=1_440).contains(&self.clock_stopped_minutes)
            && (1..=168).contains(&self.unworked_hours);
        if sensible {
            Ok(())
        } else {
            Err(InvalidConfig::Readiness)
        }
    }
}

/// Drills: reports about nobody that somebody must assign.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DrillConfig {
    /// Whether the program sends them by itself; people may in either case. Default true.
    pub scheduled: bool,
    /// How many days after the last one the next is sent, on a working day in office hours, 1-90. Default 7.
    pub every_days: u32,
    /// Within how many hours a drill must be assigned, 1-168. Default 4.
    pub answer_hours: u64,
}

impl Default for DrillConfig {
    fn default() -> Self {
        Self {
            scheduled: true,
            every_days: 7,
            answer_hours: 4,
        }
    }
}

impl DrillConfig {
    /// Within which time a drill must be assigned.
    pub fn answer(&self) -> Duration {
        Duration::from_secs(self.answer_hours * 3_600)
    }

    pub(super) fn check(&self) -> Result<(), InvalidConfig> {
        if (1..=90).contains(&self.every_days) && (1..=168).contains(&self.answer_hours) {
            Ok(())
        } else {
            Err(InvalidConfig::Drills)
        }
    }
}
