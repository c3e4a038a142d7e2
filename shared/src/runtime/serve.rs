//! Listeners: our own accept loop in front of tonic, with every limit of finding F2 and a stop that ends (F7).
//!
//! A connection goes: accept, TLS handshake in a task of its own (2 seconds, a bounded number), a channel to tonic's
//! server, and then for each request the [`Gate`], the number in flight, the time limit, the handler.

mod accept;
mod address;
mod body;
mod connection;
mod guard;
mod limits;
mod listener;
mod streaming;

use std::{convert::Infallible, sync::Arc, time::Duration};

use tokio::sync::mpsc;
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};
use tonic::service::Routes;

pub use address::{InvalidAddress, LocalAddress};
pub use connection::ConnectionInfo;
pub use guard::Gate;
pub use limits::{MAX_MESSAGE_BYTES, ServeLimits};
pub use listener::Listener;
pub use streaming::StreamingMethods;

use self::{
    accept::Acceptor,
    guard::{Guard, GuardLayer},
    listener::OpenConnections,
};
use super::{
    clock::Clock,
    shutdown::{Shutdown, TaskError},
};

/// After the drain has ended and every connection was closed: how long to wait for their tasks to notice.
const CLOSE_GRACE: Duration = Duration::from_secs(1);

/// What a listener serves, to whom, and within which limits.
pub struct Service {
    /// The gRPC services, health and reflection among them: see [`super::standard`].
    pub routes: Routes,
    /// Who may call, and how refusals look.
    pub gate: Arc<dyn Gate>,
    /// The limits.
    pub limits: ServeLimits,
    /// Which methods are streams: no time limit for the whole call, an idle limit instead.
    pub streaming: StreamingMethods,
    /// Drives all time limits except HTTP/2 keepalive and the age of connections.
    pub clock: Arc<dyn Clock>,
}

/// Serves until a stop is asked for, then lets calls at hand finish for at most `limits.drain`, then closes what is
/// left. A service's own endless streams must end when [`Shutdown::soft`] is cancelled, or they use up the drain.
///
/// # Errors
/// When tonic's server fails as a whole; a connection that fails is no error.
pub async fn serve(listener: Listener, service: Service, shutdown: Shutdown) -> Result<(), TaskError> {
    let Service {
        routes,
        gate,
        limits,
        streaming,
        clock,
    } = service;
    let open = Arc::new(OpenConnections::default());
    let (accepted, incoming) = mpsc::channel(1);
    let acceptor = Acceptor {
        listener,
        limits: limits.clone(),
        clock: Arc::clone(&clock),
        open: Arc::clone(&open),
    };
    let accepting = tokio::spawn(acceptor.run(accepted, shutdown.soft().clone()));

    let guard = GuardLayer(Arc::new(Guard {
        gate,
        streaming,
        limits: limits.clone(),
        clock: Arc::clone(&clock),
    }));
    let serving = limits
        .server()
        .layer(guard)
        .add_routes(routes)
        .serve_with_incoming_shutdown(
            ReceiverStream::new(incoming).map(Ok::<_, Infallible>),
            shutdown.soft().clone().cancelled_owned(),
        );
    tokio::pin!(serving);

    let served = tokio::select! {
        served = &mut serving => served,
        () = drained(&shutdown, clock.as_ref(), limits.drain) => {
            let left = open.close_all();
            tracing::warn!(left, "connections that did not end in time were closed");
            tokio::select! {
                served = &mut serving => served,
                () = clock.sleep(CLOSE_GRACE) => Ok(()),
            }
        }
    };
    accepting.abort();
    served.map_err(TaskError::from)
}

/// Returns when a stop has been asked for and the drain has passed, or at once when everything must end.
async fn drained(shutdown: &Shutdown, clock: &dyn Clock, drain: Duration) {
    shutdown.soft().cancelled().await;
    tokio::select! {
        () = clock.sleep(drain) => {}
        () = shutdown.hard().cancelled() => {}
    }
}
