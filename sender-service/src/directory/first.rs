//! The directory that a service begins with, and whose workers run from the beginning.

use std::collections::BTreeMap;

use framme_shared::{
    db::{Database, StoreError},
    domain::{directory::Directory, organisation::OrganisationNumber},
    runtime::telemetry::Causes,
};

use super::{RefuseDirectory, TakeDirectory, load, parse};
use crate::{
    config::Config,
    service::StartError,
    store::{directory, receiver},
};

/// The directory that the configuration names, taken; when that is broken, the one that was taken last, and a task.
///
/// # Errors
/// When it is broken and none was ever taken, or storage fails.
pub async fn in_force(config: &Config, database: &Database) -> Result<Directory, StartError> {
    match load(config) {
        Ok(loaded) => {
            let change = TakeDirectory::new(&loaded.directory, loaded.text);
            database.change(change).await?;
            Ok(loaded.directory)
        }
        Err(broken) => {
            let Some(kept) = kept(database).await? else {
                return Err(broken.into());
            };
            let faults = Causes(&broken).to_string();
            tracing::error!(error = %faults, "The directory is broken: the one that was taken last stays in force");
            database.change(RefuseDirectory { faults }).await?;
            Ok(kept)
        }
    }
}

async fn kept(database: &Database) -> Result<Option<Directory>, StoreError> {
    let text = directory::kept(database.reader()).await?;
    // It was checked when it was taken, though perhaps by an older program with fewer rules.
    Ok(text.and_then(|text| parse(&text).ok()))
}

/// The receivers whose workers run from the beginning, with where each is: those of the directory, and those that it names
/// no more while something is open with them.
///
/// # Errors
/// When storage fails.
pub async fn receivers_of(
    directory: &Directory,
    database: &Database,
) -> Result<Vec<(OrganisationNumber, String)>, StoreError> {
    let mut receivers: BTreeMap<OrganisationNumber, String> = directory
        .services()
        .filter_map(|service| Some((service.organisation, service.endpoint.as_ref()?.expose().to_owned())))
        .collect();
    let reader = database.reader();
    for (organisation, endpoint) in receiver::all_endpoints(reader).await? {
        let Some(endpoint) = endpoint.filter(|_| !receivers.contains_key(&organisation)) else {
            continue;
        };
        if receiver::open_with(reader, &organisation).await?.children > 0 {
            receivers.insert(organisation, endpoint);
        }
    }
    Ok(receivers.into_iter().collect())
}
