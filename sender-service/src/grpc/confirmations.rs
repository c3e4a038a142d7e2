//! Still there? What people see and do of it.

use std::sync::Arc;

use framme_shared::{
    domain::{ids::ReportId, organisation::OrganisationNumber, receipt::Software, staff_id::StaffId},
    wire::{
        pb::sender::{
            AskHeldRequest, AskHeldResponse, DoubtfulTransmission, FaultySoftware, ListConfirmationsRequest,
            ListConfirmationsResponse, MarkFaultySoftwareRequest, MarkFaultySoftwareResponse, ReceiverConfirmations,
            UnmarkFaultySoftwareRequest, UnmarkFaultySoftwareResponse,
            confirmation_service_server::ConfirmationService,
        },
        scope::Scope,
        status::{Cause, Failure},
        time,
        violations::FieldViolations,
    },
};
use jiff::Timestamp;
use tonic::{Request, Response, Status};

use super::{Api, failure::storage};
use crate::{
    context::Context,
    holding::{AskNow, MarkFaulty, Marked, UnmarkFaulty},
    store::{confirmation, doubt, faulty, receiver},
};

/// Doubtful transmissions of a receiver that are told one by one.
const MOST_DOUBTFUL: i64 = 1_000;

#[tonic::async_trait]
impl ConfirmationService for Api {
    async fn list_confirmations(
        &self,
        request: Request<ListConfirmationsRequest>,
    ) -> Result<Response<ListConfirmationsResponse>, Status> {
        self.admit(&request, "ListConfirmations").await?;
        Ok(Response::new(self.confirmations().await?))
    }

    async fn ask_held(&self, request: Request<AskHeldRequest>) -> Result<Response<AskHeldResponse>, Status> {
        let caller = self.admit(&request, "AskHeld").await?;
        let asking = read(|scope| {
            let message = request.get_ref();
            let receiver = organisation(scope, &message.organisation_number);
            let report = scope.optional("report_id", &message.report_id, ReportId::parse);
            Some((receiver?, report?))
        })?;
        let by = caller.holder.to_string();
        // All pages, whether or not the caller waits for the last.
        let asked = tokio::spawn(ask_now(Arc::clone(&self.context), asking, by)).await;
        let transmissions = asked.map_err(|error| Failure::Internal(Cause::of(&error)))??;
        if transmissions == 0 {
            return Err(Failure::NotFound.into());
        }
        Ok(Response::new(AskHeldResponse { transmissions }))
    }

    async fn mark_faulty_software(
        &self,
        request: Request<MarkFaultySoftwareRequest>,
    ) -> Result<Response<MarkFaultySoftwareResponse>, Status> {
        self.admit(&request, "MarkFaultySoftware").await?;
        let message = request.get_ref();
        let mark = read(|scope| {
            let receiver = organisation(scope, &message.organisation_number);
            let software = software(scope, &message.name, &message.version);
            let since = since(scope, message);
            let by = scope.required("marked_by", &message.marked_by, StaffId::parse);
            Some(MarkFaulty {
                id: self.context.random.new_uuid().to_string(),
                receiver: receiver?,
                software: software?,
                since: since?,
                by: by?.to_string(),
            })
        })?;
        self.is_receiver(&mark.receiver).await?;
        match self.context.database.change(mark).await.map_err(storage)? {
            Marked::Now | Marked::Before => Ok(Response::new(MarkFaultySoftwareResponse {})),
            Marked::Differs => Err(Failure::ContentDiffers.into()),
        }
    }

    async fn unmark_faulty_software(
        &self,
        request: Request<UnmarkFaultySoftwareRequest>,
    ) -> Result<Response<UnmarkFaultySoftwareResponse>, Status> {
        self.admit(&request, "UnmarkFaultySoftware").await?;
        let message = request.get_ref();
        let unmark = read(|scope| {
            let receiver = organisation(scope, &message.organisation_number);
            let software = software(scope, &message.name, &message.version);
            let by = scope.required("unmarked_by", &message.unmarked_by, StaffId::parse);
            Some(UnmarkFaulty {
                receiver: receiver?,
                software: software?,
                by: by?.to_string(),
            })
        })?;
        if self.context.database.change(unmark).await.map_err(storage)? {
            Ok(Response::new(UnmarkFaultySoftwareResponse {}))
        } else {
            Err(Failure::NotFound.into())
        }
    }
}

