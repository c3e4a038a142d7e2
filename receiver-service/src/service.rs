//! Assembles a receiver and runs it: storage, keys, certificates, the two listeners.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use framme_shared::{
    db::{
        Database, OpenError, StoreError, Together,
        sealing::{KeyFileError, MasterKeys, WrappedKey, WrongKeys},
    },
    domain::organisation::OrganisationNumber,
    runtime::{
        clock::Clock,
        exit::Exit,
        identity::IdentityError,
        notify::CourierError,
        random::Random,
        serve::{self, Gate, Listener, LocalAddress, ServeLimits},
        shutdown::Shutdown,
        signing::SigningError,
        standard::{HealthReporter, Standard, StandardError, standard_services},
        tls::{TlsError, TlsStore},
        trust::{ReceiptTrust, TrustError},
    },
    wire::{decoding::blame_the_caller, pb::DESCRIPTORS},
    workers::{clocks::ClockWorker, notification},
};
use serde::Serialize;
use tonic::server::NamedService;

use crate::{
    clocks::ReceivedMatters,
    config::{Config, InvalidConfig},
    core::Core,
    credentials::RecentCallers,
    grpc::{
        AnnouncedLetters, Deadlines, Exchange, ExchangeGate, ExchangedStatements, Figures, Holdings, Letters,
        LocalGate, Readiness, Reconciliation, Recovery, StaffRegister, Statements, Tasks, Waiting, WorkList,
    },
    readiness::{Activity, ReadinessWorker},
    receipts::{Notary, Wakeups},
    reconciliation::{EventKey, OpenReconciliations},
    recovery::DoubtOwnState,
    statements::StatementWorker,
    store::{SCHEMA, restoring, rewrap, transmission},
};

/// At a stop: what the listeners take to drain, and a little more for the rest.
const DRAIN_BEYOND_LISTENERS: Duration = Duration::from_secs(5);

