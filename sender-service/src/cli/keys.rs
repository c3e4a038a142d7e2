//! Master keys: making one, and rotation.

use std::{path::PathBuf, sync::Arc};

use clap::Subcommand;
use framme_shared::{
    db::sealing::MasterKeys,
    runtime::{clock::SystemClock, exit::Exit},
};
use indicatif::ProgressBar;

use super::{Session, outcome::CommandError};
use crate::{service::open_database, submission::rewrap::rewrap_all};

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Make a key file with one new key, readable by its owner only. Never overwrites one.
    Generate {
        /// The key's name, for example the year.
        #[arg(long, default_value = "first")]
        name: String,
        /// Where; as configured, if left out.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Wrap every report's data key by the current master key: the first in the key file. Put a new key first in the
    /// file, restart the service, run this, and then remove the old key. May be stopped anywhere and begun again.
    Rewrap,
}

pub(super) async fn run(session: &Session, command: KeysCommand) -> Result<Exit, CommandError> {
    match command {
        KeysCommand::Generate { name, file } => generate(session, &name, file),
        KeysCommand::Rewrap => rewrap(session).await,
    }
}

fn generate(session: &Session, name: &str, file: Option<PathBuf>) -> Result<Exit, CommandError> {
    let file = match file {
        Some(file) => file,
        None => {
            let configured = session.config()?.database.master_key_file;
            configured
                .ok_or_else(|| CommandError::Usage("give --file, or configure database.master_key_file".to_owned()))?
        }
    };
    MasterKeys::create_file(&file, name)?;
    println!(
        "{} holds a new master key. Back it up apart from the database.",
        file.display()
    );
    Ok(Exit::Ok)
}

async fn rewrap(session: &Session) -> Result<Exit, CommandError> {
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
    let done = done.map_err(|error| CommandError::Failed(error.to_string()))?;
    println!("{done} data keys were wrapped anew by {}.", keys.current());
    Ok(Exit::Ok)
}
