//! Looks for faults in what a sender has: never changes anything, and may run beside the service.

mod chains;
mod children;
mod contents;
mod exchange;

use framme_shared::{
    db::{Database, StoreError, sealing::MasterKeys},
    runtime::diagnosis::{Extent, Finding, own_certificate},
    workers::notification,
};
use jiff::Timestamp;

use crate::config::Config;

/// What is looked at.
pub struct Subject<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The database, which has just been opened: that checks settings, schema and ledger.
    pub database: &'a Database,
    /// The keys that its content is sealed under.
    pub keys: &'a MasterKeys,
    /// Now.
    pub now: Timestamp,
}

/// Every check but those that opening the database makes; `progress` is called now and then.
///
/// # Errors
/// Those of the database. A fault that was found is no error.
pub async fn examine(
    subject: &Subject<'_>,
    extent: Extent,
    mut progress: impl FnMut(),
) -> Result<Vec<Finding>, StoreError> {
    let mut findings = vec![own_certificate(&subject.config.tls.certificate, subject.now)];
    findings.extend(exchange::all(subject, &mut progress).await?);
    findings.extend(chains::all(subject, &mut progress).await?);
    findings.extend(children::all(subject, &mut progress).await?);
    findings.push(contents::open(subject, extent, &mut progress).await?);
    findings.extend(people(subject).await?);
    Ok(findings)
}

/// Whether people are told of what waits for them.
async fn people(subject: &Subject<'_>) -> Result<Vec<Finding>, StoreError> {
    let config = subject.config;
    match config.notification.checked(&config.contacts) {
        Ok(told) => notification::examine(subject.database.reader(), &told, config.production, subject.now).await,
        Err(error) => Ok(vec![Finding::fault("notification", error.to_string())]),
    }
}

/// Damage is a finding; a database that cannot be read is an error.
fn damage(error: StoreError) -> Result<String, StoreError> {
    match error {
        StoreError::Corrupt { .. } => Ok(error.to_string()),
        other => Err(other),
    }
}
