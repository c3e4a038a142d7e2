//! The local interface `framme.sender.v1`: one file per group of calls. Handlers read and ask for changes; what must
//! happen happens in the changes, so a caller that goes away leaves nothing half done.

mod attachment;
pub mod authorisation;
mod caller;
mod confirmations;
mod deadlines;
mod evidence;
mod failure;
mod figures;
mod follow;
mod follow_all;
mod gate;
pub mod letter_view;
mod letters;
mod owed;
mod phone;
mod read;
mod readiness;
mod receivers;
mod reconciliation;
mod request;
mod route;
mod statements;
mod submit;
mod tasks;
pub mod view;

use std::{pin::Pin, sync::Arc};

use framme_shared::{
    runtime::{serve::MAX_MESSAGE_BYTES, shutdown::Shutdown},
    wire::pb::sender::{
        CloseReportRequest, CloseReportResponse, FollowReportRequest, FollowReportResponse, FollowReportsRequest,
        FollowReportsResponse, GetAttachmentUploadRequest, GetAttachmentUploadResponse, GetFiguresRequest,
        GetFiguresResponse, GetReconciliationRequest, GetReconciliationResponse, GetReportRequest, GetReportResponse,
        ListOwedFeedbackRequest, ListOwedFeedbackResponse, ListReceiptsRequest, ListReceiptsResponse,
        ListReceiversRequest, ListReceiversResponse, ListReconciliationsRequest, ListReconciliationsResponse,
        ListReportsRequest, ListReportsResponse, RecordPhoneCallRequest, RecordPhoneCallResponse, RouteChildRequest,
        RouteChildResponse, RouteTransmissionRequest, RouteTransmissionResponse, StartReconciliationRequest,
        StartReconciliationResponse, SubmitReportRequest, SubmitReportResponse, UploadAttachmentRequest,
        UploadAttachmentResponse, WithdrawReportRequest, WithdrawReportResponse,
        confirmation_service_server::ConfirmationServiceServer,
        deadline_service_server::DeadlineServiceServer,
        evidence_service_server::EvidenceServiceServer,
        figures_service_server::FiguresServiceServer,
        letter_service_server::LetterServiceServer,
        readiness_service_server::ReadinessServiceServer,
        sender_service_server::{SenderService, SenderServiceServer},
        statement_service_server::StatementServiceServer,
        task_service_server::TaskServiceServer,
    },
};
use futures::Stream;
use tonic::{Request, Response, Status, Streaming};

pub use gate::LocalGate;

use self::caller::Callers;
use crate::context::Context;

/// Serves the local interface. Clones are the same.
#[derive(Clone)]
pub struct Api {
    context: Arc<Context>,
    callers: Arc<Callers>,
    shutdown: Shutdown,
}

impl Api {
    /// What the services share.
    pub fn new(context: Arc<Context>, shutdown: Shutdown) -> Self {
        Self {
            callers: Arc::default(),
            context,
            shutdown,
        }
    }

