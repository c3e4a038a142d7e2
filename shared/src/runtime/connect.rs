//! Connections to another service: tonic channels over our own connector, with our own TLS.

mod dial;
mod failure;

use std::{sync::Arc, time::Duration};

use http::Uri;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tonic::transport::{Channel, Endpoint};

pub use dial::DialError;
pub use failure::{CallFailure, CertificateFault, classify};

use self::dial::{Dialer, OverTls};
use super::{
    clock::Clock,
    serve::LocalAddress,
    tls::{TlsError, TlsStore, TrustFiles, anonymous_client},
};
use crate::domain::{certificate, organisation::OrganisationNumber};

/// TCP and TLS together take at most this.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// An open connection is asked this often whether it lives, also when idle: the peer may be gone without a word.
const KEEPALIVE: Duration = Duration::from_secs(20);
/// And has this long to answer.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// What tonic thinks that it connects to. Our connectors know better, and with an `https` address tonic would refuse to
/// use them as soon as anything in the same build turns its own TLS on. Requests carry the real origin.
const PLAIN: &str = "http://localhost";

/// An endpoint in the configuration that is no address.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be https://host:port")]
pub struct InvalidEndpoint;

/// Checks an endpoint, as for `check-config`.
///
/// # Errors
/// It is not `https://host:port`.
pub fn parse_endpoint(endpoint: &str) -> Result<Uri, InvalidEndpoint> {
    let uri: Uri = endpoint.parse().map_err(|_| InvalidEndpoint)?;
    let usable = uri.scheme_str() == Some("https")
        && uri.port_u16().is_some()
        && uri.path() == "/"
        && uri.query().is_none()
        && uri.host().is_some_and(|host| !host.is_empty());
    if usable { Ok(uri) } else { Err(InvalidEndpoint) }
}

/// A channel to another organisation's service. It connects at the first call and again whenever the connection has
/// ended, presents the own enterprise certificate as last read, and sends nothing to a server that is not of the
/// `expected` organisation. A reload of `tls` that no longer accepts the server's certificate ends the connection.
///
/// # Errors
/// The endpoint is not `https://host:port`.
pub fn channel(
    endpoint: &str,
    tls: Arc<TlsStore>,
    expected: OrganisationNumber,
    clock: Arc<dyn Clock>,
) -> Result<Channel, InvalidEndpoint> {
    let uri = parse_endpoint(endpoint)?;
    let dialer = Dialer {
        address: authority(&uri),
        host: host(&uri).to_owned(),
        tls: OverTls::Mutual(tls),
        expected: Some(expected),
        clock,
    };
    Ok(over_tls(uri, dialer))
}

/// Connects once as [`channel`] does, and ends the connection. Until when the server's certificate is valid.
///
/// # Errors
/// See [`LookError`].
pub async fn look(
    endpoint: &str,
    tls: Arc<TlsStore>,
    expected: OrganisationNumber,
    clock: Arc<dyn Clock>,
) -> Result<Timestamp, LookError> {
    let uri = parse_endpoint(endpoint)?;
    let dialer = Dialer {
        address: authority(&uri),
        host: host(&uri).to_owned(),
        tls: OverTls::Mutual(tls),
        expected: Some(expected),
        clock,
    };
    let chain = dialer.look(CONNECT_TIMEOUT).await?;
    let own = chain.first().and_then(|der| certificate::parse(der).ok());
    let not_after = own.map(|certificate| certificate.validity().not_after.timestamp());
    not_after
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .ok_or(LookError::Certificate)
}

/// A server that could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// The address.
    #[error(transparent)]
    Address(#[from] InvalidEndpoint),
    /// The connection.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// Its certificate does not say until when it is valid.
    #[error("the server's certificate cannot be read")]
    Certificate,
}

/// A channel to a local listener, for commands and programs that prove themselves with a token. A unix socket needs no
/// `trust`; over TCP the server must present an enterprise certificate that `trust` accepts and, where it is known,
/// of the `expected` organisation.
///
/// # Errors
/// See [`LocalChannelError`].
pub fn local_channel(
    address: &LocalAddress,
    trust: Option<&TrustFiles>,
    expected: Option<OrganisationNumber>,
    clock: Arc<dyn Clock>,
) -> Result<Channel, LocalChannelError> {
    match address {
        LocalAddress::Unix(path) => {
            let path = path.clone();
            let connector = tower::service_fn(move |_: Uri| {
                let path = path.clone();
                async move {
                    let connected = tokio::net::UnixStream::connect(path).await;
                    connected.map(TokioIo::new).map_err(DialError::Unreachable)
                }
            });
            Ok(endpoint(PLAIN).connect_with_connector_lazy(connector))
        }
        LocalAddress::Tcp(address) => {
            let trust = trust.ok_or(LocalChannelError::NoTrust)?;
            let uri: Uri = format!("https://{address}").parse().map_err(|_| InvalidEndpoint)?;
            let dialer = Dialer {
                address: address.to_string(),
                host: address.ip().to_string(),
                tls: OverTls::Anonymous(anonymous_client(trust, &clock)?),
                expected,
                clock,
            };
            Ok(over_tls(uri, dialer))
        }
    }
}

/// A local channel that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum LocalChannelError {
    /// TLS without anybody to believe.
    #[error("a TCP address needs the file with the authorities to trust")]
    NoTrust,
    /// The trust files.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The address.
    #[error(transparent)]
    Address(#[from] InvalidEndpoint),
}

fn over_tls(uri: Uri, dialer: Dialer) -> Channel {
    let dialer = Arc::new(dialer);
    let connector = tower::service_fn(move |_: Uri| {
        let dialer = Arc::clone(&dialer);
        async move { dialer.dial(CONNECT_TIMEOUT).await.map(TokioIo::new) }
    });
    endpoint(PLAIN).origin(uri).connect_with_connector_lazy(connector)
}

fn endpoint(uri: &'static str) -> Endpoint {
    Endpoint::from_static(uri)
        .connect_timeout(CONNECT_TIMEOUT)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .keep_alive_while_idle(true)
        .http2_max_header_list_size(16 * 1024)
        .initial_stream_window_size(256 * 1024)
        .initial_connection_window_size(1024 * 1024)
}

fn host(uri: &Uri) -> &str {
    uri.host()
        .expect("parse_endpoint has seen it")
        .trim_start_matches('[')
        .trim_end_matches(']')
}

fn authority(uri: &Uri) -> String {
    uri.authority().expect("parse_endpoint has seen its host").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_https_with_host_and_port() {
        for endpoint in [
            "https://receiver.example:7443",
            "https://127.0.0.1:7443/",
            "https://[::1]:7443",
        ] {
            assert!(parse_endpoint(endpoint).is_ok(), "{endpoint}");
        }
        for endpoint in [
            "",
            "receiver:7443",
            "http://receiver:7443",
            "https://receiver",
            "https://receiver:1/x",
        ] {
            assert_eq!(parse_endpoint(endpoint), Err(InvalidEndpoint), "{endpoint}");
        }
    }
}
