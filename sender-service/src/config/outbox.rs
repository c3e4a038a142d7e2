//! How the outbox delivers.

use std::time::Duration;

use framme_shared::domain::retry::{Backoff, InvalidBackoff};
use serde::Deserialize;

/// How the outbox delivers.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutboxConfig {
    /// Deliveries under way to one receiver at once, 1-256. Default 120.
    pub in_flight: u32,
    /// How long a worker may hold a delivery before another may take it, in seconds. Default 30.
    pub lease_seconds: u64,
    /// The longest first wait after a failure, in milliseconds. Default 1,000.
    pub backoff_base_ms: u64,
    /// The longest wait after any failure, in milliseconds. Default 300,000.
    pub backoff_cap_ms: u64,
    /// How often an idle worker looks for work that nothing woke it for, in milliseconds. Default 1,000.
    pub poll_ms: u64,
}

impl Default for OutboxConfig {
    fn default() -> Self {
        Self {
            in_flight: 120,
            lease_seconds: 30,
            backoff_base_ms: 1_000,
            backoff_cap_ms: 300_000,
            poll_ms: 1_000,
        }
    }
}

impl OutboxConfig {
    /// How long to wait after failures.
    ///
    /// # Errors
    /// When the base is zero or more than the cap.
    pub fn backoff(&self) -> Result<Backoff, InvalidBackoff> {
        Backoff::new(
            Duration::from_millis(self.backoff_base_ms),
            Duration::from_millis(self.backoff_cap_ms),
        )
    }

    /// How long a claim holds.
    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds)
    }

    /// How long an idle worker waits.
    pub fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_ms)
    }
}
