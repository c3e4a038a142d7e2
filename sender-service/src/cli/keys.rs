//! Master keys: making one, and rotation.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Subcommand;
use framme_shared::{
    db::sealing::MasterKeys,
    runtime::{clock::SystemClock, exit::Exit, telemetry::Causes},
};
use indicatif::ProgressBar;
use serde_json::json;

use super::{Session, outcome::CommandError};
use crate::{service::open_database, submission::rewrap::rewrap_all};

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Make the configured key file with one new key, readable by its owner only. Never overwrites one.
    Generate {
        /// The key's name, for example the month of its making.
        #[arg(long, default_value = "master-1")]
        name: String,
    },
    /// Put a new key first into the key file. New reports are sealed under it at once, also by a running service.
    Add {
        /// The key's name: none that is in the file.
        #[arg(long)]
        name: String,
    },
    /// Wrap every report's data key by the first master key of the file. Content is not touched; the service may run,
    /// and the command may be killed and repeated at any time. Afterwards older keys can be taken out of the file.
    Rewrap,
}

pub(super) async fn run(session: &Session, command: KeysCommand) -> Result<Exit, CommandError> {
    match command {
        KeysCommand::Generate { name } => {
            let file = key_file(session)?;
            MasterKeys::create_file(&file, &name)?;
            report(session, &file, &name);
        }
        KeysCommand::Add { name } => {
            let file = key_file(session)?;
            MasterKeys::add_to_file(&file, &name)?;
            report(session, &file, &name);
        }
        KeysCommand::Rewrap => rewrap(session).await?,
    }
    Ok(Exit::Ok)
}

fn key_file(session: &Session) -> Result<PathBuf, CommandError> {
    let configured = session.config()?.database.master_key_file;
    configured.ok_or_else(|| CommandError::Usage("set database.master_key_file: it says where the file is".to_owned()))
}

fn report(session: &Session, file: &Path, name: &str) {
    if session.json {
        println!("{:#}", json!({ "file": file, "name": name }));
    } else {
        println!("{} holds the new master key {name}.", file.display());
        println!("Keep a copy apart from the database and its backups: without it nothing can be read.");
    }
}

async fn rewrap(session: &Session) -> Result<(), CommandError> {
    let config = session.config()?;
    let keys = MasterKeys::load(config.database.master_key_file.as_deref())?;
    let database = open_database(&config, Arc::new(SystemClock)).await?;
    let bar = ProgressBar::new_spinner();
    let done = rewrap_all(&database, &keys, |done| {
        bar.set_message(format!("{done} keys"));
        bar.tick();
    })
    .await;
    bar.finish_and_clear();
    database.close().await;
    let done = done.map_err(|error| CommandError::Failed(Causes(&error).to_string()))?;
    if session.json {
        println!("{:#}", json!({ "rewrapped": done, "master_key": keys.current() }));
    } else {
        println!("{done} data keys are now wrapped by {}.", keys.current());
    }
    Ok(())
}
