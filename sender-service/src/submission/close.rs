//! The change by which a named person ends children that are not with a caseworker. The only ending that the sender
//! makes by itself.

use std::collections::{HashMap, HashSet};

use framme_shared::{
    db::{Change, StoreError, Tx},
    domain::{
        ids::ChildId,
        lifecycle::{ClosingKind, Event},
    },
    wire::pb::sender::CloseReportResponse,
};
use prost::Message as _;

use super::{
    need,
    withdraw::{Request, Requested},
};
use crate::{
    grpc, redirect,
    store::{
        child::{self, ChildRow},
        report, view,
    },
};

/// Closes children of a report.
pub struct CloseReport {
    /// Which report, by whom and why.
    pub request: Request,
    /// Which children; empty for all that are open.
    pub children: Vec<ChildId>,
    /// How the matter was taken.
    pub kind: ClosingKind,
}

impl Change for CloseReport {
    type Outcome = Requested;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Requested, StoreError> {
        if let Some(replayed) = self.request.replay(tx).await? {
            return Ok(replayed);
        }
        let Some(mut view) = view::load(tx.conn(), &self.request.report).await? else {
            return Ok(Requested::NotFound);
        };
        let known: HashSet<ChildId> = view.children().map(|child| child.child).collect();
        if self.children.iter().any(|child| !known.contains(child)) {
            return Ok(Requested::NotFound);
        }
        let at = tx.at();
        let mut closed = HashMap::new();
        for transmission in &mut view.transmissions {
            for child in transmission.children.iter_mut().filter(|child| self.concerns(child)) {
                let before = child.state.stage();
                match child.state.clone().apply(Event::Close, at) {
                    Ok(state) => child.state = state,
                    Err(refused) => return Ok(Requested::InvalidTransition(refused.stage)),
                }
                closed.insert(child.child, (transmission.receiver, before));
            }
        }
        if closed.is_empty() {
            let stage = view.children().next().map(|child| child.state.stage());
            return stage.map(Requested::InvalidTransition).ok_or(StoreError::Missing);
        }
        let children: Vec<&ChildRow> = view.children().collect();
        let moved: Vec<&ChildRow> = view
            .children()
            .filter(|child| closed.contains_key(&child.child))
            .collect();
        child::update(tx.conn(), &moved, at, "CloseReport").await?;
        let derived = report::Derived::of(self.request.report, &children);
        report::derive(tx.conn(), &[derived], at, "CloseReport").await?;
        for child in moved {
            let (receiver, before) = closed[&child.child];
            redirect::note(tx, &receiver, &[(child, before)]).await?;
        }
        for transmission in &view.transmissions {
            if transmission.children.iter().all(|child| child.state.stage().is_ended()) {
                need::settle(tx, &transmission.transmission, "closed").await?;
            }
        }
        let answer = CloseReportResponse {
            report: Some(grpc::view::report(&view)),
        };
        self.request
            .store(tx, "close", Some(self.kind), answer.encode_to_vec())
            .await
    }
}

impl CloseReport {
    fn concerns(&self, child: &ChildRow) -> bool {
        if !child.is_here() {
            false
        } else if self.children.is_empty() {
            child.state.stage().is_open()
        } else {
            self.children.contains(&child.child)
        }
    }
}
