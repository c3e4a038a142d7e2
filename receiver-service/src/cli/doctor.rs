//! `receiver doctor`.

use clap::Args;
use framme_shared::{
    db::OpenError,
    runtime::{
        diagnosis::{self, Extent, Finding},
        exit::Exit,
        telemetry::Causes,
    },
};
use indicatif::ProgressBar;

use super::{
    Common,
    setup::{configuration, direct},
};
use crate::{Config, StartError, doctor::examine};

/// Options of `doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Opens every content and every file, instead of a sample of 200 contents.
    #[arg(long)]
    full: bool,
}

impl Doctor {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<Exit> {
        let config = configuration(common)?;
        let progress = ProgressBar::new_spinner();
        let findings = findings(&config, Extent::of_flag(self.full), &progress).await?;
        progress.finish_and_clear();
        Ok(diagnosis::print(&findings, common.json))
    }
}

async fn findings(config: &Config, extent: Extent, progress: &ProgressBar) -> anyhow::Result<Vec<Finding>> {
    // Opening checks settings, schema and the ledger from its first entry.
    let core = match direct(config).await {
        Ok(core) => core,
        Err(StartError::Database(error)) if !matches!(error, OpenError::Connect(_)) => {
            return Ok(vec![Finding::fault("database", Causes(&error).to_string())]);
        }
        Err(error) => return Err(error.into()),
    };
    let mut findings = vec![Finding::good("database", "settings, schema and ledger hold")];
    let found = examine(&core, config, extent, || progress.inc(1)).await;
    core.db.close().await;
    findings.extend(found?);
    Ok(findings)
}
