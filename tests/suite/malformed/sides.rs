//! The exchange as the sender would call it, and what is right.

use std::{sync::Arc, time::Duration};

use framme_demo::{
    samples::{SampleReport, Samples},
    world::World,
};
use framme_shared::{
    domain::digest::Digest,
    runtime::{
        clock::{Clock as _, SystemClock},
        connect,
        tls::{TlsFiles, TlsStore},
    },
    wire::{
        pb::{
            exchange::{
                ConfirmReceiptsRequest, ConfirmReceiptsResponse, StreamReceiptsRequest, StreamReceiptsResponse,
                SubmitTransmissionRequest, SubmitTransmissionResponse, UploadAttachmentRequest,
                UploadAttachmentResponse, exchange_service_client::ExchangeServiceClient,
            },
            report::{self as pb, Stage},
            sender::FollowReportRequest,
        },
        report::fill_child_ids,
        time,
    },
};
use tonic::{Response, Status, Streaming, transport::Channel};

/// The receiver's exchange, called with the sender's own certificate.
pub(crate) struct Exchange(ExchangeServiceClient<Channel>);

impl Exchange {
    pub(crate) fn connect(world: &World) -> Self {
        Self(ExchangeServiceClient::new(Self::channel(world)))
    }

    pub(crate) fn channel(world: &World) -> Channel {
        let own = world.directory.join("sender");
        let files = TlsFiles {
            certificate: own.join("tls/certificate.pem"),
            key: own.join("tls/key.pem"),
            trust: own.join("trust/trust.pem"),
            crls: vec![own.join("trust/crls.pem")],
        };
        let tls = TlsStore::load(files, Arc::new(SystemClock)).unwrap();
        let receiver = &world.receivers[0];
        let endpoint = format!("https://{}", receiver.exchange);
        connect::channel(&endpoint, tls, receiver.organisation, Arc::new(SystemClock)).unwrap()
    }

    pub(crate) async fn submit(&mut self, request: SubmitTransmissionRequest) -> Result<String, Status> {
        let answer: Response<SubmitTransmissionResponse> = self.0.submit_transmission(request).await?;
        Ok(answer.into_inner().receipt)
    }

    pub(crate) async fn confirm(
        &mut self,
        sequence: u64,
        sha256: Digest,
    ) -> Result<Response<ConfirmReceiptsResponse>, Status> {
        let receipt_sha256 = sha256.as_bytes().to_vec().into();
        self.0
            .confirm_receipts(ConfirmReceiptsRequest {
                sequence,
                receipt_sha256,
            })
            .await
    }

    /// What the stream says first.
    pub(crate) async fn stream_from(&mut self, after_sequence: u64) -> Result<StreamReceiptsResponse, Status> {
        let mut stream: Streaming<_> = self
            .0
            .stream_receipts(StreamReceiptsRequest { after_sequence })
            .await?
            .into_inner();
        stream.message().await.map(Option::unwrap)
    }

    pub(crate) async fn upload(
        &mut self,
        parts: Vec<UploadAttachmentRequest>,
    ) -> Result<Response<UploadAttachmentResponse>, Status> {
        self.0.upload_attachment(tokio_stream::iter(parts)).await
    }
}

/// The same report every time, about one child whom the world's first receiver serves.
pub(crate) fn right_report(world: &World) -> pb::Report {
    let sample = SampleReport {
        police_district: "Troms".to_owned(),
        children: vec![world.receivers[0].areas[0].clone()],
        urgency: pb::Urgency::Normal,
        written: "2026-01-15T12:00:00Z".parse().unwrap(),
    };
    let mut report = Samples::new(1).report(&sample);
    fill_child_ids(&mut report);
    report
}

/// A transmission of this content, right in all else.
pub(crate) fn transmission(sequence: u64, content: Vec<u8>) -> SubmitTransmissionRequest {
    SubmitTransmissionRequest {
        transmission_id: "0c7a3c5e-5f0b-4b55-9d0e-3b8f5b1f8a11".to_owned(),
        sequence,
        content_sha256: Digest::of(&content).as_bytes().to_vec().into(),
        content: content.into(),
        submitted_time: Some(time::to_pb(SystemClock.now())),
        last_receipt_sequence: 0,
        redirected_from_transmission_id: String::new(),
    }
}

pub(crate) async fn wait_until_stored(world: &World, report_id: &str) {
    let request = FollowReportRequest {
        report_id: report_id.to_owned(),
    };
    let mut states = world
        .sender
        .desk()
        .unwrap()
        .follow_report(request)
        .await
        .unwrap()
        .into_inner();
    let stored = async {
        while let Some(state) = states.message().await.unwrap() {
            let report = state.report.unwrap();
            let mut children = report.transmissions.iter().flat_map(|part| &part.children);
            if children.all(|child| child.stage() == Stage::Stored) {
                return;
            }
        }
        panic!("the stream ended before the report was stored");
    };
    tokio::time::timeout(Duration::from_secs(30), stored).await.unwrap();
}
