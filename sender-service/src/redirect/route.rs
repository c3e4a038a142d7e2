//! The change by which a person at the desk sends a child on.

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx},
    domain::{ids::ChildId, lifecycle::Stage, organisation::OrganisationNumber},
    wire::pb::sender::RouteChildResponse,
};
use prost::Message as _;

use super::{
    noted::{is_declined, settle_tasks},
    onward::Onward,
};
use crate::{
    grpc,
    store::{
        child, receiver,
        redirect::{self, End},
        transmission, view, withdrawal,
    },
    submission::withdraw::{Request, Requested},
};

/// Sends one child to the receiver that a person names.
pub struct RouteChild {
    /// Of which report, by whom and why.
    pub request: Request,
    /// Which child.
    pub child: ChildId,
    /// To whom.
    pub to: OrganisationNumber,
    /// Whether reports can be sent there.
    pub is_configured: bool,
    /// What carries it on; `None` when nothing could be made of what was looked up.
    pub onward: Option<Onward>,
}

/// How it ended.
pub enum Routed {
    /// As any request.
    Requested(Requested),
    /// Nothing can be sent to this receiver, or nothing that it says is believed.
    NoReceiver,
    /// The child is not where it was looked up. Look again.
    LookAgain,
}

impl Change for RouteChild {
    type Outcome = Routed;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Routed, StoreError> {
        if let Some(replayed) = self.request.replay(tx).await? {
            return Ok(Routed::Requested(replayed));
        }
        let report = self.request.report;
        let rows = child::of_reports(tx.conn(), &[report]).await?;
        let Some(row) = rows.iter().find(|row| row.child == self.child && row.is_here()) else {
            return Ok(Routed::Requested(Requested::NotFound));
        };
        let refused = |stage: Stage| Ok(Routed::Requested(Requested::InvalidTransition(stage)));
        if !is_declined(row.state.stage()) {
            return refused(row.state.stage());
        }
        // It is taken back already, and will be withdrawn where it is.
        if withdrawal::is_asked_for(tx.conn(), &row.transmission).await? {
            return refused(Stage::Withdrawn);
        }
        let named = receiver::load(tx.conn(), &self.to).await?;
        if !self.is_configured || named.is_none_or(|named| named.distrusted_reason.is_some()) {
            return Ok(Routed::NoReceiver);
        }
        let Some(onward) = self.onward.as_ref().filter(|onward| onward.from == row.transmission) else {
            return Ok(Routed::LookAgain);
        };
        let origin = transmission::origin(tx.conn(), &row.transmission).await?;
        let origin = origin.ok_or(StoreError::Missing)?;
        let number = onward.store(tx, &origin, &[row], "RouteChild").await?;
        let at = tx.at();
        redirect::end(tx.conn(), &row.transmission, &[self.child], End::Done, at).await?;
        settle_tasks(tx, &report, &self.child, "sent_on").await?;
        tx.record(LedgerEntry {
            kind: "child_routed",
            subject: onward.transmission.to_string(),
            actor: self.request.requested_by.clone(),
            data: format!(
                "number {number} to {}: child {} of {}",
                self.to, self.child, row.transmission
            ),
        });
        let view = view::load(tx.conn(), &report).await?.ok_or(StoreError::Missing)?;
        let answer = RouteChildResponse {
            report: Some(grpc::view::report(&view)),
        };
        let stored = self.request.store(tx, "route", None, answer.encode_to_vec()).await?;
        Ok(Routed::Requested(stored))
    }
}
