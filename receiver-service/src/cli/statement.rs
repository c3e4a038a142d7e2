//! `receiver statement …`.

use std::{fs::File, io::Write as _, path::PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use framme_shared::{
    domain::organisation::OrganisationNumber,
    runtime::exit::Exit,
    wire::{
        pb::receiver::{GetStatementRequest, ListStatementsRequest, ListStatementsResponse},
        statement,
    },
};

use super::{Common, client, output};

/// Daily statements.
#[derive(Debug, Subcommand)]
pub enum Statement {
    /// The days that have a statement of either side, newest first.
    List {
        /// Only those exchanged with this sender.
        #[arg(long, value_name = "ORG")]
        peer: Option<OrganisationNumber>,
    },
    /// Writes both sides' signed texts of a day to a file, verbatim: the own one, then the sender's, one on a line.
    Export {
        /// The sender's organisation number.
        peer: OrganisationNumber,
        /// The day, as 2026-11-24.
        day: String,
        /// Where to; must not exist yet.
        #[arg(long, value_name = "FILE")]
        output: PathBuf,
    },
}

impl Statement {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<Exit> {
        match self {
            Self::List { peer } => list(common, peer).await,
            Self::Export { peer, day, output } => export(common, &peer, day, &output).await,
        }
    }
}

async fn list(common: &Common, peer: Option<OrganisationNumber>) -> anyhow::Result<Exit> {
    let mut client = client::statements(common)?;
    let mut all = ListStatementsResponse::default();
    loop {
        let request = ListStatementsRequest {
            page_size: 1_000,
            page_token: all.next_page_token,
            organisation: peer.map(|peer| peer.to_string()).unwrap_or_default(),
        };
        let page = client.list_statements(request).await?.into_inner();
        all.days.extend(page.days);
        all.next_page_token = page.next_page_token;
        if all.next_page_token.is_empty() {
            break;
        }
    }
    output::message(common.json, "framme.receiver.v1.ListStatementsResponse", &all, || {
        all.days.iter().map(statement::line).collect()
    });
    Ok(Exit::Ok)
}

async fn export(common: &Common, peer: &OrganisationNumber, day: String, path: &PathBuf) -> anyhow::Result<Exit> {
    let request = GetStatementRequest {
        organisation: peer.to_string(),
        day,
    };
    let texts = client::statements(common)?.get_statement(request).await?.into_inner();
    let content = statement::file(&texts.own_statement, &texts.peer_statement);
    let written = File::create_new(path).and_then(|mut file| {
        file.write_all(content.as_bytes())?;
        file.sync_all()
    });
    written.with_context(|| format!("{} cannot be written", path.display()))?;
    for (missing, whose) in [(&texts.own_statement, "own"), (&texts.peer_statement, "sender's")] {
        if missing.is_empty() {
            eprintln!("receiver: the {whose} statement of this day is not there");
        }
    }
    Ok(Exit::Ok)
}
