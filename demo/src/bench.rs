//! The benchmark: reports through the whole path, submitted, stored, assigned, and known to the sender as delivered.

mod drive;
mod echo;
mod latency;

use std::{fs, path::PathBuf};

use anyhow::ensure;
use clap::{Args, ValueEnum};

use self::{drive::Driver, latency::Latency};
use crate::{
    verdict::Verdict,
    world::{LocalTransport, Storage, Usage, World, WorldOptions, programs_beside_this_one},
};

/// Drives reports through the whole path and prints reports per second, latencies, CPU time and memory, and beside it,
/// in the same run, a bare mutual-TLS echo. Latencies are measured, and nothing is asserted but that no report is
/// lost, duplicated or falsely delivered.
#[derive(Debug, Clone, Args)]
pub struct BenchArgs {
    /// Reports to send.
    #[arg(long, default_value_t = 20_000)]
    reports: usize,
    /// Size of a report in bytes.
    #[arg(long, default_value_t = 4_096)]
    size: usize,
    /// Reports submitted and not yet known as delivered, at most.
    #[arg(long, default_value_t = 256)]
    window: usize,
    /// Reports to send one by one afterwards, at --light-rate, to measure the answer at light load.
    #[arg(long, default_value_t = 1_000)]
    light_reports: usize,
    /// Reports per second at light load.
    #[arg(long, default_value_t = 100)]
    light_rate: u32,
    /// Which databases.
    #[arg(long, value_enum, default_value_t = Databases::Sqlite)]
    database: Databases,
    /// The PostgreSQL server, for `--database postgres` and `both`: postgres://USER@HOST:PORT/DATABASE.
    #[arg(long, value_name = "URL", required_if_eq_any([("database", "postgres"), ("database", "both")]))]
    postgres: Option<String>,
    /// How the police system and the case system, which this program plays, reach their services.
    #[arg(long, value_enum, default_value_t = LocalTransport::Unix)]
    local: LocalTransport,
    /// A new folder for certificates, databases and logs; a temporary one if left out.
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
}

/// Which databases to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Databases {
    Sqlite,
    Postgres,
    Both,
}

/// Runs the benchmark.
pub async fn run(args: &BenchArgs) -> anyhow::Result<()> {
    let echoes = echo::measure(args.size, args.window, 5 * args.reports.min(20_000)).await?;
    println!(
        "bare mutual-TLS echo of {} bytes, {} in flight: {echoes:.0} per second",
        args.size, args.window
    );
    let mut storages = Vec::new();
    if args.database != Databases::Postgres {
        storages.push(("SQLite", Storage::Sqlite));
    }
    if let (Databases::Postgres | Databases::Both, Some(server)) = (args.database, &args.postgres) {
        storages.push(("PostgreSQL", Storage::Postgres { server: server.clone() }));
    }
    for (name, storage) in storages {
        println!("\n== {name}");
        measure(args, storage, echoes).await?;
    }
    if args.directory.is_none() {
        // After a fault it stays, for whoever looks into it.
        fs::remove_dir_all(own_folder())?;
    }
    Ok(())
}

fn own_folder() -> PathBuf {
    std::env::temp_dir().join(format!("framme-bench-{}", std::process::id()))
}

async fn measure(args: &BenchArgs, storage: Storage, echoes: f64) -> anyhow::Result<()> {
    let base = args.directory.clone().unwrap_or_else(own_folder);
    let directory = base.join(if storage == Storage::Sqlite {
        "sqlite"
    } else {
        "postgres"
    });
    let options = WorldOptions {
        directory,
        storage,
        receivers: 1,
        programs: programs_beside_this_one()?,
        local: args.local,
    };
    let world = World::start(&options).await?;

    let mut driver = Driver::new(&world, args.size)?;
    let before = Usage::of(None)?;
    let (speed, stages) = driver.full_load(args.reports, args.window).await?;
    println!(
        "whole path, {} reports of {} bytes, {} in flight",
        args.reports, args.size, args.window
    );
    println!("{speed:.0} reports per second, {:.2} of the echo", speed / echoes);
    print_latencies(&stages);
    print_usage(&world, &before).await?;

    if args.light_reports > 0 {
        let stages = driver.light_load(args.light_reports, args.light_rate).await?;
        println!(
            "light load, {} reports at {} per second",
            args.light_reports, args.light_rate
        );
        print_latencies(&stages);
    }

    let verdict = Verdict::of(&world, driver.submitted()).await?;
    println!("{verdict}");
    ensure!(verdict.is_clean(), "the benchmark found a fault");
    world.sender.process.kill().await?;
    for receiver in &world.receivers {
        receiver.process.kill().await?;
    }
    Ok(())
}

fn print_latencies(stages: &[Latency]) {
    println!("  {:<34} {:>10} {:>10} {:>10}", "", "p50 ms", "p99 ms", "max ms");
    for stage in stages {
        println!("  {stage}");
    }
}

/// A line for each service, and one for this program, which drives them on the same cores.
async fn print_usage(world: &World, driver_before: &Usage) -> anyhow::Result<()> {
    let services = [&world.sender.process]
        .into_iter()
        .chain(world.receivers.iter().map(|receiver| &receiver.process));
    for process in services {
        println!("  {:<10} {}", process.name, Usage::of(process.pid().await)?);
    }
    println!("  {:<10} {}", "driver", Usage::of(None)?.since(driver_before));
    Ok(())
}
