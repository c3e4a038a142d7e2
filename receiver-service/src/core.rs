//! What every handler works with.

use std::sync::{Arc, atomic::AtomicBool};

use framme_shared::{
    db::{Change, Database, Together, deadlines::Rules, sealing::MasterKeys},
    domain::{identity_number::TestNumbers, ids::TransmissionId, organisation::OrganisationNumber},
    runtime::{clock::Clock, random::Random, trust::ReceiptTrust},
};

use crate::{
    config::{FiguresConfig, Limits},
    credentials::RecentCallers,
    readiness::Activity,
    receipts::{Notary, Wakeups},
    reconciliation::{EventKey, OpenReconciliations},
    store::transmission::Kept,
};

/// Storage, keys, signer, clock and randomness of a running receiver. Shared by all handlers.
pub struct Core {
    /// Where everything is.
    pub db: Database,
    /// Reads contents of transmissions back.
    pub contents: Together<TransmissionId, Kept>,
    /// Master keys of what is sealed.
    pub keys: Arc<MasterKeys>,
    /// Signs receipts.
    pub notary: Arc<Notary>,
    /// Recognises one event in what several senders report.
    pub events: EventKey,
    /// Who has a comparison open.
    pub reconciliations: OpenReconciliations,
    /// Verifies what senders sign, and own receipts that come back.
    pub trust: Arc<ReceiptTrust>,
    /// Whether transmissions that were lost may come again, and what held of them is to be stated anew.
    pub restoring: AtomicBool,
    /// Who proved who they are a moment ago.
    pub callers: RecentCallers,
    /// Who was seen since that was last written.
    pub activity: Activity,
    /// Wakes the streams of receipts.
    pub wakeups: Wakeups,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub random: Arc<dyn Random>,
    /// By which rules deadlines are looked at.
    pub deadlines: Arc<Rules>,
    /// What is answered to senders that make figures.
    pub figures: FiguresConfig,
    /// Sizes and numbers.
    pub limits: Limits,
    /// Whether identity numbers that belong to nobody are taken.
    pub test_numbers: TestNumbers,
}

impl Core {
    /// Makes a change, and wakes the streams of the sender that it made receipts for.
    ///
    /// # Errors
    /// Those of the change.
    pub async fn change_for<C: Change>(&self, sender: &OrganisationNumber, change: C) -> Result<C::Outcome, C::Error> {
        let outcome = self.db.change(change).await;
        self.wakeups.ring(sender);
        outcome
    }
}
