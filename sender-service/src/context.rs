//! What every part of the running service shares.

use std::{collections::HashMap, sync::Arc};

use framme_shared::{
    db::{Database, sealing::MasterKeys},
    domain::organisation::OrganisationNumber,
    runtime::{clock::Clock, random::Random},
};
use tokio::sync::Notify;

use crate::{directory::Directory, followers::Followers};

/// Storage, keys, time, and who is told of what. Shared as `Arc<Context>`.
pub struct Context {
    /// Everything durable.
    pub database: Database,
    /// Wrap and unwrap data keys.
    pub keys: MasterKeys,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids and jitter.
    pub random: Arc<dyn Random>,
    /// The sender's own organisation number.
    pub organisation: OrganisationNumber,
    /// Refuses synthetic identity numbers.
    pub production: bool,
    /// The largest attachment in bytes.
    pub max_attachment_bytes: u64,
    /// Who serves whom.
    pub directory: Directory,
    /// Who waits for news of which report.
    pub followers: Followers,
    /// Wakes the delivery worker of a receiver.
    pub wakes: Wakes,
}

/// One bell per receiver. A hint: workers also look by themselves.
#[derive(Clone, Default)]
pub struct Wakes {
    by_receiver: HashMap<OrganisationNumber, Arc<Notify>>,
}

impl Wakes {
    /// A bell for each of these.
    pub fn new(receivers: impl IntoIterator<Item = OrganisationNumber>) -> Self {
        Self {
            by_receiver: receivers
                .into_iter()
                .map(|receiver| (receiver, Arc::default()))
                .collect(),
        }
    }

    /// The bell that a worker waits for. A ring while nobody waits is kept for the next wait.
    pub fn bell(&self, receiver: &OrganisationNumber) -> Arc<Notify> {
        self.by_receiver.get(receiver).cloned().unwrap_or_default()
    }

    /// Tells that there is work for this receiver. Call it after the commit.
    pub fn ring(&self, receiver: &OrganisationNumber) {
        if let Some(bell) = self.by_receiver.get(receiver) {
            bell.notify_one();
        }
    }
}
