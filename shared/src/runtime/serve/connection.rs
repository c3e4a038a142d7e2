//! One accepted connection, as tonic sees it.

use std::sync::Arc;

use tokio::{
    net::{TcpStream, UnixStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::AbortHandle,
};
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tonic::transport::server::Connected;

use crate::runtime::{
    identity::{PeerCertificate, PeerIdentity},
    tls::{Closable, Registration},
};

/// What is known about the connection that a request came over. In the extensions of every request.
#[derive(Clone, Debug)]
pub struct ConnectionInfo {
    /// The organisation, on an exchange listener.
    pub peer: Option<PeerIdentity>,
    /// The certificate, where one was presented.
    pub certificate: Option<PeerCertificate>,
    pub(super) in_flight: Arc<Semaphore>,
}

/// TLS over TCP, or a unix socket.
pub(super) type Stream = Either<Box<TlsStream<TcpStream>>, UnixStream>;

/// A stream that can be closed from outside, with everything that ends when it does.
pub(super) type Connection = Closable<Stream, Open>;

/// Lives as long as the connection.
pub(super) struct Open {
    pub(super) info: ConnectionInfo,
    pub(super) _registration: Option<Registration>,
    pub(super) _place: OwnedSemaphorePermit,
    pub(super) age: AbortHandle,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.age.abort();
    }
}

impl Connected for Connection {
    type ConnectInfo = ConnectionInfo;

    fn connect_info(&self) -> ConnectionInfo {
        self.tied().info.clone()
    }
}
