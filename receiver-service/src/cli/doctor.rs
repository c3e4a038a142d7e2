//! `receiver doctor`.

use clap::Args;
use framme_shared::runtime::exit::Exit;
use indicatif::ProgressBar;
use serde_json::json;

use super::{
    Common, output,
    setup::{configuration, direct},
};
use crate::doctor::{Extent, Finding, examine};

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
        let extent = if self.full {
            Extent::Everything
        } else {
            Extent::Sample(200)
        };
        let mut findings = vec![Finding::good("database", "settings, schema and ledger hold")];
        findings.extend(examine(&core, &config, extent, || progress.inc(1)).await?);
        progress.finish_and_clear();
        core.db.close().await;
        let is_well = findings.iter().all(|finding| finding.is_good);
        let value = json!({ "is_well": is_well, "findings": findings });
        output::print(common.json, &value, || findings.iter().map(line).collect());
        Ok(if is_well { Exit::Ok } else { Exit::Fault })
    }
}

fn line(finding: &Finding) -> String {
    let mark = if finding.is_good { "ok   " } else { "FAULT" };
    format!("{mark}  {}: {}", finding.check, finding.text)
}
