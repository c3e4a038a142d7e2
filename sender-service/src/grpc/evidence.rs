//! Evidence for whoever checks afterwards.

use std::{pin::Pin, sync::Arc};

use bytes::Bytes;
use framme_shared::{
    domain::{evidence::MOST_ENTRIES, organisation::OrganisationNumber},
    wire::{
        pb::sender::{
            EvidencePeriod, ExportEvidenceRequest, ExportEvidenceResponse, evidence_service_server::EvidenceService,
            export_evidence_request::Scope,
        },
        status::{Cause, Failure},
        time::from_pb,
    },
};
use futures::{Stream, stream};
use jiff::Timestamp;
use tonic::{Request, Response, Status};

use super::{Api, failure::storage, read::report_id};
use crate::evidence::{Export, ExportError};

/// One message of an export holds at most this.
const CHUNK_BYTES: usize = 256 * 1024;

type Chunks = Pin<Box<dyn Stream<Item = Result<ExportEvidenceResponse, Status>> + Send>>;

#[tonic::async_trait]
impl EvidenceService for Api {
    type ExportEvidenceStream = Chunks;

    async fn export_evidence(&self, request: Request<ExportEvidenceRequest>) -> Result<Response<Chunks>, Status> {
        self.admit(&request, "ExportEvidence").await?;
        let export = self.export_package(request.into_inner()).await?;
        Ok(Response::new(chunks(export)))
    }
}

impl Api {
    async fn export_package(&self, request: ExportEvidenceRequest) -> Result<Export, Failure> {
        let context = Arc::clone(&self.context);
        let export = match request.scope {
            None => return Err(Failure::invalid_field("scope", "must be a report or a period")),
            Some(Scope::ReportId(id)) => Export::of_report(context, report_id(&id)?).await,
            Some(Scope::Period(period)) => {
                let (receiver, period) = read(&period)?;
                Export::of_period(context, receiver, period).await
            }
        };
        export.map_err(storage)?.ok_or(Failure::NotFound)
    }
}

fn read(period: &EvidencePeriod) -> Result<(OrganisationNumber, (Timestamp, Timestamp)), Failure> {
    let receiver = OrganisationNumber::parse(&period.receiver_organisation_number)
        .map_err(|rule| Failure::invalid_field("period.receiver_organisation_number", rule.to_string()))?;
    let from = time("period.from_time", period.from_time.as_ref())?;
    let until = time("period.until_time", period.until_time.as_ref())?;
    if from >= until {
        return Err(Failure::invalid_field("period.until_time", "must be after from_time"));
    }
    Ok((receiver, (from, until)))
}

fn time(field: &'static str, time: Option<&prost_types::Timestamp>) -> Result<Timestamp, Failure> {
    let time = time.ok_or_else(|| Failure::invalid_field(field, "must be there"))?;
    let time = from_pb(time).map_err(|rule| Failure::invalid_field(field, rule.to_string()))?;
    if time.subsec_nanosecond() % 1_000 == 0 {
        Ok(time)
    } else {
        Err(Failure::invalid_field(field, "must be in whole microseconds"))
    }
}

/// A page is read when the caller has taken all of the one before.
fn chunks(export: Export) -> Chunks {
    let begun = (export, Bytes::new());
    Box::pin(stream::try_unfold(begun, |(mut export, mut ready)| async move {
        while ready.is_empty() {
            match export.next().await.map_err(failure)? {
                Some(text) => ready = text.into(),
                None => return Ok(None),
            }
        }
        let chunk = ready.split_to(ready.len().min(CHUNK_BYTES));
        Ok(Some((ExportEvidenceResponse { chunk }, (export, ready))))
    }))
}

fn failure(error: ExportError) -> Failure {
    match error {
        ExportError::Store(error) => storage(error),
        ExportError::TooLarge => Failure::TooLarge {
            what: "an evidence package",
            limit: format!("{MOST_ENTRIES} entries"),
        },
        ExportError::Seal => Failure::Internal(Cause::of(&error)),
    }
}
