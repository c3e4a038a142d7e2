//! `SubmitTransmission` and `WithdrawTransmission`.

use std::sync::atomic::Ordering;

use framme_shared::{
    domain::{
        digest::Digest,
        ids::{RequestId, TransmissionId},
        organisation::OrganisationNumber,
        receipt::MAX_SEQUENCE,
        report::Report,
        staff_id::StaffId,
    },
    wire::{
        pb::exchange::{
            SubmitTransmissionRequest, SubmitTransmissionResponse, WithdrawTransmissionRequest,
            WithdrawTransmissionResponse,
        },
        report::{Rules, decode_report, parse},
        scope::Scope,
        status::Failure,
        time,
    },
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    core::Core,
    error::Refusal,
    grpc::read,
    inbox::{self, Incoming, NamedAttachment, Withdrawal},
    recovery::restate_one,
    requests::Request,
    staff::SENT_ON,
    store::{child::NewChild, transmission::NewTransmission},
};

/// 2010-01-01: nothing was submitted before.
const EARLIEST: Timestamp = Timestamp::constant(1_262_304_000, 0);
/// How far the sender's clock may be ahead. Wide, for a report that was accepted is not refused for a wrong clock.
const MOST_AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// What stands beside the content.
struct Envelope {
    id: TransmissionId,
    sequence: u64,
    sha256: Digest,
    submitted_at: Timestamp,
    redirected_from: Option<TransmissionId>,
}

pub(super) async fn submit(
    core: &Core,
    sender: OrganisationNumber,
    request: &SubmitTransmissionRequest,
) -> Result<SubmitTransmissionResponse, Refusal> {
    let now = core.clock.now();
    let envelope = read::message(|scope| read_envelope(scope, request, now))?;
    let report = read_report(core, &envelope, &request.content)?;
    let events = core.events.fingerprints(core, &report).await?;
    let incoming = incoming(core, sender, &envelope, &report, events);
    let receipt = inbox::receive(core, incoming, &request.content, request.last_receipt_sequence).await?;
    if core.restoring.load(Ordering::Acquire) {
        restate_one(core, &sender, &envelope.id).await?;
    }
    Ok(SubmitTransmissionResponse { receipt })
}

fn read_envelope(scope: &mut Scope<'_>, request: &SubmitTransmissionRequest, now: Timestamp) -> Option<Envelope> {
    let id = read::transmission_id(scope, &request.transmission_id);
    let sequence = (1..=MAX_SEQUENCE)
        .contains(&request.sequence)
        .then_some(request.sequence);
    if sequence.is_none() {
        scope.refuse("sequence", "must be at least 1 and below 2^53");
    }
    if request.content.is_empty() {
        scope.refuse("content", "must be given");
    }
    let sha256 = read::sha256(scope, "content_sha256", &request.content_sha256);
    let submitted_at = scope
        .present("submitted_time", request.submitted_time.as_ref())
        .and_then(|submitted| {
            time::from_pb(submitted)
                .map_err(|rule| scope.refuse("submitted_time", rule))
                .ok()
        });
    let submitted_at = submitted_at.and_then(|at| in_bounds(scope, at, now));
    let redirected_from = scope.optional(
        "redirected_from_transmission_id",
        &request.redirected_from_transmission_id,
        TransmissionId::parse,
    );
    if redirected_from.flatten().is_some_and(|from| Some(from) == id) {
        scope.refuse("redirected_from_transmission_id", "must be another transmission");
    }
    Some(Envelope {
        id: id?,
        sequence: sequence?,
        sha256: sha256?,
        submitted_at: submitted_at?,
        redirected_from: redirected_from?,
    })
}

/// The time in whole microseconds, which is what is kept.
fn in_bounds(scope: &mut Scope<'_>, at: Timestamp, now: Timestamp) -> Option<Timestamp> {
    if at < EARLIEST {
        scope.refuse("submitted_time", "must not be before 2010-01-01");
        return None;
    }
    if at.duration_since(now) > MOST_AHEAD {
        scope.refuse("submitted_time", "must not be more than a day in the future");
        return None;
    }
    Timestamp::from_microsecond(at.as_microsecond()).ok()
}

fn read_report(core: &Core, envelope: &Envelope, content: &[u8]) -> Result<Report, Refusal> {
    // First: content that was damaged on the way says nothing about its sender's report.
    if Digest::of(content) != envelope.sha256 {
        return Err(Failure::DigestMismatch.into());
    }
    let message = decode_report(content)?;
    let rules = Rules {
        now: envelope.submitted_at,
        test_numbers: core.test_numbers,
        max_attachment_bytes: core.limits.max_bytes,
    };
    let report = parse(&message, &rules)?;
    if report.attachments.len() > core.limits.max_files {
        let limit = format!("{} files", core.limits.max_files);
        return Err(Failure::TooLarge {
            what: "a transmission",
            limit,
        }
        .into());
    }
    Ok(report)
}

fn incoming(
    core: &Core,
    sender: OrganisationNumber,
    envelope: &Envelope,
    report: &Report,
    events: Vec<Digest>,
) -> Incoming {
    let (report_type, urgency) = (report.report_type, report.urgency);
    let rules = &core.deadlines;
    Incoming {
        first_look: rules.first_look(report_type, urgency, envelope.submitted_at, core.clock.now()),
        new: NewTransmission {
            sender,
            sent_id: envelope.id,
            sequence: envelope.sequence,
            report: report.id,
            report_type: report.report_type,
            urgency: report.urgency,
            submitted_at: envelope.submitted_at,
            attachment_count: report.attachments.len() as u64,
            content_sha256: envelope.sha256,
            redirected_from: envelope.redirected_from,
            follows_up: report.follows_up,
            drill: report.drill,
        },
        children: report
            .children
            .iter()
            .zip(0..)
            .map(|(child, number)| NewChild {
                id: child.id,
                number,
                area: match envelope.redirected_from {
                    Some(_) => format!("{SENT_ON}{}", child.area),
                    None => child.area.to_string(),
                },
            })
            .collect(),
        attachments: report
            .attachments
            .iter()
            .map(|file| NamedAttachment {
                id: file.id,
                size_bytes: file.size_bytes,
                sha256: file.sha256,
            })
            .collect(),
        events,
    }
}

pub(super) async fn withdraw(
    core: &Core,
    sender: OrganisationNumber,
    request: &WithdrawTransmissionRequest,
) -> Result<WithdrawTransmissionResponse, Refusal> {
    let (sent_id, id, by) = read::message(|scope| {
        let sent_id = read::transmission_id(scope, &request.transmission_id);
        let id = scope.required("request_id", &request.request_id, RequestId::parse);
        // An id and never a name: it is kept in the ledger as it is.
        let by = scope.required("withdrawn_by", &request.withdrawn_by, StaffId::parse);
        Some((sent_id?, id?, by?))
    })?;
    let withdrawal = Withdrawal {
        sender,
        sent_id,
        withdrawn_by: by,
        request: Request::new(format!("peer/{sender}"), id, "WithdrawTransmission", request, false),
    };
    inbox::withdraw(core, withdrawal).await
}
