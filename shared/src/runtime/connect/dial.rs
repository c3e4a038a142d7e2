//! Makes one connection.

use std::{io, sync::Arc, time::Duration};

use rustls::{
    ClientConfig,
    pki_types::{CertificateDer, ServerName},
};
use tokio::{io::AsyncBufReadExt as _, net::TcpStream};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    domain::organisation::OrganisationNumber,
    runtime::{
        clock::Clock,
        identity::{IdentityError, organisation_of},
        tls::{Accepted, Closable, Closer, Registration, TlsStore},
    },
};

/// How long a server may take to begin to speak before the client does.
const SERVER_BEGINS: Duration = Duration::from_secs(1);

/// Why there is no connection. Found again in the causes of a failed call: see [`super::classify`].
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// Not reached in time.
    #[error("connecting took too long")]
    TooSlow,
    /// Nobody listens there, or the network is broken.
    #[error("the peer cannot be reached")]
    Unreachable(#[source] io::Error),
    /// The handshake failed; the cause may be a certificate.
    #[error("the TLS handshake failed")]
    Handshake(#[source] io::Error),
    /// The host in the endpoint is no name or address.
    #[error("the endpoint's host is no host name")]
    Host,
    /// The server's certificate is not accepted any more.
    #[error("the server's certificate is not accepted")]
    NotAccepted(#[source] rustls::Error),
    /// The server's certificate does not say which organisation it belongs to.
    #[error("the server's certificate does not name its organisation")]
    Unclear(#[from] IdentityError),
    /// The server proved that it is somebody else.
    #[error("the server belongs to organisation {found}, expected was {expected}")]
    WrongOrganisation {
        /// Who answered.
        found: OrganisationNumber,
        /// Who should have.
        expected: OrganisationNumber,
    },
}

/// How this end proves itself.
pub(super) enum OverTls {
    Mutual(Arc<TlsStore>),
    Anonymous(Arc<ClientConfig>),
}

pub(super) struct Dialer {
    pub(super) address: String,
    pub(super) host: String,
    pub(super) tls: OverTls,
    pub(super) expected: Option<OrganisationNumber>,
    pub(super) clock: Arc<dyn Clock>,
}

/// A connection to a server of the expected organisation.
pub(super) type Dialed = Closable<TlsStream<TcpStream>, Option<Registration>>;

/// The server's certificates, its own first.
pub(super) type Chain = Vec<CertificateDer<'static>>;

impl Dialer {
    pub(super) async fn dial(&self, limit: Duration) -> Result<Dialed, DialError> {
        tokio::select! {
            dialed = self.connect() => dialed.map(|(stream, _)| stream),
            () = self.clock.sleep(limit) => Err(DialError::TooSlow),
        }
    }

    /// Connects, and tells how the server proved itself.
    pub(super) async fn look(&self, limit: Duration) -> Result<Chain, DialError> {
        tokio::select! {
            dialed = self.connect() => dialed.map(|(_, chain)| chain),
            () = self.clock.sleep(limit) => Err(DialError::TooSlow),
        }
    }

    async fn connect(&self) -> Result<(Dialed, Chain), DialError> {
        let tcp = TcpStream::connect(&self.address)
            .await
            .map_err(DialError::Unreachable)?;
        tcp.set_nodelay(true).map_err(DialError::Unreachable)?;
        let host = ServerName::try_from(self.host.clone()).map_err(|_| DialError::Host)?;
        let config = match &self.tls {
            OverTls::Mutual(store) => Arc::clone(&store.current().client),
            OverTls::Anonymous(config) => Arc::clone(config),
        };
        let mut stream = TlsConnector::from(config)
            .connect(host, tcp)
            .await
            .map_err(DialError::Handshake)?;
        let chain = stream.get_ref().1.peer_certificates().unwrap_or_default().to_vec();
        self.check_organisation(&chain)?;
        if matches!(self.tls, OverTls::Mutual(_)) {
            self.hear_the_server(&mut stream).await?;
        }
        let closer = Arc::new(Closer::default());
        let registration = match &self.tls {
            OverTls::Mutual(store) => {
                let registered = store.register(chain.clone(), Accepted::AsOrganisation, Arc::clone(&closer));
                Some(registered.map_err(DialError::NotAccepted)?)
            }
            OverTls::Anonymous(_) => None,
        };
        Ok((Closable::new(stream, closer, registration), chain))
    }

    /// Waits for the first bytes of the server, and leaves them where they are. With TLS 1.3 the handshake is over here
    /// before the server has looked at the own certificate: a refusal comes in place of the settings that an HTTP/2
    /// server begins with (RFC 9113 section 3.4). Whoever sends a request at once may see no more than a connection
    /// that closed. A server that waits for the client to begin is not waited for.
    async fn hear_the_server(&self, stream: &mut TlsStream<TcpStream>) -> Result<(), DialError> {
        tokio::select! {
            heard = stream.fill_buf() => heard.map(drop).map_err(DialError::Handshake),
            () = self.clock.sleep(SERVER_BEGINS) => Ok(()),
        }
    }

    /// Before the first byte is sent inside TLS.
    fn check_organisation(&self, chain: &[CertificateDer<'_>]) -> Result<(), DialError> {
        let found = organisation_of(chain.first().ok_or(IdentityError::Missing)?)?;
        match self.expected {
            Some(expected) if expected != found => Err(DialError::WrongOrganisation { found, expected }),
            _ => Ok(()),
        }
    }
}
