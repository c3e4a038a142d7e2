//! What a person should look at.

use std::sync::Arc;

use clap::Args;
use framme_shared::{
    db::{OpenError, sealing::MasterKeys},
    runtime::{
        clock::{Clock as _, SystemClock},
        diagnosis::{self, Extent, Finding},
        exit::Exit,
        telemetry::Causes,
    },
};
use indicatif::ProgressBar;

use super::{Session, outcome::CommandError};
use crate::{
    Config,
    doctor::{Subject, examine},
    service::open_database,
};

#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Open every content and every file, instead of a sample of 200 contents.
    #[arg(long)]
    full: bool,
}

pub(super) async fn doctor(session: &Session, arguments: Doctor) -> Result<Exit, CommandError> {
    let config = session.config()?;
    let progress = ProgressBar::new_spinner();
    let findings = findings(&config, Extent::of_flag(arguments.full), &progress).await?;
    progress.finish_and_clear();
    Ok(diagnosis::print(&findings, session.json))
}

async fn findings(config: &Config, extent: Extent, progress: &ProgressBar) -> Result<Vec<Finding>, CommandError> {
    let keys = MasterKeys::load(config.database.master_key_file.as_deref())?;
    let database = match open_database(config, Arc::new(SystemClock)).await {
        Ok(database) => database,
        Err(error @ OpenError::Connect(_)) => return Err(error.into()),
        Err(error) => return Ok(vec![Finding::fault("database", Causes(&error).to_string())]),
    };
    let subject = Subject {
        config,
        database: &database,
        keys: &keys,
        now: SystemClock.now(),
    };
    let mut findings = vec![Finding::good("database", "settings, schema and ledger hold")];
    let found = examine(&subject, extent, || progress.inc(1)).await;
    database.close().await;
    findings.extend(found?);
    Ok(findings)
}
