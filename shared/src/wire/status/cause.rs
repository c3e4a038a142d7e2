//! What the log says about a failure, and nobody else.

use std::{
    error::Error,
    fmt::{self, Write as _},
    hash::{BuildHasher as _, RandomState},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// Why something of ours failed: for the log, under an id that the peer is given. It does not print by `Debug` or
/// `Display`, so that it cannot end up in an answer.
pub struct Cause {
    text: String,
    incident: String,
}

impl Cause {
    /// Takes an error with all its sources. The text must hold no personal data, as no error text does.
    pub fn of(error: &dyn Error) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            write!(text, ": {error}").expect("writing to a string does not fail");
            source = error.source();
        }
        Self::saying(text)
    }

    /// Takes a sentence.
    pub fn saying(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            incident: next_incident(),
        }
    }

    /// For the log.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Under which id the log has it.
    pub fn incident(&self) -> &str {
        &self.incident
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cause(incident {})", self.incident)
    }
}

/// Unique enough to search a log for: the process's own mark and a number. It decides nothing, so it is not drawn from
/// the injected randomness.
fn next_incident() -> String {
    static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one("process"));
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    format!(
        "{:08x}-{}",
        *PROCESS & 0xffff_ffff,
        NUMBER.fetch_add(1, Ordering::Relaxed)
    )
}
