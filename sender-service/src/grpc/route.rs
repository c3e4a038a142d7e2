//! Sending a child on, as a person at the desk decides.

use framme_shared::{
    domain::{digest::Digest, ids::ChildId, lifecycle::Stage, organisation::OrganisationNumber},
    wire::{
        pb::sender::{RouteChildRequest, RouteChildResponse},
        status::{Cause, Failure},
        violations::FieldViolations,
    },
};
use prost::Message as _;

use super::{Api, caller::Caller, failure::storage, request::answer};
use crate::{
    redirect::{Onward, PrepareError, RouteChild, Routed, prepare},
    store::view::look_up,
};

/// How often a child that moved meanwhile is looked up again.
const LOOKS: u32 = 3;

impl Api {
    pub(super) async fn route(
        &self,
        caller: &Caller,
        message: RouteChildRequest,
    ) -> Result<RouteChildResponse, Failure> {
        let child =
            ChildId::parse(&message.child_id).map_err(|rule| Failure::invalid_field("child_id", rule.to_string()))?;
        let to = OrganisationNumber::parse(&message.to_organisation_number)
            .map_err(|rule| Failure::invalid_field("to_organisation_number", rule.to_string()))?;
        let sha256 = Digest::of(&message.encode_to_vec());
        let ids = (message.report_id.as_str(), message.request_id.as_str());
        for _ in 0..LOOKS {
            let request = self.request(caller, ids, &message.reason, sha256).await?;
            let report = request.report;
            let change = RouteChild {
                onward: self.onward(&report, child, to).await?,
                request,
                child,
                to,
                is_configured: self.context.windows.of(&to).is_some(),
            };
            match self.context.database.change(change).await.map_err(storage)? {
                Routed::Requested(requested) => {
                    let answer = answer(requested)?;
                    self.context.windows.ring(&to);
                    self.context.followers.tell([&report]);
                    return Ok(answer);
                }
                Routed::NoReceiver => {
                    let mut violations = FieldViolations::new();
                    violations.add(
                        "to_organisation_number",
                        "must be a configured receiver that is believed",
                    );
                    return Err(Failure::NoReceiver(violations));
                }
                Routed::LookAgain => {}
            }
        }
        Err(Failure::ConcurrentChange)
    }

    /// What carries the child on; `None` when it is not where it could be sent on from.
    async fn onward(
        &self,
        report: &framme_shared::domain::ids::ReportId,
        child: ChildId,
        to: OrganisationNumber,
    ) -> Result<Option<Onward>, Failure> {
        let view = look_up(self.context.database.reader(), report).await.map_err(storage)?;
        let view = view.ok_or(Failure::NotFound)?;
        let here = view.children().find(|row| row.child == child);
        let declined = here.filter(|row| matches!(row.state.stage(), Stage::Rejected | Stage::Redirected));
        let Some(row) = declined else { return Ok(None) };
        match prepare(&self.context, row.transmission, vec![child], to).await {
            Ok(onward) => Ok(Some(onward)),
            Err(PrepareError::Store(error)) => Err(storage(error)),
            Err(PrepareError::Unreadable) => Err(Failure::StorageCorrupt(Cause::saying(
                "what was sent of the child cannot be opened",
            ))),
        }
    }
}
