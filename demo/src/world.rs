//! A world of processes on loopback: one police district's sender and the receivers it sends to, each with its own
//! certificate, keys and database, in one folder.

mod client;
mod layout;
mod nodes;
mod process;
mod storage;
mod usage;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::ValueEnum;
use framme_shared::runtime::clock::{Clock, SystemClock};

pub use self::{
    client::{Client, LocalClient, WorkList},
    layout::{Area, areas_of, served_by},
    nodes::{CASEWORKERS, ReceiverNode, SenderNode},
    process::{Process, free_port},
    storage::Storage,
    usage::Usage,
};
use crate::pki::{POLICE_DISTRICT, Pki, RECEIVERS};

/// What a world is made of.
#[derive(Debug, Clone)]
pub struct WorldOptions {
    /// Everything is written below it; it must be empty or not exist.
    pub directory: PathBuf,
    /// Which database.
    pub storage: Storage,
    /// How many receivers share the municipalities, 1 to 3.
    pub receivers: usize,
    /// Where the `sender` and `receiver` programs are.
    pub programs: PathBuf,
    /// How programs of the same machine reach the services.
    pub local: LocalTransport,
}

/// How a service is reached by programs of the same machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LocalTransport {
    /// TLS on a port of the loopback.
    #[default]
    Tls,
    /// A unix socket, which the file system guards.
    Unix,
}

/// The processes. All are killed when it is dropped.
#[derive(Debug)]
pub struct World {
    /// Of the police district.
    pub sender: SenderNode,
    /// Of the child welfare services.
    pub receivers: Vec<ReceiverNode>,
    /// Where everything lies.
    pub directory: PathBuf,
    /// What has issued every certificate, and can issue more.
    pub pki: Pki,
}

impl World {
    /// Makes certificates, keys, configurations and databases, starts every process, and gives the people and programs
    /// of each side their credentials.
    pub async fn start(options: &WorldOptions) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&options.directory)?;
        let directory = options.directory.canonicalize()?;
        anyhow::ensure!(
            std::fs::read_dir(&directory)?.next().is_none(),
            "{} is not empty",
            directory.display()
        );
        anyhow::ensure!(
            (1..=RECEIVERS.len()).contains(&options.receivers),
            "1 to {} receivers",
            RECEIVERS.len()
        );
        let pki = Pki::new(SystemClock.now())?;
        let world_name = world_name(&directory);

        let mut receivers = Vec::new();
        for (index, organisation) in RECEIVERS.iter().take(options.receivers).enumerate() {
            let place = place(&directory, options, &world_name, organisation.folder).await?;
            let areas = served_by(index, options.receivers);
            receivers.push(ReceiverNode::prepare(&place, &pki, organisation, areas).await?);
        }
        let place = place(&directory, options, &world_name, "sender").await?;
        let sender = SenderNode::prepare(&place, &pki, &POLICE_DISTRICT, &receivers).await?;

        let mut world = Self {
            sender,
            receivers,
            directory,
            pki,
        };
        for receiver in &mut world.receivers {
            receiver.process.start().await?;
            receiver.hire().await?;
        }
        world.sender.process.start().await?;
        Ok(world)
    }
}

/// Where one service lives.
#[derive(Debug)]
struct Place {
    directory: PathBuf,
    programs: PathBuf,
    database_url: String,
    local: LocalTransport,
}

async fn place(directory: &Path, options: &WorldOptions, world: &str, service: &str) -> anyhow::Result<Place> {
    let own = directory.join(service);
    std::fs::create_dir_all(&own)?;
    let database_url = options.storage.prepare(&own, world, service).await?;
    Ok(Place {
        directory: own,
        programs: options.programs.clone(),
        database_url,
        local: options.local,
    })
}

/// Tells the databases of several worlds on one server apart.
fn world_name(directory: &Path) -> String {
    let name = directory
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect();
    format!("framme_{plain}_{}", std::process::id())
}

/// The folder of the running program, where `cargo build` puts its siblings; one up for a test program.
pub fn programs_beside_this_one() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    own.ancestors()
        .skip(1)
        .take(2)
        .find(|folder| folder.join("sender").is_file() && folder.join("receiver").is_file())
        .map(Path::to_owned)
        .context("the programs `sender` and `receiver` are not built: cargo build --bins")
}
