//! The worker that looks after the directory: takes a register that changed, keeps the old one when the new is broken, and
//! finds what waits for services that are no more. `step` looks once; `run` only loops.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use framme_shared::{
    db::StoreError,
    domain::{digest::Digest, organisation::OrganisationNumber, statement::day_of},
    runtime::{
        shutdown::{Hangup, Shutdown, TaskError},
        telemetry::Causes,
    },
};

use super::{
    DirectoryError, Loaded, RefuseDirectory, TakeDirectory, TellRetired, parse, read,
    retired::{Retired, what_became},
};
use crate::{context::Context, exchanges::Exchanges, store::receiver};

/// What a look at the register came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looked {
    /// Nothing is new, or there is no file.
    Same,
    /// Another register is in force.
    Taken,
    /// It is broken: what was in force stays so.
    Refused,
}

/// Looks after the directory.
pub struct DirectoryWorker {
    context: Arc<Context>,
    exchanges: Arc<Exchanges>,
    file: Option<PathBuf>,
    every: Duration,
    /// The content that was taken or refused last; `None` before the first look.
    seen: Option<Seen>,
    /// What the desk was told.
    told: BTreeMap<OrganisationNumber, String>,
}

#[derive(PartialEq, Eq)]
enum Seen {
    Text(Digest),
    /// There was none to read.
    Nothing,
}

impl DirectoryWorker {
    /// A worker that has not looked. Without a file it only finds what waits for services that are no more.
    pub fn new(context: Arc<Context>, exchanges: Arc<Exchanges>, file: Option<PathBuf>, every: Duration) -> Self {
        Self {
            context,
            exchanges,
            file,
            every,
            seen: None,
            told: BTreeMap::new(),
        }
    }

    /// Looks at SIGHUP and now and then, until a stop is asked for.
    ///
    /// # Errors
    /// Never: what fails is tried again.
    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), TaskError> {
        let mut hangup = Hangup::new();
        loop {
            if let Err(error) = self.step().await {
                tracing::error!(error = %Causes(&error), "The directory cannot use its database");
            }
            tokio::select! {
                () = shutdown.soft().cancelled() => return Ok(()),
                () = hangup.received() => {}
                () = self.context.clock.sleep(self.every) => {}
            }
        }
    }

    /// Looks once.
    ///
    /// # Errors
    /// When storage fails: then the register was not taken, and the next step looks again.
    pub async fn step(&mut self) -> Result<Looked, StoreError> {
        let looked = match self.file.clone() {
            Some(file) => self.look(file).await?,
            None => Looked::Same,
        };
        self.review().await?;
        Ok(looked)
    }

    async fn look(&mut self, file: PathBuf) -> Result<Looked, StoreError> {
        let text = read::read(&file);
        let seen = text
            .as_ref()
            .map_or(Seen::Nothing, |text| Seen::Text(Digest::of(text.as_bytes())));
        if self.seen.as_ref() == Some(&seen) {
            return Ok(Looked::Same);
        }
        let looked = match text.and_then(loaded) {
            Ok(loaded) => self.take(loaded).await?,
            Err(error) => {
                let faults = Causes(&error).to_string();
                tracing::error!(error = %faults, "The directory stays as it was");
                self.context.database.change(RefuseDirectory { faults }).await?;
                Looked::Refused
            }
        };
        self.seen = Some(seen);
        Ok(looked)
    }

    /// Rows first, then workers, then the swap: whoever is routed somewhere finds both. What dies between is done again by
    /// the next start, which reads the same file.
    async fn take(&mut self, loaded: Loaded) -> Result<Looked, StoreError> {
        let Loaded { directory, text } = loaded;
        let change = TakeDirectory::new(&directory, text);
        self.context.database.change(change).await?;
        if *self.context.directory.now() == directory {
            return Ok(Looked::Same);
        }
        for service in directory.services() {
            let Some(endpoint) = &service.endpoint else { continue };
            if let Err(error) = self.exchanges.run(service.organisation, endpoint.expose()) {
                tracing::error!(error = %Causes(&error), "A receiver of the directory cannot be called");
            }
        }
        let services = directory.services().count();
        self.context.directory.swap(directory);
        self.told.clear();
        tracing::info!(services, "Another directory is in force");
        Ok(Looked::Taken)
    }

    /// Days pass and reports are delivered also while the register stays the same.
    async fn review(&mut self) -> Result<(), StoreError> {
        let directory = self.context.directory.now();
        let today = day_of(self.context.clock.now());
        let reader = self.context.database.reader();
        let mut waiting = Vec::new();
        for (organisation, _) in receiver::all_endpoints(reader).await? {
            let is_nobody = organisation == OrganisationNumber::NOBODY;
            let Some(text) = what_became(&directory, &organisation, today).filter(|_| !is_nobody) else {
                continue;
            };
            let open = receiver::open_with(reader, &organisation).await?;
            if open.waiting > 0 {
                waiting.push(Retired {
                    organisation,
                    waiting: open.waiting,
                    text,
                });
            }
            let is_gone = directory
                .service(&organisation)
                .is_none_or(|service| service.is_letter_only());
            if is_gone && open.children == 0 {
                self.exchanges.end(&organisation);
            }
        }
        self.tell(waiting).await
    }

    async fn tell(&mut self, waiting: Vec<Retired>) -> Result<(), StoreError> {
        let now: BTreeMap<_, _> = waiting.iter().map(|it| (it.organisation, it.text.clone())).collect();
        let settled: Vec<_> = self
            .told
            .keys()
            .filter(|told| !now.contains_key(told))
            .copied()
            .collect();
        let is_news = |it: &Retired| self.told.get(&it.organisation) != Some(&it.text);
        let waiting: Vec<_> = waiting.into_iter().filter(is_news).collect();
        if !waiting.is_empty() || !settled.is_empty() {
            self.context.database.change(TellRetired { waiting, settled }).await?;
        }
        self.told = now;
        Ok(())
    }
}

fn loaded(text: String) -> Result<Loaded, DirectoryError> {
    Ok(Loaded {
        directory: parse(&text)?,
        text: Some(text),
    })
}
