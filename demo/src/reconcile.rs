//! The benchmark of reconciliation: how time, bytes and memory grow with what both sides hold.

mod fill;

use std::{path::Path, time::Duration};

use anyhow::{Context as _, ensure};
use clap::Args;
use framme_shared::{
    runtime::random::{OsRandom, Random as _},
    wire::{
        pb::sender::{GetReconciliationRequest, ReconciliationState, StartReconciliationRequest},
        time,
    },
};

pub use self::fill::{Fill, entry};
use crate::world::{LocalTransport, Storage, Usage, World, WorldOptions, programs_beside_this_one};

/// Lets both sides hold the same transmissions but ten, has them compared, and prints time, bytes and memory for each
/// number of transmissions.
#[derive(Debug, Clone, Args)]
pub struct ReconcileArgs {
    /// Numbers of transmissions, one comparison each.
    #[arg(long, value_delimiter = ',', default_values_t = [10_000, 100_000])]
    entries: Vec<u64>,
    /// A PostgreSQL server instead of SQLite: postgres://USER@HOST:PORT/DATABASE.
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// A new folder for certificates, databases and logs; a temporary one if left out.
    #[arg(long, value_name = "DIR")]
    directory: Option<std::path::PathBuf>,
}

/// How many transmissions the sides hold differently.
const DIFFERENCES: u64 = 10;

/// Runs the benchmark.
pub async fn run(args: &ReconcileArgs) -> anyhow::Result<()> {
    println!(
        "{:>10} {:>9} {:>12} {:>8} {:>14} {:>16}",
        "entries", "seconds", "bytes moved", "of list", "sender MiB", "receiver MiB"
    );
    for entries in &args.entries {
        ensure!(*entries >= 1_000, "fewer than 1,000 entries measure nothing");
        let base = args
            .directory
            .clone()
            .unwrap_or_else(|| std::env::temp_dir().join(format!("framme-reconcile-{}", std::process::id())));
        let directory = base.join(format!("reconcile-{entries}"));
        let storage = match &args.postgres {
            Some(server) => Storage::Postgres { server: server.clone() },
            None => Storage::Sqlite,
        };
        let measured = measure(&directory, storage, *entries).await;
        if args.directory.is_none() {
            // The last of the world has ended by now.
            let _ = std::fs::remove_dir_all(&base);
        }
        println!("{}", measured?);
    }
    Ok(())
}

/// One comparison; the line of the table.
async fn measure(directory: &Path, storage: Storage, entries: u64) -> anyhow::Result<String> {
    let options = WorldOptions {
        directory: directory.to_owned(),
        storage,
        receivers: 1,
        programs: programs_beside_this_one()?,
        local: LocalTransport::default(),
    };
    let world = World::start(&options).await?;
    let sender = &world.sender.process;
    // The second look costs time that has nothing to do with the number of entries.
    let mut config = std::fs::read_to_string(sender.config_file())?;
    config.push_str("\n[reconciliation]\nscheduled = false\nsecond_look_seconds = 0\n");
    std::fs::write(sender.config_file(), config)?;
    sender.kill().await?;

    let receiver = &world.receivers[0];
    let fill = Fill {
        police: crate::pki::POLICE_DISTRICT.number(),
        receiver: receiver.organisation,
        sender_url: fill::url(&sender.config_file())?,
        receiver_url: fill::url(&receiver.process.config_file())?,
    };
    fill.numbers(1, entries).await?;
    fill.differ(entries, DIFFERENCES).await?;
    sender.start().await?;

    let state = compare(&world).await?;
    ensure!(
        state.differences == DIFFERENCES && state.complete,
        "{} differences were found instead of {DIFFERENCES}",
        state.differences
    );
    let at = |time: &Option<prost_types::Timestamp>| time.as_ref().and_then(|time| time::from_pb(time).ok());
    let (begun, ended) = at(&state.begun_time)
        .zip(at(&state.ended_time))
        .context("it has no times")?;
    let list = entries * entry(entries)?.encoded_len;
    let (ours, theirs) = (Usage::of(sender.pid().await)?, Usage::of(receiver.process.pid().await)?);
    Ok(format!(
        "{entries:>10} {:>9.2} {:>12} {:>7.3}% {:>14.1} {:>16.1}",
        ended.duration_since(begun).as_secs_f64(),
        state.bytes_moved,
        state.bytes_moved as f64 * 100.0 / list as f64,
        ours.peak_mib,
        theirs.peak_mib
    ))
}

/// Compares everything, and returns what came of it.
async fn compare(world: &World) -> anyhow::Result<ReconciliationState> {
    const LOOK_EVERY: Duration = Duration::from_millis(500);
    let mut desk = world.sender.desk()?;
    let id = OsRandom.new_uuid().to_string();
    let request = StartReconciliationRequest {
        request_id: id.clone(),
        receiver_organisation_number: world.receivers[0].organisation.to_string(),
        from_date: String::new(),
        until_date: String::new(),
    };
    desk.start_reconciliation(request).await?;
    let mut looks = tokio::time::interval(LOOK_EVERY);
    loop {
        looks.tick().await;
        let request = GetReconciliationRequest {
            reconciliation_id: id.clone(),
        };
        let found = desk.get_reconciliation(request).await?.into_inner().reconciliation;
        let state = found.context("there is no such comparison")?;
        if state.ended_time.is_some() {
            return Ok(state);
        }
        ensure!(
            state.last_failure.is_empty(),
            "the comparison failed: {}",
            state.last_failure
        );
    }
}
