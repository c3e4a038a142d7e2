//! Letters.

use std::time::Duration;

use framme_shared::domain::report::PhoneNumber;
use serde::Deserialize;

use super::InvalidConfig;

/// Letters.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LettersConfig {
    /// The number of the police district's desk: stands on every cover sheet. None by default.
    pub desk_phone: Option<String>,
    /// How often a receiver is asked whether a letter has come, in minutes, 1-1440. Default 60.
    pub ask_every_minutes: u64,
    /// How often an idle worker looks whether something is due, in milliseconds, 10-3600000. Default 10,000.
    pub poll_ms: u64,
}

impl Default for LettersConfig {
    fn default() -> Self {
        Self {
            desk_phone: None,
            ask_every_minutes: 60,
            poll_ms: 10_000,
        }
    }
}

impl LettersConfig {
    /// How long after an answer the same letter is asked about again.
    pub fn ask_every(&self) -> Duration {
        Duration::from_secs(self.ask_every_minutes * 60)
    }

    /// How long an idle worker waits.
    pub fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_ms)
    }

    pub(super) fn check(&self) -> Result<(), InvalidConfig> {
        let phone = self.desk_phone.as_deref();
        if phone.is_some_and(|phone| PhoneNumber::parse(phone).is_err()) {
            return Err(InvalidConfig::DeskPhone);
        }
        if !(1..=1_440).contains(&self.ask_every_minutes) {
            return Err(InvalidConfig::LettersAskEvery);
        }
        if !(10..=3_600_000).contains(&self.poll_ms) {
            return Err(InvalidConfig::LettersPoll);
        }
        Ok(())
    }
}
