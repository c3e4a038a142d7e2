//! `receiver serve`.

use std::{fs, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use clap::Args;
use framme_shared::runtime::{exit::Exit, random::OsRandom, telemetry};

use super::{
    Common,
    setup::{clock, configuration},
};
use crate::Receiver;

/// Options of `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Once it serves, write the addresses to this file as JSON: {"exchange": …, "local": …}.
    #[arg(long)]
    ready_file: Option<PathBuf>,
}

impl Serve {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<Exit> {
        let config = configuration(common)?;
        telemetry::init(config.log_format)?;
        let receiver = Receiver::start(config, clock(), Arc::new(OsRandom)).await?;
        if let Some(path) = &self.ready_file {
            write_whole(path, &serde_json::to_string(receiver.addresses())?)
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
        Ok(receiver.run().await)
    }
}

/// Whoever waits for the file finds all of it or nothing.
fn write_whole(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    fs::write(&beside, text)?;
    fs::rename(&beside, path)
}
