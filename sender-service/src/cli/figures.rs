//! Figures: what is not delivered now, the signed figures of a period, and the table of the whole country.

mod export;
mod lines;
mod merge;
mod national;

use clap::{Args, Subcommand};
use framme_shared::{runtime::exit::Exit, wire::pb::sender::GetFiguresRequest};

use super::{Session, json, outcome::CommandError};

#[derive(Debug, Args)]
pub(super) struct Figures {
    /// Without one: reports and children per police district now, delivered and not.
    #[command(subcommand)]
    command: Option<FiguresCommand>,
}

#[derive(Debug, Subcommand)]
enum FiguresCommand {
    /// Write the signed figures of a district and a period, for the police directorate.
    Export(export::Export),
    /// Merge the signed files of all districts into one table that counts no event twice. Needs no service, database or
    /// configuration. Ends with 6 when a file is refused or a check fails.
    Merge(merge::Merge),
}

pub(super) async fn run(session: &Session, arguments: Figures) -> Result<Exit, CommandError> {
    match arguments.command {
        None => now(session).await,
        Some(FiguresCommand::Export(arguments)) => export::export(session, arguments).await,
        Some(FiguresCommand::Merge(arguments)) => merge::merge(session, &arguments),
    }
}

async fn now(session: &Session) -> Result<Exit, CommandError> {
    let figures = session.client()?.get_figures(GetFiguresRequest {}).await?.into_inner();
    if session.json {
        json::print("framme.sender.v1.GetFiguresResponse", &figures);
        return Ok(Exit::Ok);
    }
    println!(
        "{:<20} {:>8} {:>9} {:>14} {:>20} {:>10} {:>23}",
        "police district",
        "reports",
        "children",
        "not delivered",
        "children in those",
        "delivered",
        "children not delivered"
    );
    for district in &figures.districts {
        println!(
            "{:<20} {:>8} {:>9} {:>14} {:>20} {:>10} {:>23}",
            district.police_district,
            district.reports,
            district.children,
            district.reports_not_delivered,
            district.children_in_reports_not_delivered,
            district.reports_delivered,
            district.children_not_delivered
        );
    }
    Ok(Exit::Ok)
}
