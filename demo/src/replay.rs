//! The reports of 2018-2023 again, through the running pair: 172 reports about 279 children in 12 districts.
//!
//! First nobody is assigned: the sender's figures must equal the official table, with not one report green. Then all but
//! the four that reached nobody are assigned, and exactly those four remain.

pub mod official;
mod plan;
mod steps;
mod table;

use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;

pub use self::{
    plan::{PlannedReport, plan},
    steps::{Replay, all_reports, children},
    table::{Table, TableRow},
};
use crate::world::{LocalTransport, Storage, World, WorldOptions, programs_beside_this_one};

/// Replays the reports of 2018-2023 and compares the sender's figures with the official table.
#[derive(Debug, Clone, Args)]
pub struct ReplayArgs {
    /// What the synthetic people are made from; the same seed gives the same reports.
    #[arg(long, default_value_t = 2023)]
    seed: u64,
    /// Receivers that share the municipalities, 1 to 3.
    #[arg(long, default_value_t = 2)]
    receivers: usize,
    /// A PostgreSQL server to use instead of embedded SQLite: postgres://USER@HOST:PORT/DATABASE. Databases are made on
    /// it.
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// A new folder for certificates, databases and logs; a temporary one if left out.
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
}

/// Runs the replay in a world of its own and prints both tables.
pub async fn run(args: &ReplayArgs) -> anyhow::Result<()> {
    let storage = match &args.postgres {
        Some(server) => Storage::Postgres { server: server.clone() },
        None => Storage::Sqlite,
    };
    let directory = match &args.directory {
        Some(directory) => directory.clone(),
        None => std::env::temp_dir().join(format!("framme-replay-{}", std::process::id())),
    };
    let options = WorldOptions {
        directory,
        storage,
        receivers: args.receivers,
        programs: programs_beside_this_one()?,
        local: LocalTransport::default(),
    };
    let world = World::start(&options).await?;
    println!("the pair runs in {}", world.directory.display());

    let replay = Replay::new(args.seed)?;
    replay.submit(&world).await?;
    replay.wait_until_stored(&world).await?;
    let before = replay.table(&world).await?;
    println!("\nSubmitted, stored by the receivers, nobody assigned:\n\n{before}");
    ensure!(before == expected_before()?, "this is not the official table");
    println!("This equals the official table: 172 reports about 279 children, none delivered.");

    let delivered = replay.assign_all_but_those_who_reached_nobody(&world).await?;
    replay.wait_until_delivered(&world, delivered).await?;
    let after = replay.table(&world).await?;
    println!("\nAll assigned but the four that reached nobody:\n\n{after}");
    ensure!(
        after == expected_after()?,
        "these are not the four reports about eight children"
    );
    println!("168 delivered, 4 not: 8 children, 1 in Oslo and 7 in Troms.");
    Ok(())
}

/// The official table, with nothing delivered.
pub fn expected_before() -> anyhow::Result<Table> {
    let row = |row: official::OfficialRow| TableRow {
        police_district: row.police_district,
        not_delivered: row.unopened_reports.into(),
        children: row.children_concerned.into(),
        delivered: 0,
    };
    Ok(Table {
        rows: official::rows()?.into_iter().map(row).collect(),
    })
}

/// What remains when everybody known by another route is with a caseworker.
pub fn expected_after() -> anyhow::Result<Table> {
    let row = |row: official::OfficialRow| {
        let lost = official::REACHED_NOBODY
            .iter()
            .filter(|(district, _)| *district == row.police_district)
            .count() as u64;
        TableRow {
            police_district: row.police_district,
            not_delivered: lost,
            children: row.children_not_known_to_service.into(),
            delivered: u64::from(row.unopened_reports) - lost,
        }
    };
    Ok(Table {
        rows: official::rows()?.into_iter().map(row).collect(),
    })
}
