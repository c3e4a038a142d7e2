//! Assembles the service and runs it: in a process of its own, or inside another for tests and demonstrations.

use std::{sync::Arc, time::Duration};

use framme_shared::{
    db::{
        Database, Dialect, OpenError, StoreError,
        sealing::{KeyFileError, MasterKeys, WrappedKey, WrongKeys},
    },
    domain::organisation::OrganisationNumber,
    runtime::{
        clock::Clock,
        exit::Exit,
        identity::IdentityError,
        notify::CourierError,
        random::Random,
        serve::{Listener, LocalAddress, Service, serve},
        shutdown::Shutdown,
        standard::{StandardError, name_of, standard_services},
        tls::{TlsError, TlsStore},
        trust::{ReceiptTrust, TrustError},
    },
    wire::{decoding::blame_the_caller, pb::DESCRIPTORS},
    workers::{clocks::ClockWorker, notification},
};
use serde::Serialize;

use crate::{
    clocks::SentMatters,
    config::{Config, InvalidConfig},
    context::Context,
    directory::{self, DirectoryError, DirectoryWorker},
    drill::Drills,
    exchanges::{Exchanges, WrongEndpoint},
    figures::{Receivers, Sources},
    followers::Followers,
    grpc::{Api, LocalGate},
    news::NewsWorker,
    outbox::ReleaseLeases,
    recovery::AllowTakingBack,
    redirect::RedirectWorker,
    signing::{Signing, SigningError},
    store::{SCHEMA, data_key},
    window::Windows,
};

