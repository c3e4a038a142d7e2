//! `sender directory`: what the register says, and what it leaves open.

mod check;
mod show;

use clap::Subcommand;
use framme_shared::{
    domain::{directory::Place, statement::day_of},
    runtime::{
        clock::{Clock as _, SystemClock},
        exit::Exit,
    },
};
use jiff::civil::Date;

use super::{Session, outcome::CommandError};

#[derive(Debug, Subcommand)]
pub(super) enum DirectoryCommand {
    /// Look for faults: entries that break rules, overlaps, areas that nobody serves, entries that end within 30 days without
    /// anybody after them; with --connect, receivers that cannot be reached and certificates near their end. Exit 6 when
    /// there is one.
    Check {
        /// As of this day; today if left out.
        #[arg(long)]
        date: Option<Date>,
        /// Connect to every receiver.
        #[arg(long)]
        connect: bool,
    },
    /// Show who answers for an area: a municipality (5501), a city district (0301/05), or a municipality of former times.
    Show {
        /// Which.
        area: Place,
        /// On this day; today if left out.
        #[arg(long)]
        date: Option<Date>,
    },
}

pub(super) async fn run(session: &Session, command: DirectoryCommand) -> Result<Exit, CommandError> {
    let today = || day_of(SystemClock.now());
    match command {
        DirectoryCommand::Check { date, connect } => check::check(session, date.unwrap_or_else(today), connect).await,
        DirectoryCommand::Show { area, date } => show::show(session, area, date.unwrap_or_else(today)),
    }
}
