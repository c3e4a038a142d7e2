//! The log: lines on standard error, as text for people or JSON for machines. Never personal data: see `Sensitive`.

use std::{fmt, io};

use serde::Deserialize;
use tracing_subscriber::{EnvFilter, filter::Directive, fmt::format::FmtSpan};

pub use crate::domain::sensitive::Sensitive;

/// The environment variable that chooses what is logged, in the syntax of `tracing_subscriber::EnvFilter`.
pub const FILTER_VARIABLE: &str = "FRAMME_LOG";

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One line for people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// A log that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// [`FILTER_VARIABLE`] is no filter.
    #[error("{FILTER_VARIABLE} is no log filter")]
    Filter(#[from] tracing_subscriber::filter::FromEnvError),
    /// This process has a log already.
    #[error("the log was started twice")]
    Twice,
}

/// Starts the log of this process: level `info` unless [`FILTER_VARIABLE`] says otherwise. Lines go to standard error
/// unbuffered, so there is nothing to flush.
///
/// # Errors
/// See [`TelemetryError`].
pub fn init(format: LogFormat) -> Result<(), TelemetryError> {
    let filter = EnvFilter::builder()
        .with_default_directive(Directive::from(tracing::Level::INFO))
        .with_env_var(FILTER_VARIABLE)
        .from_env()?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_span_events(FmtSpan::NONE);
    let started = match format {
        LogFormat::Text => lines.with_ansi(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    started.map_err(|_twice| TelemetryError::Twice)
}

/// An error with its causes in one line, outermost first: what a log line's `error` field holds.
pub struct Causes<'a>(pub &'a (dyn std::error::Error + 'static));

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the letter was lost")]
    struct Lost(#[source] io::Error);

    #[test]
    fn causes_stand_in_one_line_outermost_first() {
        let lost = Lost(io::Error::other("the bag had a hole"));
        assert_eq!(Causes(&lost).to_string(), "the letter was lost: the bag had a hole");
    }
}
