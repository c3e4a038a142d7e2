//! A service whose answers a test holds back.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use framme_shared::runtime::{caller::Presented, identity::PeerIdentity};
use futures::future::BoxFuture;
use tokio::sync::{Semaphore, watch};
use tonic::{
    Request, Response, Status, body::Body, client::Grpc, codegen::http, metadata::MetadataMap, server::NamedService,
    transport::Channel,
};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_prost::ProstCodec;

/// What the handler saw.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls {
    pub(crate) begun: usize,
    pub(crate) presented: Option<Presented>,
    pub(crate) peer: Option<PeerIdentity>,
}

/// The test's hand.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) calls: watch::Sender<Calls>,
    answers: Arc<Semaphore>,
}

impl Held {
    pub(crate) fn new() -> (Self, HeldServer) {
        let held = Self {
            calls: watch::Sender::new(Calls::default()),
            answers: Arc::new(Semaphore::new(0)),
        };
        (held.clone(), HeldServer(held))
    }

    /// Waits until so many calls have reached the handler.
    pub(crate) async fn begun(&self, count: usize) -> Calls {
        let mut calls = self.calls.subscribe();
        let reached = tokio::time::timeout(super::AT_ONCE, calls.wait_for(|calls| calls.begun >= count)).await;
        reached.expect("the calls arrive at once").unwrap().clone()
    }

    /// Lets so many calls be answered.
    pub(crate) fn answer(&self, count: usize) {
        self.answers.add_permits(count);
    }
}

/// `test.Held`: `Wait` is unary, `Upload` takes a stream.
#[derive(Clone)]
pub(crate) struct HeldServer(Held);

impl NamedService for HeldServer {
    const NAME: &'static str = "test.Held";
}

impl tower::Service<http::Request<Body>> for HeldServer {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<http::Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let held = self.0.clone();
        let stream = request.uri().path().ends_with("/Upload");
        Box::pin(async move {
            let mut grpc = tonic::server::Grpc::new(ProstCodec::default());
            Ok(if stream {
                grpc.client_streaming(Upload(held), request).await
            } else {
                grpc.unary(Wait(held), request).await
            })
        })
    }
}

struct Wait(Held);

impl tonic::server::UnaryService<HealthCheckRequest> for Wait {
    type Response = HealthCheckResponse;
    type Future = BoxFuture<'static, Result<Response<HealthCheckResponse>, Status>>;

    fn call(&mut self, request: Request<HealthCheckRequest>) -> Self::Future {
        let Held { calls, answers } = self.0.clone();
        Box::pin(async move {
            calls.send_modify(|calls| {
                calls.begun += 1;
                calls.presented = Some(Presented::of_request(&request));
                calls.peer = request.extensions().get().cloned();
            });
            answers.acquire_owned().await.unwrap().forget();
            Ok(Response::new(HealthCheckResponse::default()))
        })
    }
}

struct Upload(Held);

impl tonic::server::ClientStreamingService<HealthCheckRequest> for Upload {
    type Response = HealthCheckResponse;
    type Future = BoxFuture<'static, Result<Response<HealthCheckResponse>, Status>>;

    fn call(&mut self, request: Request<tonic::Streaming<HealthCheckRequest>>) -> Self::Future {
        let calls = self.0.calls.clone();
        Box::pin(async move {
            let mut chunks = request.into_inner();
            while chunks.message().await?.is_some() {
                calls.send_modify(|calls| calls.begun += 1);
            }
            Ok(Response::new(HealthCheckResponse::default()))
        })
    }
}

/// Calls `test.Held/Wait`.
pub(crate) async fn call_held(channel: Channel, token: Option<&str>) -> Result<(), Status> {
    let mut metadata = MetadataMap::new();
    if let Some(token) = token {
        metadata.insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    let request = Request::from_parts(metadata, http::Extensions::new(), HealthCheckRequest::default());
    let mut grpc = Grpc::new(channel);
    grpc.ready().await.map_err(|error| Status::from_error(error.into()))?;
    let path = http::uri::PathAndQuery::from_static("/test.Held/Wait");
    let codec = ProstCodec::<HealthCheckRequest, HealthCheckResponse>::default();
    grpc.unary(request, path, codec).await.map(drop)
}

/// Calls `test.Held/Upload`.
pub(crate) async fn upload_held(
    channel: Channel,
    chunks: impl futures::Stream<Item = HealthCheckRequest> + Send + 'static,
) -> Result<(), Status> {
    let mut grpc = Grpc::new(channel);
    grpc.ready().await.map_err(|error| Status::from_error(error.into()))?;
    let path = http::uri::PathAndQuery::from_static("/test.Held/Upload");
    let codec = ProstCodec::<HealthCheckRequest, HealthCheckResponse>::default();
    grpc.client_streaming(Request::new(chunks), path, codec).await.map(drop)
}
