//! One receiver as the sender's workers see it: how to call it, how to verify it, and whether it is believed.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use framme_shared::{
    domain::{organisation::OrganisationNumber, receipt::Pair},
    runtime::trust::ReceiptTrust,
    wire::pb::exchange::{
        exchange_service_client::ExchangeServiceClient, holding_service_client::HoldingServiceClient,
        letter_service_client::LetterServiceClient, reconciliation_service_client::ReconciliationServiceClient,
        recovery_service_client::RecoveryServiceClient,
    },
};
use tonic::transport::Channel;

/// A receiver. Shared by its delivery worker and its tracking worker.
#[derive(Clone)]
pub struct Peer {
    /// Sender and receiver.
    pub pair: Pair,
    client: ExchangeServiceClient<Channel>,
    reconciliation: ReconciliationServiceClient<Channel>,
    recovery: RecoveryServiceClient<Channel>,
    holdings: HoldingServiceClient<Channel>,
    letters: LetterServiceClient<Channel>,
    /// Verifies its receipts.
    pub trust: Arc<ReceiptTrust>,
    distrusted: Arc<AtomicBool>,
    held: Arc<AtomicU64>,
}

impl Peer {
    /// A receiver that is called over this channel.
    pub fn new(pair: Pair, channel: Channel, trust: Arc<ReceiptTrust>) -> Self {
        Self {
            pair,
            client: ExchangeServiceClient::new(channel.clone()),
            reconciliation: ReconciliationServiceClient::new(channel.clone()),
            recovery: RecoveryServiceClient::new(channel.clone()),
            holdings: HoldingServiceClient::new(channel.clone()),
            letters: LetterServiceClient::new(channel),
            trust,
            distrusted: Arc::default(),
            held: Arc::default(),
        }
    }

    /// The same receiver, called over a connection of its own. What becomes known of it by one is known by both.
    pub fn over(&self, channel: Channel) -> Self {
        Self {
            client: ExchangeServiceClient::new(channel.clone()),
            reconciliation: ReconciliationServiceClient::new(channel.clone()),
            recovery: RecoveryServiceClient::new(channel.clone()),
            holdings: HoldingServiceClient::new(channel.clone()),
            letters: LetterServiceClient::new(channel),
            ..self.clone()
        }
    }

    /// Its organisation number.
    pub fn organisation(&self) -> OrganisationNumber {
        self.pair.receiver
    }

    /// A client for one call.
    pub fn client(&self) -> ExchangeServiceClient<Channel> {
        self.client.clone()
    }

    /// A client for one comparison.
    pub fn reconciliation(&self) -> ReconciliationServiceClient<Channel> {
        self.reconciliation.clone()
    }

    /// A client for one call after a restore.
    pub fn recovery(&self) -> RecoveryServiceClient<Channel> {
        self.recovery.clone()
    }

    /// The number of the last of its receipts that is stored here; 0 before it was read.
    pub fn held(&self) -> u64 {
        self.held.load(Ordering::Acquire)
    }

    /// Remembers what storage says.
    pub fn set_held(&self, sequence: u64) {
        self.held.store(sequence, Ordering::Release);
    }

    /// A client for one question whether it still holds something.
    pub fn holdings(&self) -> HoldingServiceClient<Channel> {
        self.holdings.clone()
    }

    /// A client for one question about letters.
    pub fn letters(&self) -> LetterServiceClient<Channel> {
        self.letters.clone()
    }

    /// Whether nothing that it says is believed, as last read from storage.
    pub fn is_distrusted(&self) -> bool {
        self.distrusted.load(Ordering::Acquire)
    }

    /// Remembers what storage says.
    pub fn set_distrusted(&self, distrusted: bool) {
        self.distrusted.store(distrusted, Ordering::Release);
    }
}
