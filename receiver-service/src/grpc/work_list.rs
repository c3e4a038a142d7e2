//! `framme.receiver.v1.WorkListService`.

mod feedback;
mod moves;
mod owed;

use std::{pin::Pin, sync::Arc};

use bytes::Bytes;
use framme_shared::{
    domain::ids::AttachmentId,
    runtime::{caller::Presented, serve::MAX_MESSAGE_BYTES},
    wire::{
        pb::receiver::{
            AssignChildRequest, AssignChildResponse, DownloadAttachmentRequest, DownloadAttachmentResponse,
            GetTransmissionRequest, GetTransmissionResponse, ListOwedFeedbackRequest, ListOwedFeedbackResponse,
            ListTransmissionsRequest, ListTransmissionsResponse, RecordAssessmentRequest, RecordAssessmentResponse,
            RecordConfirmationRequest, RecordConfirmationResponse, RecordInvestigationEndRequest,
            RecordInvestigationEndResponse, RecordOutcomeRequest, RecordOutcomeResponse,
            RecordProsecutionAnswerRequest, RecordProsecutionAnswerResponse, RedirectChildRequest,
            RedirectChildResponse, RegisterChildRequest, RegisterChildResponse, RejectChildRequest,
            RejectChildResponse, RevokeAssignmentRequest, RevokeAssignmentResponse,
            work_list_service_server::{WorkListService, WorkListServiceServer},
        },
        status::Failure,
    },
};
use futures::{Stream, StreamExt as _};
use tonic::{Request, Response, Status};

use super::read;
use crate::{
    authority::{Caller, Holder, Rpc},
    core::Core,
    credentials::authenticate,
    error::Refusal,
    work_list::{self, position_of, summary},
};

/// Serves the work list.
pub struct WorkList {
    core: Arc<Core>,
}

impl WorkList {
    /// The service, ready to be added to the local listener's routes.
    pub fn service(core: Arc<Core>) -> WorkListServiceServer<Self> {
        WorkListServiceServer::new(Self { core }).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }
}

/// The caller, if it may make this call for anybody.
pub(super) async fn admit<T>(core: &Core, request: &Request<T>, rpc: Rpc) -> Result<Caller, Refusal> {
    let caller = authenticate(core, Presented::of_request(request)).await?;
    if let Holder::Person(access) = &caller.holder {
        let worked = rpc.works_the_list() && caller.may(Rpc::AssignChild);
        core.activity.note(&access.staff, worked, core.clock.now());
    }
    if caller.may(rpc) {
        Ok(caller)
    } else {
        Err(Failure::PermissionDenied.into())
    }
}

type Download = Pin<Box<dyn Stream<Item = Result<DownloadAttachmentResponse, Status>> + Send>>;

#[tonic::async_trait]
impl WorkListService for WorkList {
    async fn list_transmissions(
        &self,
        request: Request<ListTransmissionsRequest>,
    ) -> Result<Response<ListTransmissionsResponse>, Status> {
        let caller = admit(&self.core, &request, Rpc::ListTransmissions).await?;
        Ok(Response::new(self.list(&caller, request.get_ref()).await?))
    }

    async fn get_transmission(
        &self,
        request: Request<GetTransmissionRequest>,
    ) -> Result<Response<GetTransmissionResponse>, Status> {
        let caller = admit(&self.core, &request, Rpc::GetTransmission).await?;
        Ok(Response::new(self.get(caller, request.get_ref()).await?))
    }

    type DownloadAttachmentStream = Download;

    async fn download_attachment(
        &self,
        request: Request<DownloadAttachmentRequest>,
    ) -> Result<Response<Download>, Status> {
        let caller = admit(&self.core, &request, Rpc::DownloadAttachment).await?;
        Ok(Response::new(self.download(caller, request.get_ref()).await?))
    }

    async fn assign_child(
        &self,
        request: Request<AssignChildRequest>,
    ) -> Result<Response<AssignChildResponse>, Status> {
        let caller = admit(&self.core, &request, Rpc::AssignChild).await?;
        let changed = moves::assign(&self.core, &caller, request.get_ref()).await?;
        Ok(Response::new(AssignChildResponse { changed: Some(changed) }))
    }

    async fn revoke_assignment(
        &self,
        request: Request<RevokeAssignmentRequest>,
    ) -> Result<Response<RevokeAssignmentResponse>, Status> {
        let caller = admit(&self.core, &request, Rpc::RevokeAssignment).await?;
        let changed = moves::revoke(&self.core, &caller, request.get_ref()).await?;
        Ok(Response::new(RevokeAssignmentResponse { changed: Some(changed) }))
    }

    async fn register_child(
        &self,
        request: Request<RegisterChildRequest>,
    ) -> Result<Response<RegisterChildResponse>, Status> {
        let caller = admit(&self.core, &request, Rpc::RegisterChild).await?;
        let changed = moves::register(&self.core, &caller, request.get_ref()).await?;
        Ok(Response::new(RegisterChildResponse { changed: Some(changed) }))
    }