/// How long a stop waits for what is at hand.
const DRAIN: Duration = Duration::from_secs(15);

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration as a whole makes no sense.
    #[error("the configuration is wrong")]
    Config(#[from] InvalidConfig),
    /// The database.
    #[error("the database cannot be opened")]
    Database(#[from] OpenError),
    /// The first changes.
    #[error("the database cannot be written")]
    Store(#[from] StoreError),
    /// The master keys.
    #[error("the master keys cannot be read")]
    Keys(#[from] KeyFileError),
    /// The master keys are not those of this database.
    #[error("the master keys do not fit the database")]
    WrongKeys(#[from] WrongKeys),
    /// Certificates.
    #[error("the certificates cannot be used")]
    Tls(#[from] TlsError),
    /// The own certificate is no enterprise certificate.
    #[error("the own certificate cannot be used")]
    Identity(#[from] IdentityError),
    /// The own certificate belongs to another organisation than configured.
    #[error("the certificate belongs to {certificate}, and the configuration says {configured}")]
    Organisation {
        /// In the certificate.
        certificate: OrganisationNumber,
        /// In the configuration.
        configured: OrganisationNumber,
    },
    /// Signing.
    #[error("nothing can be signed in the name of the organisation")]
    Signing(#[from] SigningError),
    /// Whose receipts are believed.
    #[error("the authorities for receipts cannot be used")]
    Trust(#[from] TrustError),
    /// The directory, and no earlier one is kept.
    #[error("there is no directory to work by")]
    Directory(#[from] DirectoryError),
    /// Who is told, and how.
    #[error("people cannot be told of what waits")]
    Notification(#[from] CourierError),
    /// A receiver's endpoint.
    #[error(transparent)]
    Endpoint(#[from] WrongEndpoint),
    /// The local address cannot be bound.
    #[error("{address} cannot be listened on")]
    Listen {
        /// Which.
        address: LocalAddress,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Reflection.
    #[error("the contract cannot be served by reflection")]
    Standard(#[from] StandardError),
}

/// Where a running sender listens; written to the ready file.
#[derive(Debug, Clone, Serialize)]
pub struct Addresses {
    /// The local interface.
    #[serde(serialize_with = "as_text")]
    pub local: LocalAddress,
}

fn as_text<S: serde::Serializer>(address: &LocalAddress, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(address)
}

/// A running sender.
pub struct Sender {
    addresses: Addresses,
    context: Arc<Context>,
    shutdown: Shutdown,
}

impl Sender {
    /// Opens the database, binds the listener and starts the workers. Serves when this returns.
    ///
    /// # Errors
    /// See [`StartError`]; nothing runs then.
    pub async fn start(config: Config, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Result<Self, StartError> {
        let shutdown = Shutdown::new();
        let started = start(config, clock, random, shutdown.clone()).await;
        if started.is_err() {
            shutdown.abort();
        }
        started
    }

    /// Where it listens.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// What its parts share, for tests that look inside.
    pub fn context(&self) -> &Arc<Context> {
        &self.context
    }

    /// Asks it to stop, or makes it.
    pub fn shutdown(&self) -> &Shutdown {
        &self.shutdown
    }

    /// Runs until a signal or [`Sender::shutdown`] stops it.
    pub async fn run(self) -> Exit {
        let clock = Arc::clone(&self.context.clock);
        let exit = self.shutdown.run(clock, DRAIN).await;
        self.context.database.clone().close().await;
        exit
    }

    /// Stops it as the first signal does, and returns when it has ended.
    pub async fn stop(self) -> Exit {
        self.shutdown.stop();
        self.run().await
    }
}

/// Opens what a sender keeps, without running anything: for commands that work on the database directly.
///
/// # Errors
/// See [`OpenError`].
pub async fn open_database(config: &Config, clock: Arc<dyn Clock>) -> Result<Database, OpenError> {
    // The high-water mark belongs to the service that runs.
    let mut database = config.database.clone();
    database.high_water_mark = None;
    Database::open(&database, &SCHEMA, clock).await
}

async fn start(
    config: Config,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    shutdown: Shutdown,
) -> Result<Sender, StartError> {
    config.check()?;
    let tls = TlsStore::load(config.tls.clone(), Arc::clone(&clock))?;
    check_organisation(&config, &tls)?;
    let signing = Arc::new(signing(&config)?);
    let trust = ReceiptTrust::load(&config.tls)?;
    let keys = MasterKeys::load(config.database.master_key_file.as_deref())?;
    let database = Database::open(&config.database, &SCHEMA, Arc::clone(&clock)).await?;
    check_keys(&keys, &database).await?;
    let directory = directory::in_force(&config, &database).await?;
    let receivers: Vec<(OrganisationNumber, String)> = directory::receivers_of(&directory, &database).await?;
    if database.dialect() == Dialect::Sqlite {
        database.change(ReleaseLeases).await?;
    }
    if database.may_be_an_older_copy() {
        let receivers = receivers.iter().map(|(organisation, _)| *organisation).collect();
        let by = "program".to_owned();
        database.change(AllowTakingBack { receivers, by }).await?;
    }
    let drills = Drills { config: config.drills };
    let context = Arc::new(Context {
        database,
        keys,
        clock: Arc::clone(&clock),
        random,
        signing: Arc::clone(&signing),
        figures: Sources {
            promise: config.figures.promise_hours,
            receivers: Receivers::default(),
        },
        organisation: config.organisation,
        production: config.production,
        max_attachment_bytes: config.attachments.max_bytes,
        directory: directory::Current::new(directory),
        followers: Followers::default(),
        deadlines: Arc::new(config.deadlines()?),
        windows: Windows::new(config.outbox.in_flight, config.outbox.lease()),
        letters: config.letters.clone(),
        confirmation: config.confirmation.schedule().map_err(InvalidConfig::from)?,
        tell_answered: config.feedback.tell.clone().into(),
        readiness: config.readiness,
        drills,
    });
    let local_tls = match &config.local.tls {
        Some(files) => TlsStore::load(files.clone(), Arc::clone(&clock))?,
        None => Arc::clone(&tls),
    };
    let local = listen(&context, &config, Arc::clone(&local_tls), &shutdown).await?;
    tell_people(&context, &config, &shutdown)?;
    let exchanges = Arc::new(Exchanges::new(&context, &config, &tls, &trust, &shutdown)?);
    for (receiver, endpoint) in &receivers {
        exchanges.run(*receiver, endpoint)?;
    }
    let (database, rules) = (context.database.clone(), Arc::clone(&context.deadlines));
    let watching = ClockWorker::new(database, Arc::clone(&clock), Arc::new(SentMatters), rules);
    shutdown.spawn("clocks", watching.run(shutdown.clone()));
    let redirects = RedirectWorker::new(Arc::clone(&context));
    shutdown.spawn("redirects", redirects.run(shutdown.clone()));
    if context.database.dialect() == Dialect::Postgres {
        let news = NewsWorker::new(Arc::clone(&context));
        shutdown.spawn("news of other replicas", news.run(shutdown.clone()));
    }

    let interval = Duration::from_secs(config.tls_reload_seconds.max(1));
    let directory = DirectoryWorker::new(Arc::clone(&context), exchanges, config.directory.clone(), interval);
    shutdown.spawn("directory", directory.run(shutdown.clone()));
    if !Arc::ptr_eq(&local_tls, &tls) {
        shutdown.spawn("local certificate reload", local_tls.watch(interval, shutdown.clone()));
    }
    shutdown.spawn("certificate reload", tls.watch(interval, shutdown.clone()));
    let signing = signing.watch(Arc::clone(&clock), interval, shutdown.clone());
    shutdown.spawn("signing reload", signing);
    shutdown.spawn("receipt trust reload", trust.watch(clock, interval, shutdown.clone()));
    Ok(Sender {
        addresses: Addresses { local },
        context,
        shutdown,
    })
}

/// The sender signs with the certificate that it uses for TLS.
fn signing(config: &Config) -> Result<Signing, SigningError> {
    let files = &config.tls;
    Signing::load(files.certificate.clone(), files.key.clone(), config.organisation)
}

/// Refuses keys that would make every reading fail, before anything new is sealed under them.
async fn check_keys(keys: &MasterKeys, database: &Database) -> Result<(), StartError> {
    const A_FEW: i64 = 5;
    let stored = data_key::to_rewrap(database.reader(), "", "", A_FEW).await?;
    let wrapped: Vec<WrappedKey> = stored
        .into_iter()
        .map(|(_, key)| WrappedKey::from_bytes(key.wrapped))
        .collect();
    Ok(keys.check(&wrapped)?)
}

fn check_organisation(config: &Config, tls: &TlsStore) -> Result<(), StartError> {
    let certificate = tls.own_identity()?.organisation;
    if certificate == config.organisation {
        Ok(())
    } else {
        Err(StartError::Organisation {
            certificate,
            configured: config.organisation,
        })
    }
}

async fn listen(
    context: &Arc<Context>,
    config: &Config,
    tls: Arc<TlsStore>,
    shutdown: &Shutdown,
) -> Result<LocalAddress, StartError> {
    let failed = |source| StartError::Listen {
        address: config.local.address.clone(),
        source,
    };
    let listener = Listener::local(&config.local.address, tls).await.map_err(failed)?;
    let address = listener.address().map_err(failed)?;
    let standard = standard_services(DESCRIPTORS)?;
    let api = Api::new(Arc::clone(context), shutdown.clone());
    let (reports, tasks, figures, statements) = (
        api.clone().service(),
        api.clone().task_service(),
        api.clone().figures_service(),
        api.clone().statement_service(),
    );
    let (letters, readiness) = (api.clone().letter_service(), api.clone().readiness_service());
    let (confirmations, deadlines) = (api.clone().confirmation_service(), api.clone().deadline_service());
    let evidence = api.evidence_service();
    for name in [
        name_of(&reports),
        name_of(&tasks),
        name_of(&figures),
        name_of(&statements),
        name_of(&confirmations),
        name_of(&evidence),
        name_of(&readiness),
        name_of(&deadlines),
        name_of(&letters),
    ] {
        standard
            .health
            .set_service_status(name, tonic_health::ServingStatus::Serving)
            .await;
    }
    let service = Service {
        routes: blame_the_caller(
            standard
                .routes
                .add_service(reports)
                .add_service(tasks)
                .add_service(figures)
                .add_service(statements)
                .add_service(confirmations)
                .add_service(letters)
                .add_service(deadlines)
                .add_service(evidence)
                .add_service(readiness),
        ),
        gate: Arc::new(LocalGate),
        limits: config.local.limits.clone(),
        streaming: standard.streaming,
        clock: Arc::clone(&context.clock),
    };
    shutdown.spawn("local interface", serve(listener, service, shutdown.clone()));
    Ok(address)
}

fn tell_people(context: &Context, config: &Config, shutdown: &Shutdown) -> Result<(), StartError> {
    let notification = config.notification.checked(&config.contacts);
    let notification = notification.map_err(InvalidConfig::from)?;
    let parts = (Arc::clone(&context.clock), Arc::clone(&context.random));
    let service = format!("sender {}", config.organisation);
    Ok(notification::start(
        notification,
        context.database.clone(),
        parts,
        service,
        shutdown,
    )?)
}
