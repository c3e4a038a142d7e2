//! `receiver doctor`.

use clap::Args;
use framme_shared::runtime::{
    diagnosis::{self, Extent, Finding},
    exit::Exit,
};
use indicatif::ProgressBar;

use super::{
    Common,
    setup::{configuration, direct},
};
use crate::doctor::examine;

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
        // Opening checks settings, schema and the ledger from its first entry.
        let core = direct(&config).await?;
        let progress = ProgressBar::new_spinner();
        let mut findings = vec![Finding::good("database", "settings, schema and ledger hold")];
        findings.extend(examine(&core, &config, Extent::of_flag(self.full), || progress.inc(1)).await?);
        progress.finish_and_clear();
        core.db.close().await;
        Ok(diagnosis::print(&findings, common.json))
    }
}
