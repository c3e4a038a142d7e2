//! By when a report is expected to be with a caseworker.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::report::Urgency;

/// Hours from submission to assignment, per urgency; delivered after that is delivered late. No law sets them: the
/// defaults are this product's, and a district may configure its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Promise {
    /// Immediate danger. Default 1.
    pub acute: u32,
    /// Must be read today. Default 4.
    pub urgent: u32,
    /// Everything else. Default 48.
    pub normal: u32,
}

impl Default for Promise {
    fn default() -> Self {
        Self {
            acute: 1,
            urgent: 4,
            normal: 48,
        }
    }
}

impl Promise {
    /// What is promised for an urgency.
    #[must_use]
    pub const fn of(&self, urgency: Urgency) -> Duration {
        let hours = match urgency {
            Urgency::Acute => self.acute,
            Urgency::Urgent => self.urgent,
            Urgency::Normal => self.normal,
        };
        Duration::from_secs(hours as u64 * 3_600)
    }

    /// Whether each of them is between an hour and a year.
    #[must_use]
    pub fn is_sensible(&self) -> bool {
        [self.acute, self.urgent, self.normal]
            .iter()
            .all(|hours| (1..=8_784).contains(hours))
    }
}
