//! What officers and the desk ask to have done to a report: withdraw, close, route.

use framme_shared::{
    domain::{
        digest::Digest,
        ids::{ChildId, ReportId, RequestId, TransmissionId},
        lifecycle::ClosingKind,
        organisation::OrganisationNumber,
        statement::day_of,
    },
    wire::{
        pb::sender::{
            self as pb, CloseReportRequest, CloseReportResponse, RouteTransmissionRequest, RouteTransmissionResponse,
            WithdrawReportRequest, WithdrawReportResponse,
        },
        status::{Cause, Failure},
        violations::FieldViolations,
    },
};
use prost::Message;

use super::{
    Api,
    caller::Caller,
    failure::{sealing, storage},
    view,
};
use crate::{
    store::{self, report},
    submission::{
        close::CloseReport,
        need::Need,
        route::RouteTransmission,
        sealed,
        withdraw::{Repeated, Request, Requested, WithdrawReport},
    },
};

/// Code points in a reason.
const MAX_REASON: usize = 1_000;

impl Api {
    pub(super) async fn withdraw(
        &self,
        caller: &Caller,
        message: WithdrawReportRequest,
    ) -> Result<WithdrawReportResponse, Failure> {
        let sha256 = Digest::of(&message.encode_to_vec());
        let ids = (message.report_id.as_str(), message.request_id.as_str());
        let request = self.request(caller, ids, &message.reason, sha256).await?;
        let report = request.report;
        let outcome = self
            .context
            .database
            .change(WithdrawReport(request))
            .await
            .map_err(storage)?;
        let answer: WithdrawReportResponse = answer(outcome)?;
        for transmission in answer.report.iter().flat_map(|report| &report.transmissions) {
            if let Ok(receiver) = transmission.receiver_organisation_number.parse() {
                self.context.windows.ring(&receiver);
            }
        }
        self.context.followers.tell([&report]);
        Ok(answer)
    }

