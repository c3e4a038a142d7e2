//! The change that records a call made beside a report.

use framme_shared::{
    db::{Change, StoreError, Tx},
    domain::report::PhoneCall,
    wire::pb::sender::RecordPhoneCallResponse,
};
use prost::Message as _;

use super::withdraw::{Request, Requested};
use crate::{
    grpc,
    store::{
        phone_call::{self, StoredCall},
        view,
    },
};

/// Records a call.
pub struct RecordPhoneCall {
    /// About which report, and by whom.
    pub request: Request,
    /// The call, for the count.
    pub call: PhoneCall,
    /// The same, sealed.
    pub sealed: Vec<u8>,
}

impl Change for RecordPhoneCall {
    type Outcome = Requested;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Requested, StoreError> {
        let request = &self.request;
        if let Some(replayed) = request.replay(tx).await? {
            return Ok(replayed);
        }
        let Some(mut view) = view::load(tx.conn(), &request.report).await? else {
            return Ok(Requested::NotFound);
        };
        view.phone = view.phone.with(&self.call);
        let call = StoredCall {
            request: request.request,
            sealed: self.sealed.clone(),
            recorded_by: request.requested_by.clone(),
            recorded_at: tx.at(),
        };
        phone_call::insert(tx.conn(), &request.report, &call, view.phone).await?;
        let answer = RecordPhoneCallResponse {
            report: Some(grpc::view::report(&view)),
        };
        request.store(tx, "phone_call", None, answer.encode_to_vec()).await
    }
}
