//! The change that takes a report back: it queues a withdrawal per receiver. The children move when the receivers'
//! receipts say so.

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx, sealing::DataKey},
    domain::{
        digest::Digest,
        ids::{ReportId, RequestId},
        lifecycle::{ClosingKind, Stage},
    },
    wire::pb::sender::WithdrawReportResponse,
};
use prost::Message as _;

use super::sealed;
use crate::{
    grpc,
    store::{
        child::ChildRow,
        request::{self, First},
        view, withdrawal,
    },
};

/// What a person asks to have done to a report: to take it back, to close or send on children of it, to say who gets a part
/// of it, to record a call.
pub struct Request {
    /// Which report.
    pub report: ReportId,
    /// The same in every repetition.
    pub request: RequestId,
    /// SHA-256 of the request as it came.
    pub request_sha256: Digest,
    /// The reason, sealed.
    pub sealed_reason: Vec<u8>,
    /// The report's key.
    pub key: DataKey,
    /// The role-scoped id of the person.
    pub requested_by: String,
}

/// How a request ended.
pub enum Requested {
    /// Done, now or when it first came: the serialised answer.
    Done(Vec<u8>),
    /// The same request_id came before with another request.
    ContentDiffers,
    /// No such report.
    NotFound,
    /// Not possible from this stage.
    InvalidTransition(Stage),
}

impl Request {
    /// The answer that the first request with this id got, or that it was another request.
    pub(crate) async fn replay(&self, tx: &mut Tx) -> Result<Option<Requested>, StoreError> {
        let Some(first) = request::first(tx.conn(), &self.request).await? else {
            return Ok(None);
        };
        Ok(Some(if self.is_same_as(&first)? {
            Requested::Done(first.answer)
        } else {
            Requested::ContentDiffers
        }))
    }

    fn is_same_as(&self, first: &First) -> Result<bool, StoreError> {
        // What was kept of another report's request is sealed with another key.
        if first.report != self.report {
            return Ok(false);
        }
        sealed::is_fingerprint(&self.key, &self.request, &first.fingerprint, &self.request_sha256).map_err(|_| {
            StoreError::Corrupt {
                table: "request",
                column: "fingerprint",
                row: self.request.to_string(),
            }
        })
    }

    /// Stores the request with its answer, and records it.
    pub(crate) async fn store(
        &self,
        tx: &mut Tx,
        kind: &'static str,
        closing_kind: Option<ClosingKind>,
        answer: Vec<u8>,
    ) -> Result<Requested, StoreError> {
        let at = tx.at();
        let new = request::NewRequest {
            request: &self.request,
            report: &self.report,
            kind,
            closing_kind,
            fingerprint: &sealed::seal_fingerprint(&self.key, &self.request, &self.request_sha256),
            sealed_reason: &self.sealed_reason,
            requested_by: &self.requested_by,
            answer: answer.clone(),
        };
        request::insert(tx.conn(), new, at).await?;
        tx.record(LedgerEntry {
            kind: match kind {
                "withdraw" => "withdrawal_requested",
                "route_transmission" => "transmission_routed",
                "route" => "child_route_requested",
                "phone_call" => "phone_call_recorded",
                _ => "children_closed",
            },
            subject: self.report.to_string(),
            actor: self.requested_by.clone(),
            data: format!("request {}", self.request),
        });
        Ok(Requested::Done(answer))
    }
}

/// Only looks whether a request came before, and what it got.
pub struct Repeated(pub Request);

impl Change for Repeated {
    type Outcome = Option<Requested>;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Option<Requested>, StoreError> {
        self.0.replay(tx).await
    }
}

/// Takes a report back at every receiver.
pub struct WithdrawReport(pub Request);

impl Change for WithdrawReport {
    type Outcome = Requested;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Requested, StoreError> {
        let request = &self.0;
        if let Some(replayed) = request.replay(tx).await? {
            return Ok(replayed);
        }
        let Some(view) = view::load(tx.conn(), &request.report).await? else {
            return Ok(Requested::NotFound);
        };
        let at = tx.at();
        let has_ended = |child: &&ChildRow| child.state.stage().is_ended();
        if view.children().all(|child| has_ended(&child)) {
            let stage = view.children().next().map(|child| child.state.stage());
            return Ok(Requested::InvalidTransition(stage.unwrap_or(Stage::Withdrawn)));
        }
        // Also where children were sent on from: who had them is told, too.
        for transmission in &view.transmissions {
            if !transmission.children.iter().all(|child| has_ended(&child)) {
                let (id, to) = (&transmission.transmission, &transmission.receiver);
                withdrawal::insert(tx.conn(), id, to, &request.request, &request.requested_by, at).await?;
            }
        }
        let answer = WithdrawReportResponse {
            report: Some(grpc::view::report(&view)),
        };
        request.store(tx, "withdraw", None, answer.encode_to_vec()).await
    }
}
