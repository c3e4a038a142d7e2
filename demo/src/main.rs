//! `framme-demo`: what shows and measures the pair.

use clap::{Parser, Subcommand};
use framme_demo::pki::PkiArgs;
use framme_shared::runtime::{clock::SystemClock, exit::Exit, telemetry::Causes};

/// Shows the pair at work on this machine, with organisations and people who do not exist.
#[derive(Parser)]
#[command(version, after_help = Exit::HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes test certificates.
    Pki(PkiArgs),
}

fn main() -> Exit {
    let Command::Pki(args) = Cli::parse().command;
    match args.run(&SystemClock) {
        Ok(()) => Exit::Ok,
        Err(error) => {
            eprintln!("{}", Causes(&error));
            Exit::Failure
        }
    }
}
