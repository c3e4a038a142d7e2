//! No answer: asked again with growing pauses, and not counted as delivered when it lasts.

use std::time::Duration;

use framme_shared::{
    db::{Change, StoreError, Tx},
    domain::{ids::TransmissionId, organisation::OrganisationNumber},
};
use jiff::Timestamp;

use super::{Doubtful, Finding, doubt};
use crate::store::confirmation;

/// Gives questions back that were not answered.
pub(super) struct PutBack {
    /// Of the claim.
    pub(super) token: String,
    pub(super) transmissions: Vec<TransmissionId>,
    /// Why, from a closed set.
    pub(super) failure: &'static str,
    pub(super) next_attempt_at: Timestamp,
}

impl Change for PutBack {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let at = tx.at();
        let (token, failure, next) = (&self.token, self.failure, self.next_attempt_at);
        confirmation::put_back(tx.conn(), token, &self.transmissions, failure, next, at).await
    }
}

/// Transmissions of one change.
const AT_ONCE: i64 = 200;

/// Doubts what has not been confirmed for longer than the grace. Nothing is sent again: it may be there.
pub(super) struct DoubtUnanswered {
    pub(super) receiver: OrganisationNumber,
    pub(super) grace: Duration,
}

impl Change for DoubtUnanswered {
    type Outcome = Vec<Doubtful>;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Vec<Doubtful>, StoreError> {
        let before = tx.at().saturating_sub(self.grace).unwrap_or(Timestamp::MIN);
        let overdue = confirmation::overdue(tx.conn(), &self.receiver, before, AT_ONCE).await?;
        let doubtful = overdue.into_iter().map(|(transmission, report)| Doubtful {
            transmission,
            report,
            finding: Finding::Unanswered,
        });
        let doubtful: Vec<Doubtful> = doubtful.collect();
        doubt::begin(tx, &self.receiver, &doubtful, "DoubtUnanswered").await?;
        Ok(doubtful)
    }
}
