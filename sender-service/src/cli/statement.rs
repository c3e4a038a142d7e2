//! Daily statements.

use std::{fs::File, io::Write as _, path::PathBuf};

use clap::Subcommand;
use framme_shared::{
    domain::organisation::OrganisationNumber,
    runtime::exit::Exit,
    wire::{
        pb::sender::{GetStatementRequest, ListStatementsRequest, ListStatementsResponse},
        statement,
    },
};

use super::{Session, json, outcome::CommandError};

#[derive(Debug, Subcommand)]
pub(super) enum StatementCommand {
    /// The days that have a statement of either side, newest first.
    List {
        /// Only those exchanged with this receiver.
        #[arg(long, value_name = "ORG")]
        peer: Option<OrganisationNumber>,
    },
    /// Write both sides' signed texts of a day to a file, verbatim: the own one, then the receiver's, one on a line.
    Export {
        /// The receiver's organisation number.
        peer: OrganisationNumber,
        /// The day, as 2026-11-24.
        day: String,
        /// Where to; must not exist yet.
        #[arg(long, value_name = "FILE")]
        output: PathBuf,
    },
}

pub(super) async fn run(session: &Session, command: StatementCommand) -> Result<Exit, CommandError> {
    match command {
        StatementCommand::List { peer } => list(session, peer).await,
        StatementCommand::Export { peer, day, output } => export(session, &peer, day, &output).await,
    }
}

async fn list(session: &Session, peer: Option<OrganisationNumber>) -> Result<Exit, CommandError> {
    let mut client = session.statements()?;
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
    if session.json {
        json::print("framme.sender.v1.ListStatementsResponse", &all);
    } else {
        all.days.iter().for_each(|day| println!("{}", statement::line(day)));
    }
    Ok(Exit::Ok)
}

async fn export(
    session: &Session,
    peer: &OrganisationNumber,
    day: String,
    output: &PathBuf,
) -> Result<Exit, CommandError> {
    let request = GetStatementRequest {
        organisation: peer.to_string(),
        day,
    };
    let texts = session.statements()?.get_statement(request).await?.into_inner();
    let content = statement::file(&texts.own_statement, &texts.peer_statement);
    let written = File::create_new(output).and_then(|mut file| {
        file.write_all(content.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|error| CommandError::Failed(format!("{} cannot be written: {error}", output.display())))?;
    for (missing, whose) in [(&texts.own_statement, "own"), (&texts.peer_statement, "receiver's")] {
        if missing.is_empty() {
            eprintln!("sender: the {whose} statement of this day is not there");
        }
    }
    Ok(Exit::Ok)
}