impl Api {
    async fn confirmations(&self) -> Result<ListConfirmationsResponse, Failure> {
        let reader = self.context.database.reader();
        let now = self.context.clock.now();
        let marks = faulty::standing(reader).await.map_err(storage)?;
        let mut receivers = Vec::new();
        for standing in confirmation::standings(reader, now).await.map_err(storage)? {
            let doubtful = doubt::open_of(reader, &standing.receiver, MOST_DOUBTFUL).await;
            receivers.push(ReceiverConfirmations {
                organisation_number: standing.receiver.to_string(),
                asked_for: standing.asked_for,
                due: standing.due,
                due_since_time: standing.due_since.map(time::to_pb),
                in_doubt: standing.doubted,
                doubtful: doubtful
                    .map_err(storage)?
                    .into_iter()
                    .map(|(transmission, finding)| DoubtfulTransmission {
                        transmission_id: transmission.to_string(),
                        finding,
                    })
                    .collect(),
                faulty_software: marks
                    .iter()
                    .filter(|mark| mark.receiver == standing.receiver)
                    .map(shown)
                    .collect(),
            });
        }
        Ok(ListConfirmationsResponse { receivers })
    }

    async fn is_receiver(&self, receiver: &OrganisationNumber) -> Result<(), Failure> {
        let row = receiver::look_up(self.context.database.reader(), receiver).await;
        row.map_err(storage)?.map(drop).ok_or(Failure::NotFound)
    }
}

async fn ask_now(
    context: Arc<Context>,
    (receiver, report): (OrganisationNumber, Option<ReportId>),
    by: String,
) -> Result<u64, Failure> {
    let (mut count, mut after) = (0, None);
    loop {
        let page = AskNow {
            receiver,
            report,
            after,
            by: by.clone(),
        };
        let page = context.database.change(page).await.map_err(storage)?;
        count += page.count;
        after = page.after;
        if after.is_none() {
            return Ok(count);
        }
    }
}

fn shown(mark: &faulty::Faulty) -> FaultySoftware {
    FaultySoftware {
        name: mark.software.name.clone(),
        version: mark.software.version.clone(),
        since_time: Some(time::to_pb(mark.since)),
        marked_by: mark.marked_by.clone(),
        mark_time: Some(time::to_pb(mark.marked_at)),
        being_asked: mark.being_asked,
    }
}

/// Reads a message: every violation is told at once.
fn read<T>(read: impl FnOnce(&mut Scope<'_>) -> Option<T>) -> Result<T, Failure> {
    let mut found = FieldViolations::new();
    match read(&mut Scope::root(&mut found)) {
        Some(value) if found.is_empty() => Ok(value),
        _ => Err(found.into()),
    }
}

fn organisation(scope: &mut Scope<'_>, text: &str) -> Option<OrganisationNumber> {
    scope.required("organisation_number", text, OrganisationNumber::parse)
}

fn software(scope: &mut Scope<'_>, name: &str, version: &str) -> Option<Software> {
    let mut fits = |field: &str, text: &str| {
        let is_right = (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_right {
            scope.refuse(field, "must be 1 to 64 visible ASCII characters");
        }
        is_right
    };
    let (name_fits, version_fits) = (fits("name", name), fits("version", version));
    (name_fits && version_fits).then(|| Software {
        name: name.to_owned(),
        version: version.to_owned(),
    })
}

/// In whole microseconds, which is what is kept.
fn since(scope: &mut Scope<'_>, message: &MarkFaultySoftwareRequest) -> Option<Timestamp> {
    let since = scope.present("since_time", message.since_time.as_ref())?;
    let read = time::from_pb(since)
        .map_err(|rule| scope.refuse("since_time", rule))
        .ok()?;
    Timestamp::from_microsecond(read.as_microsecond()).ok()
}
