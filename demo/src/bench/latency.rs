//! Latencies of one stage.

use std::{fmt, time::Duration};

use hdrhistogram::Histogram;

/// One hour in microseconds: whatever takes longer is told as this.
const ONE_HOUR: u64 = 3_600_000_000;

/// Microseconds, to three digits.
#[derive(Debug, Clone)]
pub(super) struct Latency {
    name: &'static str,
    histogram: Histogram<u64>,
}

impl Latency {
    pub(super) fn new(name: &'static str) -> Self {
        Self {
            name,
            histogram: Histogram::new_with_bounds(1, ONE_HOUR, 3).expect("one hour in three digits is allowed"),
        }
    }

    pub(super) fn record(&mut self, took: Duration) {
        self.histogram
            .saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = |quantile| self.histogram.value_at_quantile(quantile) as f64 / 1_000.0;
        write!(
            f,
            "{:<34} {:>10.2} {:>10.2} {:>10.2}",
            self.name,
            milliseconds(0.5),
            milliseconds(0.99),
            milliseconds(1.0)
        )
    }
}
