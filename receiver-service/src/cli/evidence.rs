//! `receiver evidence`.

use clap::Subcommand;
use framme_shared::runtime::{
    clock::{Clock as _, SystemClock},
    evidence::VerifyEvidence,
    exit::Exit,
};

use super::Common;

/// What can be done with evidence here.
#[derive(Debug, Subcommand)]
pub enum Evidence {
    /// Checks an evidence package, and says who knew what when, what was delivered and what is missing. Needs no
    /// configuration, no database and no network.
    Verify(VerifyEvidence),
}

impl Evidence {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<Exit> {
        let Self::Verify(verify) = self;
        Ok(verify.run(common.json, SystemClock.now())?)
    }
}
