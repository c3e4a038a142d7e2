//! Looks for faults in what a receiver has: never changes anything.

mod chains;
mod contents;
mod waiting;

use framme_shared::{
    runtime::diagnosis::{Extent, Finding, own_certificate},
    workers::notification,
};

use crate::{config::Config, core::Core, error::Refusal};

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
    let mut findings = vec![own_certificate(&config.tls.certificate, core.clock.now())];
    findings.extend(chains::all(core, config, &mut progress).await?);
    findings.push(contents::open(core, extent, &mut progress).await?);
    findings.extend(waiting::all(core).await?);
    findings.extend(people(core, config).await?);
    Ok(findings)
}

/// Whether people are told of what waits for them.
async fn people(core: &Core, config: &Config) -> Result<Vec<Finding>, Refusal> {
    match config.notification.checked(&config.contacts) {
        Ok(told) => {
            let reader = core.db.reader();
            Ok(notification::examine(reader, &told, config.production, core.clock.now()).await?)
        }
        Err(error) => Ok(vec![Finding::fault("notification", error.to_string())]),
    }
}
