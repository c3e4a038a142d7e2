//! Accepts connections and makes their handshakes, each in a task of its own.

use std::{collections::VecDeque, io, sync::Arc, time::Duration};

use rustls::ServerConfig;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::AbortHandle,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::{
    connection::{Connection, ConnectionInfo, Open, Stream},
    limits::ServeLimits,
    listener::{Listener, OpenConnections, Socket},
};
use crate::runtime::{
    clock::Clock,
    identity::{PeerCertificate, PeerIdentity},
    telemetry::Causes,
    tls::{Accepted, Closer, TlsStore},
};

/// After an accept that failed, as it does when file descriptors run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// KiB that a refused client may still send before it is cut off.
const MOST_UNREAD: usize = 64;

/// Why a connection was not accepted. Never more than a log line: nobody else asks.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("the handshake took too long")]
    TooSlow,
    #[error("the handshake failed")]
    Handshake(#[source] io::Error),
    #[error("the certificate is not accepted any more")]
    Certificate(#[source] rustls::Error),
    #[error("the client has no usable enterprise certificate")]
    Identity(#[from] crate::runtime::identity::IdentityError),
    #[error("the client presented no certificate")]
    NoCertificate,
}

/// The accept loop of one listener.
pub(super) struct Acceptor {
    pub(super) listener: Listener,
    pub(super) limits: ServeLimits,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) open: Arc<OpenConnections>,
}

impl Acceptor {
    /// Accepts until a stop is asked for, and then closes the socket.
    pub(super) async fn run(self, accepted: mpsc::Sender<Connection>, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(self.limits.connections));
        let mut handshakes = Handshakes::new(self.limits.handshakes);
        loop {
            let next = async {
                let place = Arc::clone(&places).acquire_owned().await;
                let place = place.expect("this semaphore is never closed");
                (self.accept().await, place)
            };
            let (incoming, place) = tokio::select! {
                () = stop.cancelled() => return,
                () = accepted.closed() => return,
                next = next => next,
            };
            match incoming {
                Ok(incoming) => handshakes.spawn(self.handshake(incoming, place, accepted.clone())),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    self.clock.sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    async fn accept(&self) -> io::Result<Incoming> {
        match &self.listener.0 {
            Socket::Exchange(socket, tls) => {
                let (stream, _) = socket.accept().await?;
                let config = Arc::clone(&tls.current().mutual);
                Ok(Incoming::Tls(stream, config, Arc::clone(tls), Accepted::AsOrganisation))
            }
            Socket::LocalTls(socket, tls) => {
                let (stream, _) = socket.accept().await?;
                let config = Arc::clone(&tls.current().optional);
                Ok(Incoming::Tls(stream, config, Arc::clone(tls), Accepted::AsAnybody))
            }
            Socket::LocalUnix(socket, _) => Ok(Incoming::Unix(socket.accept().await?.0)),
        }
    }

    fn handshake(
        &self,
        incoming: Incoming,
        place: OwnedSemaphorePermit,
        accepted: mpsc::Sender<Connection>,
    ) -> impl Future<Output = ()> + Send + 'static {
        let opening = Opening {
            place,
            limits: self.limits.clone(),
            clock: Arc::clone(&self.clock),
            open: Arc::clone(&self.open),
        };
        async move {
            match opening.open(incoming).await {
                // An error means that the server has stopped meanwhile.
                Ok(connection) => drop(accepted.send(connection).await),
                Err(refused @ (Refused::Certificate(_) | Refused::Identity(_))) => {
                    tracing::warn!(cause = %Causes(&refused), "a connection was refused");
                }
                Err(refused) => tracing::debug!(cause = %Causes(&refused), "a connection was refused"),
            }
        }
    }
}

enum Incoming {
    Tls(TcpStream, Arc<ServerConfig>, Arc<TlsStore>, Accepted),
    Unix(tokio::net::UnixStream),
}

/// What turns an accepted socket into a connection.
struct Opening {
    place: OwnedSemaphorePermit,
    limits: ServeLimits,
    clock: Arc<dyn Clock>,
    open: Arc<OpenConnections>,
}

impl Opening {
    async fn open(self, incoming: Incoming) -> Result<Connection, Refused> {
        let closer = Arc::new(Closer::default());
        let (stream, registration, peer, certificate) = match incoming {
            Incoming::Unix(stream) => (Stream::Right(stream), None, None, None),
            Incoming::Tls(stream, config, tls, rule) => {
                let stream = self.tls_handshake(stream, config).await?;
                let chain = stream.get_ref().1.peer_certificates().unwrap_or_default().to_vec();
                let (peer, certificate) = identify(&chain, rule)?;
                let registration = if chain.is_empty() {
                    None
                } else {
                    let registered = tls.register(chain, rule, Arc::clone(&closer));
                    Some(registered.map_err(Refused::Certificate)?)
                };
                (Stream::Left(Box::new(stream)), registration, peer, certificate)
            }
        };
        self.open.add(&closer);
        let open = Open {
            info: ConnectionInfo {
                peer,
                certificate,
                in_flight: Arc::new(Semaphore::new(self.limits.requests_per_connection)),
            },
            _registration: registration,
            _place: self.place,
            age: close_at_age(&closer, &self.clock, &self.limits),
        };
        Ok(Connection::new(stream, closer, open))
    }

    async fn tls_handshake(
        &self,
        stream: TcpStream,
        config: Arc<ServerConfig>,
    ) -> Result<tokio_rustls::server::TlsStream<TcpStream>, Refused> {
        stream.set_nodelay(true).map_err(Refused::Handshake)?;
        let handshake = async {
            match TlsAcceptor::from(config).accept(stream).into_fallible().await {
                Ok(stream) => Ok(stream),
                Err((error, stream)) => {
                    hang_up(stream).await;
                    Err(match certificate_fault(&error) {
                        Some(fault) => Refused::Certificate(fault),
                        None => Refused::Handshake(error),
                    })
                }
            }
        };
        tokio::select! {
            done = handshake => done,
            () = self.clock.sleep(self.limits.handshake_timeout) => Err(Refused::TooSlow),
        }
    }
}

/// Ends a refused connection so that the client can read why: closing while its bytes lie unread would send a reset,
/// which may overtake the alert.
async fn hang_up(mut stream: TcpStream) {
    if stream.shutdown().await.is_err() {
        return;
    }
    let mut unread = [0; 1024];
    for _ in 0..MOST_UNREAD {
        match stream.read(&mut unread).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

fn identify(
    chain: &[rustls::pki_types::CertificateDer<'static>],
    rule: Accepted,
) -> Result<(Option<PeerIdentity>, Option<PeerCertificate>), Refused> {
    let certificate = chain.first().map(|leaf| PeerCertificate {
        leaf_sha256: crate::domain::digest::Digest::of(leaf),
    });
    let peer = match (rule, chain.first()) {
        (Accepted::AsOrganisation, Some(leaf)) => Some(PeerIdentity::of(leaf)?),
        (Accepted::AsOrganisation, None) => return Err(Refused::NoCertificate),
        (Accepted::AsAnybody, _) => None,
    };
    Ok((peer, certificate))
}

/// The rustls error in an I/O error, when it is about the peer's certificate.
fn certificate_fault(error: &io::Error) -> Option<rustls::Error> {
    let fault = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    matches!(fault, rustls::Error::InvalidCertificate(_)).then(|| fault.clone())
}

/// tonic asks a connection to end when it has its age; what does not listen is closed after the grace.
fn close_at_age(closer: &Arc<Closer>, clock: &Arc<dyn Clock>, limits: &ServeLimits) -> AbortHandle {
    let closer = Arc::downgrade(closer);
    let ended = clock.sleep(limits.connection_age + limits.connection_age_grace);
    let waiting = tokio::spawn(async move {
        ended.await;
        if let Some(closer) = closer.upgrade() {
            closer.close();
        }
    });
    waiting.abort_handle()
}

/// The handshakes under way, oldest first.
struct Handshakes {
    limit: usize,
    running: VecDeque<AbortHandle>,
}

impl Handshakes {
    fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            running: VecDeque::new(),
        }
    }

    /// Begins one more. When there are too many, the oldest ends: half-open handshakes cannot keep others out for
    /// longer than it takes to begin as many new ones.
    fn spawn(&mut self, handshake: impl Future<Output = ()> + Send + 'static) {
        self.running.retain(|running| !running.is_finished());
        if self.running.len() >= self.limit
            && let Some(oldest) = self.running.pop_front()
        {
            tracing::debug!("too many handshakes are under way: the oldest ends");
            oldest.abort();
        }
        self.running.push_back(tokio::spawn(handshake).abort_handle());
    }
}

impl Drop for Handshakes {
    fn drop(&mut self) {
        for running in &self.running {
            running.abort();
        }
    }
}