    pub(super) async fn close(
        &self,
        caller: &Caller,
        message: CloseReportRequest,
    ) -> Result<CloseReportResponse, Failure> {
        let children = message
            .child_ids
            .iter()
            .enumerate()
            .map(|(index, id)| {
                ChildId::parse(id)
                    .map_err(|rule| Failure::invalid_field(format!("child_ids[{index}]"), rule.to_string()))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let kind = closing_kind(message.kind)?;
        let sha256 = Digest::of(&message.encode_to_vec());
        let ids = (message.report_id.as_str(), message.request_id.as_str());
        let request = self.request(caller, ids, &message.reason, sha256).await?;
        let report = request.report;
        let outcome = self
            .context
            .database
            .change(CloseReport {
                request,
                children,
                kind,
            })
            .await
            .map_err(storage)?;
        self.context.followers.tell([&report]);
        answer(outcome)
    }

    pub(super) async fn route_part(
        &self,
        caller: &Caller,
        message: RouteTransmissionRequest,
    ) -> Result<RouteTransmissionResponse, Failure> {
        let transmission = TransmissionId::parse(&message.transmission_id)
            .map_err(|rule| Failure::invalid_field("transmission_id", rule.to_string()))?;
        let to = OrganisationNumber::parse(&message.receiver_organisation_number)
            .map_err(|rule| Failure::invalid_field("receiver_organisation_number", rule.to_string()))?;
        let sha256 = Digest::of(&message.encode_to_vec());
        let ids = (message.report_id.as_str(), message.request_id.as_str());
        let request = self.request(caller, ids, &message.reason, sha256).await?;
        let report = request.report;
        let directory = self.context.directory.now();
        let today = day_of(self.context.clock.now());
        let service = directory
            .service(&to)
            .filter(|service| service.validity.contains(today));
        let Some(service) = service else {
            return self.repeated(request).await?.map_or_else(
                || {
                    let rule = "must be a service of the directory that answers today";
                    Err(Failure::invalid_field("receiver_organisation_number", rule))
                },
                answer,
            );
        };
        let change = RouteTransmission {
            request,
            transmission,
            to,
            need: Need::letter(service),
        };
        let outcome = self.context.database.change(change).await.map_err(storage)?;
        self.context.windows.ring(&to);
        self.context.followers.tell([&report]);
        answer(outcome)
    }

    /// What the same request got before: it is answered the same when the directory has changed since.
    async fn repeated(&self, request: Request) -> Result<Option<Requested>, Failure> {
        self.context.database.change(Repeated(request)).await.map_err(storage)
    }

    /// A request that can be carried out: by a person, with a reason, about a report that exists.
    pub(super) async fn request(
        &self,
        caller: &Caller,
        ids: (&str, &str),
        reason: &str,
        request_sha256: Digest,
    ) -> Result<Request, Failure> {
        check_reason(reason)?;
        let request = self.request_without_reason(caller, ids, request_sha256).await?;
        Ok(Request {
            sealed_reason: sealed::seal_reason(&request.key, &request.request, reason),
            ..request
        })
    }

    /// A request that needs no reason: by a person, about a report that exists.
    pub(super) async fn request_without_reason(
        &self,
        caller: &Caller,
        (report, request): (&str, &str),
        request_sha256: Digest,
    ) -> Result<Request, Failure> {
        let person = caller.person().ok_or(Failure::PermissionDenied)?;
        let report = ReportId::parse(report).map_err(|rule| Failure::invalid_field("report_id", rule.to_string()))?;
        let request =
            RequestId::parse(request).map_err(|rule| Failure::invalid_field("request_id", rule.to_string()))?;
        let known = report::known(self.context.database.reader(), &report)
            .await
            .map_err(storage)?;
        let wrapped = known.submitted.and(known.wrapped_key).ok_or(Failure::NotFound)?;
        let key = sealed::open_key(&self.context.keys, wrapped).map_err(sealing)?;
        Ok(Request {
            report,
            request,
            request_sha256,
            sealed_reason: sealed::seal_reason(&key, &request, ""),
            key,
            requested_by: person.to_string(),
        })
    }

    /// A report's state now.
    pub(super) async fn state(
        &self,
        report: &ReportId,
    ) -> Result<Option<framme_shared::wire::pb::sender::ReportState>, Failure> {
        let view = store::view::look_up(self.context.database.reader(), report)
            .await
            .map_err(storage)?;
        Ok(view.as_ref().map(view::report))
    }
}

/// What is not said is another way.
fn closing_kind(value: i32) -> Result<ClosingKind, Failure> {
    match pb::ClosingKind::try_from(value) {
        Ok(kind) => Ok(Option::from(kind).unwrap_or(ClosingKind::Other)),
        Err(_) => {
            let mut unknown = FieldViolations::new();
            unknown.add_unknown_enum_value("kind");
            Err(unknown.into())
        }
    }
}

fn check_reason(reason: &str) -> Result<(), Failure> {
    if reason.trim().is_empty() {
        return Err(Failure::invalid_field("reason", "must not be empty"));
    }
    if reason.chars().count() > MAX_REASON {
        return Err(Failure::invalid_field("reason", "must be at most 1000 characters"));
    }
    if reason
        .chars()
        .any(|character| character.is_control() && !matches!(character, '\n' | '\t'))
    {
        return Err(Failure::invalid_field(
            "reason",
            "must have no control characters but line feed and tab",
        ));
    }
    Ok(())
}

pub(super) fn answer<M: Message + Default>(outcome: Requested) -> Result<M, Failure> {
    match outcome {
        Requested::Done(answer) => {
            M::decode(answer.as_slice()).map_err(|error| Failure::StorageCorrupt(Cause::of(&error)))
        }
        Requested::ContentDiffers => Err(Failure::ContentDiffers),
        Requested::NotFound => Err(Failure::NotFound),
        Requested::InvalidTransition(stage) => Err(Failure::InvalidTransition(view::stage(stage))),
    }
}
