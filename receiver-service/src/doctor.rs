//! Looks for faults in what a receiver has: never changes anything.

mod certificates;
mod chains;
mod contents;
mod waiting;

use serde::Serialize;

use crate::{config::Config, core::Core, error::Refusal};

/// What one check found.
#[derive(Debug, Clone, Serialize)]
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
}

/// How much of the sealed content is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// So many contents, spread over all ids.
    Sample(u32),
    /// Every content and every file.
    Everything,
}

/// Every check but those that opening the database makes; `progress` is called now and then.
///
/// # Errors
/// Those of the database. A fault that was found is no error.
pub async fn examine(
    core: &Core,
    config: &Config,
    extent: Extent,
    mut progress: impl FnMut(),
) -> Result<Vec<Finding>, Refusal> {
    let mut findings = vec![certificates::own(config, core.clock.now())];
    findings.extend(chains::all(core, config, &mut progress).await?);
    findings.push(contents::open(core, extent, &mut progress).await?);
    findings.extend(waiting::all(core).await?);
    Ok(findings)
}
