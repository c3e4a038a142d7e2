//! What `sender doctor` and `receiver doctor` share: looking for faults in what a service has, without changing it.

mod certificate;
mod chain;
mod faults;
mod tls_files;

use std::error::Error;

use serde::Serialize;
use serde_json::json;

pub use self::{certificate::own_certificate, chain::ChainCheck, faults::Faults, tls_files::tls_files};
use super::{exit::Exit, telemetry::Causes};

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which check.
    pub check: String,
    /// Whether all is well.
    pub is_good: bool,
    /// What was found, without personal data.
    pub text: String,
}

impl Finding {
    /// All is well.
    #[must_use]
    pub fn good(check: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            check: check.into(),
            is_good: true,
            text: text.into(),
        }
    }

    /// A person must look.
    #[must_use]
    pub fn fault(check: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            is_good: false,
            ..Self::good(check, text)
        }
    }

    /// Good when there is a value, in these words; else a fault, in those of the error and its causes.
    #[must_use]
    pub fn of<T, E: Error + 'static>(check: &str, result: Result<T, E>, words: impl FnOnce(T) -> String) -> Self {
        match result {
            Ok(value) => Self::good(check, words(value)),
            Err(error) => Self::fault(check, Causes(&error).to_string()),
        }
    }

    fn line(&self) -> String {
        let mark = if self.is_good { "ok   " } else { "FAULT" };
        format!("{mark}  {}: {}", self.check, self.text)
    }
}

/// How much of the sealed content is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// So many contents, spread over all ids.
    Sample(u32),
    /// Every content and every file.
    Everything,
}

impl Extent {
    /// As `--full` says: everything, or a sample of 200 contents.
    #[must_use]
    pub const fn of_flag(full: bool) -> Self {
        if full { Self::Everything } else { Self::Sample(200) }
    }
}

/// Prints findings, a line each or as JSON, and tells how the command ends: [`Exit::Fault`] when there is a fault.
pub fn print(findings: &[Finding], as_json: bool) -> Exit {
    let is_well = findings.iter().all(|finding| finding.is_good);
    if as_json {
        println!("{:#}", json!({ "is_well": is_well, "findings": findings }));
    } else {
        for finding in findings {
            println!("{}", finding.line());
        }
    }
    if is_well { Exit::Ok } else { Exit::Fault }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_fault_among_good_findings_decides_the_exit_code() {
        let good = Finding::good("database", "it holds");
        let fault = Finding::fault("certificate", "it expired");
        assert_eq!(print(std::slice::from_ref(&good), false), Exit::Ok);
        assert_eq!(print(&[good, fault.clone()], true), Exit::Fault);
        assert_eq!(fault.line(), "FAULT  certificate: it expired");
    }
}
