//! `receiver keys …`.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use framme_shared::{db::sealing::MasterKeys, runtime::exit::Exit};
use indicatif::ProgressBar;
use serde_json::json;

use super::{
    Common,
    failure::Usage,
    output,
    setup::{configuration, direct},
};
use crate::keys::rewrap_all;

/// Master keys.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Makes the configured key file with one new key. An existing file is never overwritten.
    Generate {
        /// The key's name, for example the month of its making.
        #[arg(long, default_value = "master-1")]
        name: String,
    },
    /// Puts a new key first into the key file. What comes in is sealed under it at once, also by a running service.
    Add {
        /// The key's name: none that is in the file.
        #[arg(long)]
        name: String,
    },
    /// Wraps every data key with the first master key of the file. Content is not touched; the service may run, and the
    /// command may be killed and repeated at any time. Afterwards older master keys can be taken out of the file.
    Rewrap,
}

impl Keys {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<Exit> {
        match self {
            Self::Generate { name } => {
                let file = key_file(common)?;
                MasterKeys::create_file(&file, &name)?;
                Ok(report(common, &file, &name))
            }
            Self::Add { name } => {
                let file = key_file(common)?;
                MasterKeys::add_to_file(&file, &name)?;
                Ok(report(common, &file, &name))
            }
            Self::Rewrap => rewrap(common).await,
        }
    }
}

fn key_file(common: &Common) -> anyhow::Result<PathBuf> {
    let configured = configuration(common)?.database.master_key_file;
    configured.ok_or_else(|| Usage("set database.master_key_file: it says where the file is".to_owned()).into())
}

fn report(common: &Common, file: &Path, name: &str) -> Exit {
    output::print(common.json, &json!({ "file": file, "name": name }), || {
        vec![
            format!("{} holds the new master key {name}.", file.display()),
            "Keep a copy apart from the database and its backups: without it nothing can be read.".to_owned(),
        ]
    });
    Exit::Ok
}

async fn rewrap(common: &Common) -> anyhow::Result<Exit> {
    let config = configuration(common)?;
    let core = direct(&config).await?;
    let progress = ProgressBar::new_spinner();
    let rewrapped = rewrap_all(&core, |rewrapped| progress.set_position(rewrapped)).await?;
    progress.finish_and_clear();
    let value = json!({ "rewrapped": rewrapped, "master_key": core.keys.current() });
    output::print(common.json, &value, || {
        vec![format!(
            "{rewrapped} data keys are now wrapped by {}",
            core.keys.current()
        )]
    });
    core.db.close().await;
    Ok(Exit::Ok)
}
