//! The demonstration: the whole pair at work, told as it happens.

mod follow;
mod story;

use std::path::PathBuf;

use clap::Args;

use self::story::Story;
use crate::world::{LocalTransport, Storage, World, WorldOptions, programs_beside_this_one};

/// Starts a police district and two child welfare services on this machine, sends sample reports, assigns them, and shows
/// each stage as it arrives.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// Kills a receiver (SIGKILL) while reports are under way to it, starts it again, and shows that nothing is lost.
    #[arg(long)]
    kill_receiver: bool,
    /// Leaves everything running at the end, to be tried by hand, until Ctrl-C.
    #[arg(long)]
    stay: bool,
    /// A PostgreSQL server to use instead of embedded SQLite: postgres://USER@HOST:PORT/DATABASE.
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// A new folder for certificates, databases and logs; a temporary one if left out.
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
}

/// Runs the demonstration.
pub async fn run(args: &RunArgs) -> anyhow::Result<()> {
    let storage = match &args.postgres {
        Some(server) => Storage::Postgres { server: server.clone() },
        None => Storage::Sqlite,
    };
    let directory = match &args.directory {
        Some(directory) => directory.clone(),
        None => std::env::temp_dir().join(format!("framme-demo-{}", std::process::id())),
    };
    println!("Making certificates, keys and databases, and starting three services …");
    let options = WorldOptions {
        directory,
        storage,
        receivers: 2,
        programs: programs_beside_this_one()?,
        local: LocalTransport::default(),
    };
    let world = World::start(&options).await?;
    print_what_runs_where(&world);

    let mut story = Story::default();
    story.a_report_is_delivered(&world).await?;
    story.children_of_two_services(&world).await?;
    story.a_caseworker_leaves(&world).await?;
    if args.kill_receiver {
        story.a_receiver_is_killed(&world).await?;
    }
    story.end(&world).await?;

    if args.stay {
        println!(
            "\nEverything keeps running until Ctrl-C. Logs, configurations and certificates: {}",
            world.directory.display()
        );
        tokio::signal::ctrl_c().await?;
    }
    Ok(())
}

fn print_what_runs_where(world: &World) {
    println!(
        "\n  {:<10} {:<12} {:<24} {:<24} log",
        "service", "organisation", "local API", "exchange"
    );
    let line = |name: &str, organisation: String, local: String, exchange: &str, log: PathBuf| {
        println!(
            "  {name:<10} {organisation:<12} {local:<24} {exchange:<24} {}",
            log.display()
        );
    };
    let sender = &world.sender;
    line(
        "sender",
        sender.local.organisation.to_string(),
        sender.local.address.to_string(),
        "-",
        sender.process.log_file(),
    );
    for receiver in &world.receivers {
        let local = receiver.local.address.to_string();
        line(
            "receiver",
            receiver.organisation.to_string(),
            local,
            &receiver.exchange,
            receiver.process.log_file(),
        );
    }
}