    /// Reports, ready to be added to a listener's routes.
    pub fn service(self) -> SenderServiceServer<Self> {
        SenderServiceServer::new(self).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// Daily statements, ready to be added to a listener's routes.
    pub fn statement_service(self) -> StatementServiceServer<Self> {
        StatementServiceServer::new(self).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// Tasks for people, ready to be added to a listener's routes.
    pub fn task_service(self) -> TaskServiceServer<Self> {
        TaskServiceServer::new(self).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// Deadlines, ready to be added to a listener's routes.
    pub fn deadline_service(self) -> DeadlineServiceServer<Self> {
        DeadlineServiceServer::new(self).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// Signed figures, ready to be added to a listener's routes.
    pub fn figures_service(self) -> FiguresServiceServer<Self> {
        FiguresServiceServer::new(self).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// Questions to receivers, ready to be added to a listener's routes.
    pub fn confirmation_service(self) -> ConfirmationServiceServer<Self> {
        ConfirmationServiceServer::new(self).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// Letters, ready to be added to a listener's routes.
    pub fn letter_service(self) -> LetterServiceServer<Self> {
        LetterServiceServer::new(self).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// Drills, ready to be added to a listener's routes.
    pub fn readiness_service(self) -> ReadinessServiceServer<Self> {
        ReadinessServiceServer::new(self).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// Evidence for whoever checks afterwards, ready to be added to a listener's routes.
    pub fn evidence_service(self) -> EvidenceServiceServer<Self> {
        EvidenceServiceServer::new(self).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }
}

type Follow = Pin<Box<dyn Stream<Item = Result<FollowReportResponse, Status>> + Send>>;
type FollowAll = Pin<Box<dyn Stream<Item = Result<FollowReportsResponse, Status>> + Send>>;

#[tonic::async_trait]
impl SenderService for Api {
    async fn get_attachment_upload(
        &self,
        request: Request<GetAttachmentUploadRequest>,
    ) -> Result<Response<GetAttachmentUploadResponse>, Status> {
        self.admit(&request, "GetAttachmentUpload").await?;
        Ok(Response::new(self.attachment_upload(request.into_inner()).await?))
    }

    async fn upload_attachment(
        &self,
        request: Request<Streaming<UploadAttachmentRequest>>,
    ) -> Result<Response<UploadAttachmentResponse>, Status> {
        self.admit(&request, "UploadAttachment").await?;
        Ok(Response::new(self.upload(request.into_inner()).await?))
    }

    async fn submit_report(
        &self,
        request: Request<SubmitReportRequest>,
    ) -> Result<Response<SubmitReportResponse>, Status> {
        let caller = self.admit(&request, "SubmitReport").await?;
        Ok(Response::new(self.submit(&caller, request.into_inner()).await?))
    }

    async fn get_report(&self, request: Request<GetReportRequest>) -> Result<Response<GetReportResponse>, Status> {
        let caller = self.admit(&request, "GetReport").await?;
        Ok(Response::new(self.report(&caller, request.into_inner()).await?))
    }

    async fn list_reports(
        &self,
        request: Request<ListReportsRequest>,
    ) -> Result<Response<ListReportsResponse>, Status> {
        self.admit(&request, "ListReports").await?;
        Ok(Response::new(self.reports(request.into_inner()).await?))
    }

    type FollowReportStream = Follow;

    async fn follow_report(&self, request: Request<FollowReportRequest>) -> Result<Response<Follow>, Status> {
        self.admit(&request, "FollowReport").await?;
        Ok(Response::new(self.follow(request.into_inner()).await?))
    }

    type FollowReportsStream = FollowAll;

    async fn follow_reports(&self, request: Request<FollowReportsRequest>) -> Result<Response<FollowAll>, Status> {
        self.admit(&request, "FollowReports").await?;
        Ok(Response::new(self.follow_all()))
    }

    async fn withdraw_report(
        &self,
        request: Request<WithdrawReportRequest>,
    ) -> Result<Response<WithdrawReportResponse>, Status> {
        let caller = self.admit(&request, "WithdrawReport").await?;
        Ok(Response::new(self.withdraw(&caller, request.into_inner()).await?))
    }

    async fn close_report(
        &self,
        request: Request<CloseReportRequest>,
    ) -> Result<Response<CloseReportResponse>, Status> {
        let caller = self.admit(&request, "CloseReport").await?;
        Ok(Response::new(self.close(&caller, request.into_inner()).await?))
    }

    async fn route_transmission(
        &self,
        request: Request<RouteTransmissionRequest>,
    ) -> Result<Response<RouteTransmissionResponse>, Status> {
        let caller = self.admit(&request, "RouteTransmission").await?;
        Ok(Response::new(self.route_part(&caller, request.into_inner()).await?))
    }

    async fn route_child(&self, request: Request<RouteChildRequest>) -> Result<Response<RouteChildResponse>, Status> {
        let caller = self.admit(&request, "RouteChild").await?;
        Ok(Response::new(self.route(&caller, request.into_inner()).await?))
    }

    async fn record_phone_call(
        &self,
        request: Request<RecordPhoneCallRequest>,
    ) -> Result<Response<RecordPhoneCallResponse>, Status> {
        let caller = self.admit(&request, "RecordPhoneCall").await?;
        Ok(Response::new(self.record_call(&caller, request.into_inner()).await?))
    }

    async fn list_receipts(
        &self,
        request: Request<ListReceiptsRequest>,
    ) -> Result<Response<ListReceiptsResponse>, Status> {
        self.admit(&request, "ListReceipts").await?;
        Ok(Response::new(self.receipts(request.into_inner()).await?))
    }

    async fn get_figures(&self, request: Request<GetFiguresRequest>) -> Result<Response<GetFiguresResponse>, Status> {
        self.admit(&request, "GetFigures").await?;
        Ok(Response::new(self.figures().await?))
    }

    async fn list_receivers(
        &self,
        request: Request<ListReceiversRequest>,
    ) -> Result<Response<ListReceiversResponse>, Status> {
        self.admit(&request, "ListReceivers").await?;
        Ok(Response::new(self.receivers().await?))
    }

    async fn start_reconciliation(
        &self,
        request: Request<StartReconciliationRequest>,
    ) -> Result<Response<StartReconciliationResponse>, Status> {
        let caller = self.admit(&request, "StartReconciliation").await?;
        Ok(Response::new(
            self.start_comparison(&caller, &request.into_inner()).await?,
        ))
    }

    async fn list_reconciliations(
        &self,
        request: Request<ListReconciliationsRequest>,
    ) -> Result<Response<ListReconciliationsResponse>, Status> {
        self.admit(&request, "ListReconciliations").await?;
        Ok(Response::new(self.comparisons(&request.into_inner()).await?))
    }

    async fn get_reconciliation(
        &self,
        request: Request<GetReconciliationRequest>,
    ) -> Result<Response<GetReconciliationResponse>, Status> {
        self.admit(&request, "GetReconciliation").await?;
        Ok(Response::new(self.comparison(&request.into_inner()).await?))
    }

    async fn list_owed_feedback(
        &self,
        request: Request<ListOwedFeedbackRequest>,
    ) -> Result<Response<ListOwedFeedbackResponse>, Status> {
        self.admit(&request, "ListOwedFeedback").await?;
        Ok(Response::new(self.owed(request.get_ref()).await?))
    }
}
