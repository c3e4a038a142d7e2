//! The exchanges under way: for each receiver the workers that deliver to it, follow its receipts and compare with it.
//! Receivers come and move while the service runs.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use framme_shared::{
    domain::{organisation::OrganisationNumber, receipt::Pair, retry::Backoff, statement::Schedule},
    runtime::{
        connect::{self, InvalidEndpoint},
        shutdown::Shutdown,
        tls::TlsStore,
        trust::ReceiptTrust,
    },
};
use tonic::transport::Channel;

use crate::{
    config::{
        Config, ConfirmationConfig, InvalidConfig, LettersConfig, OutboxConfig, ReadinessConfig, ReconciliationConfig,
    },
    context::Context,
    drill::DrillWorker,
    holding::HoldingWorker,
    letters::LetterWorker,
    outbox::OutboxWorker,
    peer::Peer,
    readiness::ReadinessWorker,
    reconciliation::ReconciliationWorker,
    statements::StatementWorker,
    tracking::TrackingWorker,
};

/// A receiver whose endpoint is no address.
#[derive(Debug, thiserror::Error)]
#[error("the endpoint of receiver {receiver} is wrong")]
pub struct WrongEndpoint {
    /// Whose.
    pub receiver: OrganisationNumber,
    /// Why.
    #[source]
    pub source: InvalidEndpoint,
}

/// Starts, moves and ends the workers of each receiver.
pub struct Exchanges {
    context: Arc<Context>,
    outbox: OutboxConfig,
    confirmation: ConfirmationConfig,
    reconciliation: ReconciliationConfig,
    letters: LettersConfig,
    readiness: ReadinessConfig,
    statements: Schedule,
    backoff: Backoff,
    tls: Arc<TlsStore>,
    trust: Arc<ReceiptTrust>,
    shutdown: Shutdown,
    running: Mutex<HashMap<OrganisationNumber, Running>>,
}

/// The workers of one receiver.
struct Running {
    endpoint: String,
    shutdown: Shutdown,
}

impl Exchanges {
    /// Nothing runs yet.
    ///
    /// # Errors
    /// When the outbox would never wait.
    pub fn new(
        context: &Arc<Context>,
        config: &Config,
        tls: &Arc<TlsStore>,
        trust: &Arc<ReceiptTrust>,
        shutdown: &Shutdown,
    ) -> Result<Self, InvalidConfig> {
        Ok(Self {
            context: Arc::clone(context),
            outbox: config.outbox.clone(),
            confirmation: config.confirmation.clone(),
            reconciliation: config.reconciliation,
            letters: config.letters.clone(),
            readiness: config.readiness,
            statements: config.statements,
            backoff: config.outbox.backoff()?,
            tls: Arc::clone(tls),
            trust: Arc::clone(trust),
            shutdown: shutdown.clone(),
            running: Mutex::default(),
        })
    }

    /// Runs the workers of a receiver at this endpoint. Those of another endpoint finish what is at hand and end; leases
    /// keep both from doing the same. Nothing changes for one that runs there already. Its row must be there.
    ///
    /// # Errors
    /// [`WrongEndpoint`]: then everything stays as it was.
    pub fn run(&self, receiver: OrganisationNumber, endpoint: &str) -> Result<(), WrongEndpoint> {
        let mut running = self.running();
        if running.get(&receiver).is_some_and(|there| there.endpoint == endpoint) {
            return Ok(());
        }
        let shutdown = self.shutdown.part();
        self.start(receiver, endpoint, &shutdown)?;
        let endpoint = endpoint.to_owned();
        if let Some(before) = running.insert(receiver, Running { endpoint, shutdown }) {
            before.shutdown.stop();
            tracing::info!(receiver.organisation = %receiver, "A receiver has moved");
        }
        Ok(())
    }

    /// Ends the workers of a receiver, when they have finished what is at hand.
    pub fn end(&self, receiver: &OrganisationNumber) {
        if let Some(ended) = self.running().remove(receiver) {
            ended.shutdown.stop();
            tracing::info!(receiver.organisation = %receiver, "Nothing is open with a former receiver: its workers end");
        }
    }

    /// The receivers whose workers run, by number.
    pub fn receivers(&self) -> Vec<OrganisationNumber> {
        let mut receivers: Vec<_> = self.running().keys().copied().collect();
        receivers.sort_unstable();
        receivers
    }

    fn start(&self, receiver: OrganisationNumber, endpoint: &str, shutdown: &Shutdown) -> Result<(), WrongEndpoint> {
        let channel = || self.channel(receiver, endpoint);
        let context = || Arc::clone(&self.context);
        let pair = Pair {
            sender: self.context.organisation,
            receiver,
        };
        // A receiver refuses more than so many requests of one connection. Deliveries may use all of them, so receipts
        // are followed and confirmed over another, statements and figures over one each.
        let delivering = Peer::new(pair, channel()?, Arc::clone(&self.trust));
        let peer = delivering.over(channel()?);
        self.context.figures.receivers.insert(receiver, channel()?);
        let stating = StatementWorker::new(context(), peer.clone(), channel()?, self.statements, self.backoff);
        let comparing = ReconciliationWorker::new(context(), peer.clone(), &self.reconciliation);
        let holding = HoldingWorker::new(context(), peer.clone(), &self.confirmation, self.backoff);
        let asking = LetterWorker::new(context(), peer.clone(), &self.letters, self.backoff);
        let drilling = DrillWorker::new(context(), peer.clone());
        let ready = self.readiness.enabled.then(channel).transpose()?;
        if let Some(channel) = ready {
            let ready = ReadinessWorker::new(context(), receiver, channel, self.readiness);
            shutdown.spawn("readiness", ready.run(shutdown.clone()));
        }
        let tracking = TrackingWorker::new(context(), peer, self.backoff);
        let outbox = OutboxWorker::new(context(), delivering, &self.outbox);
        shutdown.spawn("outbox", outbox.run(shutdown.clone()));
        shutdown.spawn("tracking", tracking.run(shutdown.clone()));
        shutdown.spawn("reconciliation", comparing.run(shutdown.clone()));
        shutdown.spawn("still there", holding.run(shutdown.clone()));
        shutdown.spawn("letters", asking.run(shutdown.clone()));
        shutdown.spawn("drills", drilling.run(shutdown.clone()));
        shutdown.spawn("daily statements", stating.run(shutdown.clone()));
        Ok(())
    }

    fn channel(&self, receiver: OrganisationNumber, endpoint: &str) -> Result<Channel, WrongEndpoint> {
        let (tls, clock) = (Arc::clone(&self.tls), Arc::clone(&self.context.clock));
        connect::channel(endpoint, tls, receiver, clock).map_err(|source| WrongEndpoint { receiver, source })
    }

    fn running(&self) -> MutexGuard<'_, HashMap<OrganisationNumber, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
