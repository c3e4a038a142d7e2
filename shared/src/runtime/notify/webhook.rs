//! One signed webhook over one connection.

use std::{io, path::Path, sync::Arc};

use bytes::Bytes;
use http::{Request, StatusCode, Uri, header};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use super::{courier::Parcel, secret, sign::signature};
use crate::domain::notice::DeliveryFailure;

/// Posts a message; the receiver has taken it when this is well. `second` is now, since 1970.
pub(super) async fn post(
    uri: &Uri,
    secret_file: &Path,
    tls: &Arc<ClientConfig>,
    parcel: &Parcel<'_>,
    second: i64,
) -> Result<(), DeliveryFailure> {
    let key = secret::signing_key(secret_file).map_err(|error| {
        tracing::error!(%error, "A webhook's secret cannot be used");
        DeliveryFailure::Misconfigured
    })?;
    let id = parcel.id.as_str();
    let signature = signature(&key, id, second, parcel.hook);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let authority = uri.authority().ok_or(DeliveryFailure::Misconfigured)?;
    let request = Request::post(path)
        .header(header::HOST, authority.as_str())
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, "framme")
        .header("webhook-id", id)
        .header("webhook-timestamp", second)
        .header("webhook-signature", signature)
        .body(Full::new(Bytes::from(parcel.hook.to_owned())))
        .map_err(|_| DeliveryFailure::Misconfigured)?;

    let is_tls = uri.scheme_str() == Some("https");
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let port = authority.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    let tcp = TcpStream::connect((host, port))
        .await
        .map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut => DeliveryFailure::Timeout,
            _ => DeliveryFailure::Unreachable,
        })?;
    let status = if is_tls {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| DeliveryFailure::Misconfigured)?;
        let connecting = TlsConnector::from(Arc::clone(tls)).connect(name, tcp);
        answer(connecting.await.map_err(|_| DeliveryFailure::Tls)?, request).await?
    } else {
        answer(tcp, request).await?
    };
    judge(status)
}

/// Sends a request and reads the head of the answer; the rest of it is of no interest.
async fn answer<S>(stream: S, request: Request<Full<Bytes>>) -> Result<StatusCode, DeliveryFailure>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let broken = |_| DeliveryFailure::Broken;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let ends = async {
        // Whatever ends it, the request says so.
        let _ = connection.await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        answer = sender.send_request(request) => answer.map(|answer| answer.status()).map_err(broken),
        () = ends => Err(DeliveryFailure::Broken),
    }
}

/// Redirects are not followed: the configuration says who is told.
fn judge(status: StatusCode) -> Result<(), DeliveryFailure> {
    match status {
        _ if status.is_success() => Ok(()),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Err(DeliveryFailure::RefusedForNow),
        _ if status.is_client_error() || status.is_redirection() => Err(DeliveryFailure::Refused),
        _ => Err(DeliveryFailure::RefusedForNow),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_status_means_is_as_the_protocol_says() {
        use DeliveryFailure::{Refused, RefusedForNow};
        let expected = [
            (200, Ok(())),
            (204, Ok(())),
            (302, Err(Refused)),
            (400, Err(Refused)),
            (408, Err(RefusedForNow)),
            (410, Err(Refused)),
            (429, Err(RefusedForNow)),
            (500, Err(RefusedForNow)),
            (503, Err(RefusedForNow)),
        ];
        for (status, judged) in expected {
            assert_eq!(judge(StatusCode::from_u16(status).unwrap()), judged, "{status}");
        }
    }
}
