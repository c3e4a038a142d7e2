//! What is asked next.

use std::{collections::HashMap, time::Duration};

use framme_shared::{
    db::{Change, StoreError, Tx},
    domain::{
        ids::{ReportId, TransmissionId},
        lifecycle::Stage,
        organisation::OrganisationNumber,
    },
};

use crate::store::{
    child::{self, ChildRow},
    confirmation::{self, Claimed},
};

/// Leases what is due. What needs no asking any more is left out, and not due again.
pub(super) struct ClaimQuestions {
    pub(super) receiver: OrganisationNumber,
    /// Of this claim alone.
    pub(super) token: String,
    pub(super) lease: Duration,
    pub(super) limit: u32,
}

impl Change for ClaimQuestions {
    type Outcome = Vec<Claimed>;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Vec<Claimed>, StoreError> {
        let at = tx.at();
        let until = at.saturating_add(self.lease).unwrap_or(jiff::Timestamp::MAX);
        let limit = i64::from(self.limit);
        let claimed = confirmation::claim(tx.conn(), &self.receiver, &self.token, until, limit, at).await?;
        let reports: Vec<ReportId> = claimed.iter().map(|claimed| claimed.report).collect();
        let children = by_transmission(child::of_reports(tx.conn(), &reports).await?);
        let needs_none = |claimed: &Claimed| {
            let children = children.get(&claimed.transmission).map_or(&[][..], Vec::as_slice);
            // A person who asks gets an answer, unless everything has ended.
            let at_rest = if claimed.by_schedule { is_done } else { has_ended };
            children.iter().all(at_rest)
        };
        let (done, asked): (Vec<Claimed>, Vec<Claimed>) = claimed.into_iter().partition(needs_none);
        let done: Vec<TransmissionId> = done.iter().map(|claimed| claimed.transmission).collect();
        confirmation::stop(tx.conn(), &done).await?;
        Ok(asked)
    }
}

/// Whether nobody waits for a child any more: it is assessed, has ended, or was sent on.
pub(super) fn is_done(child: &ChildRow) -> bool {
    child.state.stage() == Stage::Assessed || has_ended(child)
}

/// Whether the receiver has nothing to do with a child any more.
fn has_ended(child: &ChildRow) -> bool {
    child.state.stage().is_ended() || !child.is_here()
}

fn by_transmission(children: Vec<ChildRow>) -> HashMap<TransmissionId, Vec<ChildRow>> {
    let mut grouped: HashMap<_, Vec<ChildRow>> = HashMap::new();
    for child in children {
        grouped.entry(child.transmission).or_default().push(child);
    }
    grouped
}