/// Why a receiver does not start. Nothing is served then.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration makes no sense.
    #[error("the configuration is wrong")]
    Config(#[from] InvalidConfig),
    /// Master keys.
    #[error("the master keys cannot be used")]
    Keys(#[from] KeyFileError),
    /// The master keys are not those of this database.
    #[error("the master keys do not fit the database")]
    WrongKeys(#[from] WrongKeys),
    /// Reading from storage.
    #[error("the database cannot be read")]
    Store(#[from] StoreError),
    /// Certificates.
    #[error("TLS cannot be set up")]
    Tls(#[from] TlsError),
    /// The own certificate.
    #[error("the certificate is no enterprise certificate")]
    Identity(#[from] IdentityError),
    /// The own certificate is somebody else's.
    #[error("the certificate is of organisation {found}, the configuration names {wanted}")]
    Organisation {
        /// As in the certificate.
        found: OrganisationNumber,
        /// As in the configuration.
        wanted: OrganisationNumber,
    },
    /// Trust in signed texts.
    #[error("authorities or revocation lists cannot be used")]
    Trust(#[from] TrustError),
    /// Signing.
    #[error("receipts cannot be signed")]
    Signing(#[from] SigningError),
    /// Storage.
    #[error("the database is not opened")]
    Database(#[from] OpenError),
    /// Who is told, and how.
    #[error("people cannot be told of what waits")]
    Notification(#[from] CourierError),
    /// A listener.
    #[error("{address} cannot be listened on")]
    Listen {
        /// Where.
        address: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Health and reflection.
    #[error("the contract cannot be served")]
    Standard(#[from] StandardError),
}

/// Where a receiver listens, as bound: ports that were 0 are real here.
#[derive(Clone, Debug, Serialize)]
pub struct Addresses {
    /// For senders.
    pub exchange: String,
    /// For the service's own people and programs.
    pub local: String,
}

/// A running receiver.
pub struct Receiver {
    core: Arc<Core>,
    clock: Arc<dyn Clock>,
    shutdown: Shutdown,
    addresses: Addresses,
    drain: Duration,
}

impl Receiver {
    /// Opens storage, reads keys and certificates, binds both listeners and serves.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(config: Config, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Result<Self, StartError> {
        config.check()?;
        let shutdown = Shutdown::new();
        let tls = TlsStore::load(config.tls.clone(), Arc::clone(&clock))?;
        let local_tls = match &config.local.tls {
            Some(files) => TlsStore::load(files.clone(), Arc::clone(&clock))?,
            None => Arc::clone(&tls),
        };
        check_own(&tls, config.organisation)?;
        let core = Arc::new(core(&config, Arc::clone(&clock), random).await?);
        check_keys(&core.keys, &core.db).await?;
        core.events.ready(&core.db, &core.keys).await?;
        if core.db.may_be_an_older_copy() {
            core.db.change(DoubtOwnState).await?;
        }

        let exchange = exchange_listener(config.exchange.address, &tls).await?;
        let local = local_listener(&config.local.address, &local_tls).await?;
        let addresses = Addresses {
            exchange: address_of(&exchange)?,
            local: address_of(&local)?,
        };
        let drain = config.exchange.limits.drain.max(config.local.limits.drain) + DRAIN_BEYOND_LISTENERS;
        tell_people(&core, &config, &shutdown)?;
        serve_exchange(&core, exchange, &config, &shutdown).await?;
        serve_local(&core, local, config.local.limits, &shutdown).await?;

        let senders: Vec<OrganisationNumber> = config.peers.iter().map(|peer| peer.organisation).collect();
        if config.readiness.enabled {
            let (watched, serves) = (senders.clone(), config.serves.clone());
            let watching = ReadinessWorker::new(Arc::clone(&core), config.readiness, serves, watched);
            shutdown.spawn("readiness", watching.run(shutdown.clone()));
        }
        let stating = StatementWorker::new(Arc::clone(&core), senders, config.statements);
        shutdown.spawn("daily statements", stating.run(shutdown.clone()));

        let (database, rules) = (core.db.clone(), Arc::clone(&core.deadlines));
        let watching = ClockWorker::new(database, Arc::clone(&clock), Arc::new(ReceivedMatters), rules);
        shutdown.spawn("clocks", watching.run(shutdown.clone()));

        let interval = Duration::from_secs(config.tls_reload_seconds);
        if !Arc::ptr_eq(&tls, &local_tls) {
            shutdown.spawn("local certificates", local_tls.watch(interval, shutdown.clone()));
        }
        shutdown.spawn("certificates", tls.watch(interval, shutdown.clone()));
        let trust = Arc::clone(&core.trust);
        shutdown.spawn(
            "trust in signed texts",
            trust.watch(Arc::clone(&clock), interval, shutdown.clone()),
        );
        let watching = Arc::clone(core.notary.signing()).watch(Arc::clone(&clock), interval, shutdown.clone());
        shutdown.spawn("certificate of receipts", watching);
        tracing::info!(
            exchange = addresses.exchange,
            local = addresses.local,
            organisation = %config.organisation,
            "the receiver serves"
        );
        Ok(Self {
            core,
            clock,
            shutdown,
            addresses,
            drain,
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// What the handlers work with, for tests and commands in the same process.
    #[must_use]
    pub const fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// Runs until a signal or a fault, drains, and closes storage.
    pub async fn run(self) -> Exit {
        let exit = self.shutdown.run(self.clock, self.drain).await;
        self.core.db.clone().close().await;
        exit
    }

    /// Stops as the first signal does.
    pub async fn stop(self) -> Exit {
        self.shutdown.stop();
        self.run().await
    }
}

/// What the handlers work with, from a configuration.
///
/// # Errors
/// See [`StartError`].
pub async fn core(config: &Config, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Result<Core, StartError> {
    let keys = Arc::new(MasterKeys::load(config.database.master_key_file.as_deref())?);
    let (certificate, key) = (config.tls.certificate.clone(), config.tls.key.clone());
    let notary = Arc::new(Notary::load(certificate, key, config.organisation)?);
    let db = Database::open(&config.database, &SCHEMA, Arc::clone(&clock)).await?;
    let restoring = restoring::is_any(db.reader()).await?;
    Ok(Core {
        contents: Together::new(db.reader().clone(), |connection, ids| {
            Box::pin(transmission::content(connection, ids))
        }),
        db,
        keys,
        notary,
        events: EventKey::default(),
        reconciliations: OpenReconciliations::default(),
        trust: ReceiptTrust::load(&config.tls)?,
        restoring: AtomicBool::new(restoring),
        callers: RecentCallers::default(),
        activity: Activity::default(),
        deadlines: Arc::new(config.deadlines()?),
        wakeups: Wakeups::default(),
        clock,
        random,
        figures: config.figures,
        limits: config.attachments,
        test_numbers: config.test_numbers(),
    })
}

/// Refuses keys that would make every reading fail, before anything new is sealed under them.
async fn check_keys(keys: &MasterKeys, database: &Database) -> Result<(), StartError> {
    const A_FEW: u32 = 5;
    for table in rewrap::TABLES {
        let stored = table.page(database.reader(), &Default::default(), "", A_FEW).await?;
        let wrapped: Vec<WrappedKey> = stored.into_iter().map(|row| row.wrapped).collect();
        keys.check(&wrapped)?;
    }
    Ok(())
}

fn check_own(tls: &TlsStore, wanted: OrganisationNumber) -> Result<(), StartError> {
    let found = tls.own_identity()?.organisation;
    if found == wanted {
        Ok(())
    } else {
        Err(StartError::Organisation { found, wanted })
    }
}

async fn exchange_listener(address: SocketAddr, tls: &Arc<TlsStore>) -> Result<Listener, StartError> {
    Listener::exchange(address, Arc::clone(tls))
        .await
        .map_err(|source| StartError::Listen {
            address: address.to_string(),
            source,
        })
}

async fn local_listener(address: &LocalAddress, tls: &Arc<TlsStore>) -> Result<Listener, StartError> {
    Listener::local(address, Arc::clone(tls))
        .await
        .map_err(|source| StartError::Listen {
            address: address.to_string(),
            source,
        })
}

fn address_of(listener: &Listener) -> Result<String, StartError> {
    let address = listener.address().map_err(|source| StartError::Listen {
        address: "a listener".to_owned(),
        source,
    })?;
    Ok(address.to_string())
}

fn tell_people(core: &Core, config: &Config, shutdown: &Shutdown) -> Result<(), StartError> {
    let notification = config.notification.checked(&config.contacts);
    let notification = notification.map_err(InvalidConfig::from)?;
    let parts = (Arc::clone(&core.clock), Arc::clone(&core.random));
    let service = format!("receiver {}", config.organisation);
    Ok(notification::start(
        notification,
        core.db.clone(),
        parts,
        service,
        shutdown,
    )?)
}

async fn serve_exchange(
    core: &Arc<Core>,
    listener: Listener,
    config: &Config,
    shutdown: &Shutdown,
) -> Result<(), StartError> {
    let mut standard = standard_services(DESCRIPTORS)?;
    let exchange = Exchange::service(Arc::clone(core), shutdown.clone());
    let recovery = Recovery::service(Arc::clone(core));
    let holdings = Holdings::service(Arc::clone(core));
    healthy(&standard.health, &exchange).await;
    let reconciliation = Reconciliation::service(Arc::clone(core), shutdown.clone());
    healthy(&standard.health, &reconciliation).await;
    let figures = Figures::service(Arc::clone(core));
    healthy(&standard.health, &recovery).await;
    healthy(&standard.health, &holdings).await;
    healthy(&standard.health, &figures).await;
    let statements = ExchangedStatements::service(Arc::clone(core));
    healthy(&standard.health, &statements).await;
    let letters = AnnouncedLetters::service(Arc::clone(core));
    healthy(&standard.health, &letters).await;
    let readiness = Readiness::service(Arc::clone(core), config.readiness.has_duty);
    healthy(&standard.health, &readiness).await;
    standard.routes = standard
        .routes
        .add_service(exchange)
        .add_service(letters)
        .add_service(reconciliation)
        .add_service(recovery)
        .add_service(holdings)
        .add_service(figures)
        .add_service(readiness)
        .add_service(statements);
    let gate = Arc::new(ExchangeGate::new(config.peers.clone()));
    spawn(
        core,
        "exchange",
        listener,
        standard,
        gate,
        config.exchange.limits.clone(),
        shutdown,
    );
    Ok(())
}

async fn serve_local(
    core: &Arc<Core>,
    listener: Listener,
    limits: ServeLimits,
    shutdown: &Shutdown,
) -> Result<(), StartError> {
    let mut standard = standard_services(DESCRIPTORS)?;
    let work_list = WorkList::service(Arc::clone(core));
    let staff = StaffRegister::service(Arc::clone(core));
    healthy(&standard.health, &work_list).await;
    let tasks = Tasks::service(Arc::clone(core));
    healthy(&standard.health, &staff).await;
    healthy(&standard.health, &tasks).await;
    let deadlines = Deadlines::service(Arc::clone(core));
    healthy(&standard.health, &deadlines).await;
    let statements = Statements::service(Arc::clone(core));
    healthy(&standard.health, &statements).await;
    let letters = Letters::service(Arc::clone(core));
    healthy(&standard.health, &letters).await;
    let waiting = Waiting::service(Arc::clone(core));
    healthy(&standard.health, &waiting).await;
    standard.routes = standard
        .routes
        .add_service(work_list)
        .add_service(letters)
        .add_service(staff)
        .add_service(tasks)
        .add_service(deadlines)
        .add_service(statements)
        .add_service(waiting);
    spawn(
        core,
        "local interface",
        listener,
        standard,
        Arc::new(LocalGate),
        limits,
        shutdown,
    );
    Ok(())
}

/// Health names the service as serving.
async fn healthy<S: NamedService>(health: &HealthReporter, _service: &S) {
    health.set_serving::<S>().await;
}

fn spawn(
    core: &Arc<Core>,
    name: &'static str,
    listener: Listener,
    standard: Standard,
    gate: Arc<dyn Gate>,
    limits: ServeLimits,
    shutdown: &Shutdown,
) {
    let service = serve::Service {
        routes: blame_the_caller(standard.routes),
        gate,
        limits,
        streaming: standard.streaming,
        clock: Arc::clone(&core.clock),
    };
    shutdown.spawn(name, serve::serve(listener, service, shutdown.clone()));
}
