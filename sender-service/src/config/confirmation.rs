//! When receivers are asked whether they still hold what they have confirmed.

use std::time::Duration;

use framme_shared::domain::holding::{InvalidSchedule, MOST_AT_ONCE, Schedule};
use serde::Deserialize;

use super::InvalidConfig;

/// When receivers are asked whether they still hold what they have confirmed.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConfirmationConfig {
    /// On which days after the hand-over, 1-365 each. Default 1 and 7.
    pub days: Vec<u32>,
    /// And then every so many days, 1-365, until every child is assessed or ended. Default 30.
    pub every_days: u32,
    /// For how long an answer may be missing before nothing that it is about counts as delivered, in hours, 1-720. Default 24.
    pub grace_hours: u64,
    /// Transmissions of one question, 1-200. Default 200.
    pub batch: u32,
    /// Whether files are read back too, one question for each report that has some. Default true.
    pub with_attachments: bool,
    /// How long a worker may take for its questions before another may ask them, in seconds, 60-3600. Default 120.
    pub lease_seconds: u64,
    /// How often an idle worker looks whether something is due, in milliseconds, 10-3600000. Default 10,000.
    pub poll_ms: u64,
}

impl Default for ConfirmationConfig {
    fn default() -> Self {
        Self {
            days: vec![1, 7],
            every_days: 30,
            grace_hours: 24,
            batch: 200,
            with_attachments: true,
            lease_seconds: 120,
            poll_ms: 10_000,
        }
    }
}

impl ConfirmationConfig {
    /// When to ask.
    ///
    /// # Errors
    /// When days or their number are outside of their ranges, or not in order.
    pub fn schedule(&self) -> Result<Schedule, InvalidSchedule> {
        Schedule::new(&self.days, self.every_days)
    }

    /// For how long an answer may be missing.
    pub fn grace(&self) -> Duration {
        Duration::from_secs(self.grace_hours * 60 * 60)
    }

    /// How long a claim holds.
    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds)
    }

    /// How long an idle worker waits.
    pub fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_ms)
    }

    pub(super) fn check(&self) -> Result<(), InvalidConfig> {
        self.schedule()?;
        if !(1..=720).contains(&self.grace_hours) {
            return Err(InvalidConfig::ConfirmationGrace);
        }
        if !(1..=MOST_AT_ONCE).contains(&(self.batch as usize)) {
            return Err(InvalidConfig::ConfirmationBatch);
        }
        if !(60..=3_600).contains(&self.lease_seconds) {
            return Err(InvalidConfig::ConfirmationLease);
        }
        if !(10..=3_600_000).contains(&self.poll_ms) {
            return Err(InvalidConfig::ConfirmationPoll);
        }
        Ok(())
    }
}