    async fn reject_child(
        &self,
        request: Request<RejectChildRequest>,
    ) -> Result<Response<RejectChildResponse>, Status> {
        let caller = admit(&self.core, &request, Rpc::RejectChild).await?;
        let changed = moves::reject(&self.core, &caller, request.get_ref()).await?;
        Ok(Response::new(RejectChildResponse { changed: Some(changed) }))
    }

    async fn redirect_child(
        &self,
        request: Request<RedirectChildRequest>,
    ) -> Result<Response<RedirectChildResponse>, Status> {
        let caller = admit(&self.core, &request, Rpc::RedirectChild).await?;
        let changed = moves::redirect(&self.core, &caller, request.get_ref()).await?;
        Ok(Response::new(RedirectChildResponse { changed: Some(changed) }))
    }

    async fn record_assessment(
        &self,
        request: Request<RecordAssessmentRequest>,
    ) -> Result<Response<RecordAssessmentResponse>, Status> {
        let caller = admit(&self.core, &request, Rpc::RecordAssessment).await?;
        let changed = moves::assess(&self.core, &caller, request.get_ref()).await?;
        Ok(Response::new(RecordAssessmentResponse { changed: Some(changed) }))
    }

    async fn record_confirmation(
        &self,
        request: Request<RecordConfirmationRequest>,
    ) -> Result<Response<RecordConfirmationResponse>, Status> {
        let caller = admit(&self.core, &request, Rpc::RecordConfirmation).await?;
        let changed = feedback::confirm(&self.core, &caller, request.get_ref()).await?;
        Ok(Response::new(RecordConfirmationResponse { changed: Some(changed) }))
    }

    async fn record_investigation_end(
        &self,
        request: Request<RecordInvestigationEndRequest>,
    ) -> Result<Response<RecordInvestigationEndResponse>, Status> {
        let caller = admit(&self.core, &request, Rpc::RecordInvestigationEnd).await?;
        let changed = feedback::end_investigation(&self.core, &caller, request.get_ref()).await?;
        Ok(Response::new(RecordInvestigationEndResponse { changed: Some(changed) }))
    }

    async fn record_outcome(
        &self,
        request: Request<RecordOutcomeRequest>,
    ) -> Result<Response<RecordOutcomeResponse>, Status> {
        let caller = admit(&self.core, &request, Rpc::RecordOutcome).await?;
        let changed = feedback::conclude(&self.core, &caller, request.get_ref()).await?;
        Ok(Response::new(RecordOutcomeResponse { changed: Some(changed) }))
    }

    async fn record_prosecution_answer(
        &self,
        request: Request<RecordProsecutionAnswerRequest>,
    ) -> Result<Response<RecordProsecutionAnswerResponse>, Status> {
        let caller = admit(&self.core, &request, Rpc::RecordProsecutionAnswer).await?;
        let changed = feedback::answer_prosecution(&self.core, &caller, request.get_ref()).await?;
        Ok(Response::new(RecordProsecutionAnswerResponse {
            changed: Some(changed),
        }))
    }

    async fn list_owed_feedback(
        &self,
        request: Request<ListOwedFeedbackRequest>,
    ) -> Result<Response<ListOwedFeedbackResponse>, Status> {
        let caller = admit(&self.core, &request, Rpc::ListOwedFeedback).await?;
        Ok(Response::new(owed::list(&self.core, &caller, request.get_ref()).await?))
    }
}

impl WorkList {
    async fn list(
        &self,
        caller: &Caller,
        request: &ListTransmissionsRequest,
    ) -> Result<ListTransmissionsResponse, Refusal> {
        let size = read::page_size(request.page_size)?;
        let position =
            position_of(&request.page_token).map_err(|rule| Failure::invalid_field("page_token", rule.to_string()))?;
        let page = work_list::list(&self.core, caller, request.unassigned_only, &position, size).await?;
        Ok(ListTransmissionsResponse {
            transmissions: page.entries.iter().map(summary).collect(),
            next_page_token: page.next,
        })
    }

    async fn get(&self, caller: Caller, request: &GetTransmissionRequest) -> Result<GetTransmissionResponse, Refusal> {
        let id = read::message(|scope| read::transmission_id(scope, &request.transmission_id))?;
        let opened = work_list::open(&self.core, caller, id).await?;
        Ok(GetTransmissionResponse {
            transmission: Some(summary(&opened.entry)),
            report: Some(opened.report),
        })
    }

    async fn download(&self, caller: Caller, request: &DownloadAttachmentRequest) -> Result<Download, Refusal> {
        let (id, file) = read::message(|scope| {
            let id = read::transmission_id(scope, &request.transmission_id);
            let file = scope.required("attachment_id", &request.attachment_id, AttachmentId::parse);
            Some((id?, file?))
        })?;
        let chunks = work_list::read_attachment(Arc::clone(&self.core), caller, id, file).await?;
        Ok(Box::pin(chunks.into_stream().map(|piece| match piece {
            Ok(data) => Ok(DownloadAttachmentResponse {
                data: Bytes::from(data),
            }),
            Err(refusal) => Err(refusal.into()),
        })))
    }
}
