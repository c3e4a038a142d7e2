//! `framme-demo`: what shows and measures the pair.

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use framme_demo::{
    bench, bench::BenchArgs, pki::PkiArgs, reconcile, reconcile::ReconcileArgs, replay, replay::ReplayArgs, run,
    run::RunArgs,
};
use framme_shared::runtime::{clock::SystemClock, exit::Exit, tls::install_provider};

/// Shows the pair at work on this machine, with organisations and people who do not exist.
#[derive(Parser)]
#[command(version, after_help = Exit::HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts the whole pair, sends sample reports and shows each stage as it arrives.
    Run(RunArgs),
    /// Makes test certificates.
    Pki(PkiArgs),
    /// Replays the reports of 2018-2023 and compares the figures with the official table.
    Replay(ReplayArgs),
    /// Measures the whole path.
    Bench(BenchArgs),
    /// Measures how a comparison of both sides grows with what they hold.
    ReconcileBench(ReconcileArgs),
}

fn main() -> Exit {
    install_provider();
    match execute(Cli::parse().command) {
        Ok(()) => Exit::Ok,
        Err(error) => {
            eprintln!("{error:#}");
            Exit::Failure
        }
    }
}

fn execute(command: Command) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("the runtime does not start")?;
    match command {
        Command::Run(args) => runtime.block_on(run::run(&args)),
        Command::Pki(args) => Ok(args.run(&SystemClock)?),
        Command::Replay(args) => runtime.block_on(replay::run(&args)),
        Command::Bench(args) => runtime.block_on(bench::run(&args)),
        Command::ReconcileBench(args) => runtime.block_on(reconcile::run(&args)),
    }
}
