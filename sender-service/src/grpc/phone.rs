//! Calls beside a report: recorded, and shown with its content.

use framme_shared::{
    domain::{digest::Digest, identity_number::TestNumbers, ids::ReportId},
    wire::{
        pb::{
            report::PhoneCall,
            sender::{RecordPhoneCallRequest, RecordPhoneCallResponse, RecordedPhoneCall},
        },
        report::{Rules, parse_call},
        status::{Cause, Failure},
        time::to_pb,
    },
};
use prost::Message as _;
use zeroize::Zeroizing;

use super::{
    Api,
    caller::Caller,
    failure::{sealing, storage},
    request::answer,
};
use crate::{
    store::{phone_call, report},
    submission::{phone::RecordPhoneCall, sealed},
};

impl Api {
    pub(super) async fn record_call(
        &self,
        caller: &Caller,
        message: RecordPhoneCallRequest,
    ) -> Result<RecordPhoneCallResponse, Failure> {
        let rules = Rules {
            now: self.context.clock.now(),
            test_numbers: TestNumbers::Accepted,
            max_attachment_bytes: self.context.max_attachment_bytes,
        };
        let call = parse_call("call", message.call.as_ref(), &rules)?;
        let bytes = Zeroizing::new(message.call.as_ref().map(PhoneCall::encode_to_vec).unwrap_or_default());
        let sha256 = Digest::of(&Zeroizing::new(message.encode_to_vec()));
        let ids = (message.report_id.as_str(), message.request_id.as_str());
        let request = self.request_without_reason(caller, ids, sha256).await?;
        let report = request.report;
        let change = RecordPhoneCall {
            sealed: sealed::seal_call(&request.key, &request.request, &bytes),
            request,
            call,
        };
        let outcome = self.context.database.change(change).await.map_err(storage)?;
        self.context.followers.tell([&report]);
        answer(outcome)
    }

    /// The calls that were recorded about a report, opened. The reading must be recorded already.
    pub(super) async fn recorded_calls(&self, report: &ReportId) -> Result<Vec<RecordedPhoneCall>, Failure> {
        let reader = self.context.database.reader();
        let stored = phone_call::of_report(reader, report).await.map_err(storage)?;
        if stored.is_empty() {
            return Ok(Vec::new());
        }
        let known = report::known(reader, report).await.map_err(storage)?;
        let wrapped = known
            .wrapped_key
            .ok_or_else(|| Failure::StorageCorrupt(Cause::saying("the data key of a report is gone")))?;
        let key = sealed::open_key(&self.context.keys, wrapped).map_err(sealing)?;
        let open = |call: phone_call::StoredCall| {
            let bytes = sealed::open_call(&key, &call.request, &call.sealed)
                .map(Zeroizing::new)
                .map_err(sealing)?;
            let opened = PhoneCall::decode(bytes.as_slice());
            Ok(RecordedPhoneCall {
                call: Some(opened.map_err(|error| Failure::StorageCorrupt(Cause::of(&error)))?),
                recorded_by: call.recorded_by,
                recorded_time: Some(to_pb(call.recorded_at)),
            })
        };
        stored.into_iter().map(open).collect()
    }
}
