//! What every request passes before its handler: who calls, how many at once, and for how long.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use futures::future::BoxFuture;
use http::{Request, Response};
use tonic::{Status, body::Body, service::Routes};
use tower::{Layer, Service};

use super::{body::IdleLimited, connection::ConnectionInfo, limits::ServeLimits, streaming::StreamingMethods};
use crate::runtime::{clock::Clock, identity::PeerIdentity};

/// Who may call, and how the listener's own refusals look: the contract's reasons are made in `wire`, which this layer
/// does not know.
pub trait Gate: Send + Sync + 'static {
    /// Asked for every request, so that a change of the list acts at once (finding F3). `peer` is the organisation on
    /// an exchange listener and `None` on a local one, where callers prove themselves per call.
    ///
    /// # Errors
    /// PERMISSION_DENIED, the same for everybody who may not.
    fn admit(&self, peer: Option<&PeerIdentity>) -> Result<(), Status>;

    /// This connection has too many requests waiting. Waiting and repeating helps.
    fn overloaded(&self) -> Status;

    /// The handler or the client took longer than the limits allow. The request may have had its effect; repeating it
    /// is safe and tells.
    fn timed_out(&self) -> Status;
}

/// What the guard decides by.
pub(super) struct Guard {
    pub(super) gate: Arc<dyn Gate>,
    pub(super) streaming: StreamingMethods,
    pub(super) limits: ServeLimits,
    pub(super) clock: Arc<dyn Clock>,
}

/// Wraps the routes.
#[derive(Clone)]
pub(super) struct GuardLayer(pub(super) Arc<Guard>);

impl Layer<Routes> for GuardLayer {
    type Service = Guarded;

    fn layer(&self, routes: Routes) -> Guarded {
        Guarded {
            guard: Arc::clone(&self.0),
            routes,
        }
    }
}

/// The routes behind the guard.
#[derive(Clone)]
pub(super) struct Guarded {
    guard: Arc<Guard>,
    routes: Routes,
}

impl Service<Request<Body>> for Guarded {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // The routes are ready always; each call goes to a clone of them.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Self { guard, routes } = self.clone();
        Box::pin(async move { Ok(guard.pass(request, routes).await.unwrap_or_else(Status::into_http)) })
    }
}

impl Guard {
    async fn pass(&self, mut request: Request<Body>, mut routes: Routes) -> Result<Response<Body>, Status> {
        let connection = request
            .extensions()
            .get::<ConnectionInfo>()
            .cloned()
            .expect("tonic puts it into every request of a Connection");
        self.gate.admit(connection.peer.as_ref())?;
        let Ok(_in_flight) = connection.in_flight.clone().try_acquire_owned() else {
            return Err(self.gate.overloaded());
        };
        if let Some(peer) = connection.peer {
            request.extensions_mut().insert(peer);
        }
        if let Some(certificate) = connection.certificate {
            request.extensions_mut().insert(certificate);
        }
        if self.streaming.contains(request.uri().path()) {
            let (limit, clock, gate) = (
                self.limits.request_timeout,
                Arc::clone(&self.clock),
                Arc::clone(&self.gate),
            );
            let request = request.map(|body| Body::new(IdleLimited::new(body, limit, clock, gate)));
            answer(&mut routes, request).await
        } else {
            let limit = self.clock.sleep(self.limits.request_timeout);
            tokio::select! {
                answer = answer(&mut routes, request) => answer,
                () = limit => Err(self.gate.timed_out()),
            }
        }
    }
}

async fn answer(routes: &mut Routes, request: Request<Body>) -> Result<Response<Body>, Status> {
    match routes.call(request).await {
        Ok(response) => Ok(response),
        Err(never) => match never {},
    }
}
