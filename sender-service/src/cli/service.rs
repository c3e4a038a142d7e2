//! Running the service, and preparing to.

use std::{fs, path::PathBuf, sync::Arc};

use clap::Args;
use framme_shared::{
    db::{Database, sealing::MasterKeys},
    runtime::{
        clock::{Clock as _, SystemClock},
        connect::parse_endpoint,
        exit::Exit,
        random::OsRandom,
        telemetry,
        tls::TlsStore,
    },
};

use super::{Session, outcome::CommandError};
use crate::{
    service::{Addresses, Sender, StartError},
    store::SCHEMA,
    trust::ReceiptTrust,
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

pub(super) fn check_config(session: &Session) -> Result<Exit, CommandError> {
    let config = session.config()?;
    config.check()?;
    for receiver in &config.receivers {
        parse_endpoint(&receiver.endpoint).map_err(|source| StartError::Endpoint {
            receiver: receiver.organisation,
            source,
        })?;
    }
    let keys = MasterKeys::load(config.database.master_key_file.as_deref())?;
    let tls = TlsStore::load(config.tls.clone(), Arc::new(SystemClock)).map_err(StartError::from)?;
    let certificate = tls.own_identity().map_err(StartError::from)?.organisation;
    if certificate != config.organisation {
        return Err(StartError::Organisation {
            certificate,
            configured: config.organisation,
        }
        .into());
    }
    if let Some(files) = &config.local.tls {
        TlsStore::load(files.clone(), Arc::new(SystemClock)).map_err(StartError::from)?;
    }
    ReceiptTrust::load(&config.tls).map_err(StartError::from)?;
    println!("organisation     {certificate}");
    println!("receivers        {}", config.receivers.len());
    println!("local interface  {}", config.local.address);
    println!("master key       {}", keys.current());
    println!("The configuration can be used.");
    Ok(Exit::Ok)
}
