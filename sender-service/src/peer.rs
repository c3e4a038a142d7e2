//! One receiver as the sender's workers see it: how to call it, how to verify it, and whether it is believed.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use framme_shared::{
    domain::{organisation::OrganisationNumber, receipt::Pair},
    wire::pb::exchange::{
        exchange_service_client::ExchangeServiceClient, reconciliation_service_client::ReconciliationServiceClient,
    },
};
use tonic::transport::Channel;

use crate::trust::ReceiptTrust;

/// A receiver. Shared by its delivery worker and its tracking worker.
#[derive(Clone)]
pub struct Peer {
    /// Sender and receiver.
    pub pair: Pair,
    client: ExchangeServiceClient<Channel>,
    reconciliation: ReconciliationServiceClient<Channel>,
    /// Verifies its receipts.
    pub trust: Arc<ReceiptTrust>,
    distrusted: Arc<AtomicBool>,
}

impl Peer {
    /// A receiver that is called over this channel.
    pub fn new(pair: Pair, channel: Channel, trust: Arc<ReceiptTrust>) -> Self {
        Self {
            pair,
            client: ExchangeServiceClient::new(channel.clone()),
            reconciliation: ReconciliationServiceClient::new(channel),
            trust,
            distrusted: Arc::default(),
        }
    }

    /// The same receiver, called over a connection of its own. What becomes known of it by one is known by both.
    pub fn over(&self, channel: Channel) -> Self {
        Self {
            client: ExchangeServiceClient::new(channel.clone()),
            reconciliation: ReconciliationServiceClient::new(channel),
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

    /// Whether nothing that it says is believed, as last read from storage.
    pub fn is_distrusted(&self) -> bool {
        self.distrusted.load(Ordering::Acquire)
    }

    /// Remembers what storage says.
    pub fn set_distrusted(&self, distrusted: bool) {
        self.distrusted.store(distrusted, Ordering::Release);
    }
}
