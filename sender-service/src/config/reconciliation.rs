//! How receivers are asked whether both sides hold the same.

use serde::Deserialize;

use super::InvalidConfig;

/// How receivers are asked whether both sides hold the same.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReconciliationConfig {
    /// Compare every night, and on Sundays everything. Default true.
    pub scheduled: bool,
    /// From which hour of the day on, in Norway, 0-23. Default 3.
    pub hour: u8,
    /// How many days back a night's comparison goes, 1-366. Default 35.
    pub days: u32,
    /// How often a receiver is asked which numbers it lacks, in seconds, 10-86,400. Default 300.
    pub numbers_seconds: u64,
    /// How long to wait before what differs is looked at again, in seconds, 0-25: what moves meanwhile is no difference.
    /// Default 10.
    pub second_look_seconds: u64,
}

impl Default for ReconciliationConfig {
    fn default() -> Self {
        Self {
            scheduled: true,
            hour: 3,
            days: 35,
            numbers_seconds: 300,
            second_look_seconds: 10,
        }
    }
}

impl ReconciliationConfig {
    pub(super) fn check(&self) -> Result<(), InvalidConfig> {
        if self.hour > 23 {
            return Err(InvalidConfig::ReconciliationHour);
        }
        if !(1..=366).contains(&self.days) {
            return Err(InvalidConfig::ReconciliationDays);
        }
        if !(10..=86_400).contains(&self.numbers_seconds) {
            return Err(InvalidConfig::ReconciliationNumbers);
        }
        // A receiver ends a call that is silent for longer.
        if self.second_look_seconds > 25 {
            return Err(InvalidConfig::ReconciliationSecondLook);
        }
        Ok(())
    }
}
