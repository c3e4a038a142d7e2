//! One service as a process of its own: started, killed, started again.

use std::{
    fs::{File, OpenOptions},
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    sync::OnceLock,
    time::Duration,
};

use anyhow::{Context as _, bail};
use framme_shared::runtime::telemetry::FILTER_VARIABLE;
use tokio::{
    process::{Child, Command},
    sync::Mutex,
};

/// How long a service may take from start to serving.
const START_LIMIT: Duration = Duration::from_secs(30);

/// A service that is, or could be, running.
#[derive(Debug)]
pub struct Process {
    /// How it is called in output and log file names.
    pub name: String,
    program: PathBuf,
    /// Arguments before any subcommand: where its configuration is.
    base: Vec<String>,
    directory: PathBuf,
    log_filter: OnceLock<String>,
    child: Mutex<Option<Child>>,
}

impl Process {
    /// Nothing is started yet. `directory` holds the configuration `NAME.toml`, the log and the ready file.
    pub fn new(name: &str, program: PathBuf, directory: &Path) -> Self {
        let config = directory.join(format!("{name}.toml"));
        Self {
            name: name.to_owned(),
            program,
            base: vec!["--config".to_owned(), config.display().to_string()],
            directory: directory.to_owned(),
            log_filter: OnceLock::new(),
            child: Mutex::new(None),
        }
    }

    /// Where its configuration, log and ready file lie.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The program.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The log that the service writes to.
    pub fn log_file(&self) -> PathBuf {
        self.directory.join(format!("{}.log", self.name))
    }

    /// The configuration that every command reads.
    pub fn config_file(&self) -> PathBuf {
        self.directory.join(format!("{}.toml", self.name))
    }

    /// Chooses what it logs from its next start on, as `FRAMME_LOG` does. What was chosen first stays.
    pub fn log(&self, filter: &str) {
        self.log_filter.get_or_init(|| filter.to_owned());
    }

    fn ready_file(&self) -> PathBuf {
        self.directory.join(format!("{}.ready.json", self.name))
    }

    /// Runs one subcommand to its end and returns what it printed. Errors with its error text when it fails.
    pub async fn command(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = Command::new(&self.program)
            .args(&self.base)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .await
            .with_context(|| format!("{} could not be run", self.program.display()))?;
        if !output.status.success() {
            bail!(
                "{} {}: {}",
                self.name,
                arguments.join(" "),
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Starts `serve` and returns when it serves.
    pub async fn start(&self) -> anyhow::Result<()> {
        let ready = self.ready_file();
        match std::fs::remove_file(&ready) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let log = OpenOptions::new().create(true).append(true).open(self.log_file())?;
        let mut child = self.child.lock().await;
        let started = child.insert(self.spawn(log, &ready)?);
        self.wait_until_ready(started, &ready).await
    }

    fn spawn(&self, log: File, ready: &Path) -> anyhow::Result<Child> {
        Command::new(&self.program)
            .args(&self.base)
            .envs(self.log_filter.get().map(|filter| (FILTER_VARIABLE, filter)))
            .args(["serve", "--ready-file"])
            .arg(ready)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} could not be started", self.program.display()))
    }

    async fn wait_until_ready(&self, child: &mut Child, ready: &Path) -> anyhow::Result<()> {
        let step = Duration::from_millis(10);
        let mut ticks = tokio::time::interval(step);
        for _ in 0..START_LIMIT.as_millis() / step.as_millis() {
            ticks.tick().await;
            if ready.exists() {
                return Ok(());
            }
            if let Some(status) = child.try_wait()? {
                bail!(
                    "{} ended with {status} before it served; see {}",
                    self.name,
                    self.log_file().display()
                );
            }
        }
        bail!(
            "{} did not serve within {START_LIMIT:?}; see {}",
            self.name,
            self.log_file().display()
        )
    }

    /// Kills it at once (SIGKILL). Nothing of it gets to finish.
    pub async fn kill(&self) -> anyhow::Result<()> {
        match self.child.lock().await.take() {
            Some(mut child) => Ok(child.kill().await?),
            None => Ok(()),
        }
    }

    /// Process id while it runs.
    pub async fn pid(&self) -> Option<u32> {
        self.child.lock().await.as_ref().and_then(Child::id)
    }
}

/// A loopback port that was free a moment ago. A service that is killed and started again must keep its port, so it
/// is chosen before the first start.
pub fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
