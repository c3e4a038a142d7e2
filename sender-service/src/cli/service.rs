//! Running the service, and preparing to.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use framme_shared::{
    db::Database,
    runtime::{
        clock::{Clock as _, SystemClock},
        exit::Exit,
        random::OsRandom,
        telemetry,
    },
};

use super::{Session, outcome::CommandError};
use crate::{
    service::{Addresses, Sender},
    store::SCHEMA,
};

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Write the addresses that are served, as JSON, once they are. Ports may be configured as 0.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
}

pub(super) async fn serve(session: &Session, arguments: Serve) -> Result<Exit, CommandError> {
    let config = session.config()?;
    telemetry::init(config.log_format).map_err(|error| CommandError::Failed(error.to_string()))?;
    let sender = Sender::start(config, Arc::new(SystemClock), Arc::new(OsRandom)).await?;
    tracing::info!(local.address = %sender.addresses().local, "The sender serves");
    if let Some(path) = &arguments.ready_file {
        write_ready_file(path, sender.addresses())?;
    }
    Ok(sender.run().await)
}

/// Whole or not at all: whoever waits for it may read it at any moment.
fn write_ready_file(path: &PathBuf, addresses: &Addresses) -> Result<(), CommandError> {
    let failed = |error: &dyn std::fmt::Display| CommandError::Failed(format!("{}: {error}", path.display()));
    let text = serde_json::to_string(addresses).map_err(|error| failed(&error))?;
    let fresh = path.with_extension("fresh");
    fs::write(&fresh, text).map_err(|error| failed(&error))?;
    fs::rename(&fresh, path).map_err(|error| failed(&error))
}

pub(super) async fn migrate(session: &Session) -> Result<Exit, CommandError> {
    let config = session.config()?;
    let report = Database::migrate(&config.database, &SCHEMA, SystemClock.now()).await?;
    for (number, name) in &report.applied {
        println!("applied {number} {name}");
    }
    println!("The schema is at version {}.", report.version);
    Ok(Exit::Ok)
}

pub(super) async fn backup(session: &Session, file: &Path) -> Result<Exit, CommandError> {
    Database::backup(&session.config()?.database, file).await?;
    println!(
        "{} is a copy of the database. The master keys are not in it.",
        file.display()
    );
    Ok(Exit::Ok)
}
