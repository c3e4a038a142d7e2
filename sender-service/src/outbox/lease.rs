//! The time that a claim gives, and no attempt that outlives it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use framme_shared::{
    db::{Change, StoreError, Tx},
    domain::ids::TransmissionId,
};
use jiff::{SignedDuration, Timestamp};

use super::failure::Failure;
use crate::{context::Context, store::delivery};

/// An attempt ends this long before its lease does, so that clocks may differ a little and its end can be recorded.
const MARGIN: SignedDuration = SignedDuration::from_secs(2);

/// A lease on one transmission. Clones are the same lease.
#[derive(Clone)]
pub(super) struct Lease {
    pub(super) transmission: TransmissionId,
    pub(super) token: String,
    length: Duration,
    until: Arc<AtomicI64>,
}

impl Lease {
    pub(super) fn new(transmission: TransmissionId, token: String, length: Duration, until: Timestamp) -> Self {
        Self {
            transmission,
            token,
            length,
            until: Arc::new(AtomicI64::new(until.as_microsecond())),
        }
    }

    fn until(&self) -> Timestamp {
        Timestamp::from_microsecond(self.until.load(Ordering::Acquire)).unwrap_or(Timestamp::MIN)
    }

    /// Awaits a call for as long as the lease, with its renewals, allows.
    pub(super) async fn limit<T>(&self, context: &Context, call: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::pin!(call);
        loop {
            let until = self.until();
            tokio::select! {
                done = &mut call => return Ok(done),
                () = context.clock.sleep_until(until.saturating_sub(MARGIN).unwrap_or(Timestamp::MIN)) => {
                    if self.until() == until {
                        return Err(Failure::OUT_OF_TIME);
                    }
                }
            }
        }
    }

    /// Prolongs the lease when half of it is over, for an upload that takes longer than one lease and does get on.
    pub(super) async fn renew(&self, context: &Context) -> Result<(), Failure> {
        let left = Duration::try_from(self.until().duration_since(context.clock.now())).unwrap_or(Duration::ZERO);
        if left > self.length / 2 {
            return Ok(());
        }
        let renewal = RenewLease {
            transmission: self.transmission,
            token: self.token.clone(),
            length: self.length,
        };
        match context.database.change(renewal).await {
            Ok(Some(until)) => {
                self.until.store(until.as_microsecond(), Ordering::Release);
                Ok(())
            }
            Ok(None) => Err(Failure::Ours("lease-lost")),
            Err(_) => Err(Failure::Ours("storage-unavailable")),
        }
    }
}

struct RenewLease {
    transmission: TransmissionId,
    token: String,
    length: Duration,
}

impl Change for RenewLease {
    type Outcome = Option<Timestamp>;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Option<Timestamp>, StoreError> {
        let at = tx.at();
        let until = at.saturating_add(self.length).unwrap_or(Timestamp::MAX);
        let held = delivery::renew_lease(tx.conn(), &self.transmission, &self.token, until, at).await?;
        Ok(held.then_some(until))
    }
}
