//! The yardstick: tonic as it comes, with its own mutual TLS, client and server in this process on the same cores.

use std::{sync::Arc, time::Instant};

use framme_shared::runtime::clock::{Clock as _, SystemClock};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{
    Request, Response, Status,
    transport::{Certificate, Channel, ClientTlsConfig, Identity, Server, ServerTlsConfig},
};

use self::pb::{
    EchoRequest, EchoResponse,
    echo_service_client::EchoServiceClient,
    echo_service_server::{EchoService, EchoServiceServer},
};
use crate::pki::{POLICE_DISTRICT, Pki, RECEIVERS};

#[allow(
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::allow_attributes_without_reason,
    reason = "generated code"
)]
mod pb {
    tonic::include_proto!("framme.bench.v1");
}

struct Echo;

#[tonic::async_trait]
impl EchoService for Echo {
    async fn echo(&self, request: Request<EchoRequest>) -> Result<Response<EchoResponse>, Status> {
        Ok(Response::new(EchoResponse {
            body: request.into_inner().body,
        }))
    }
}

/// Calls per second with `in_flight` of them under way.
pub(super) async fn measure(size: usize, in_flight: usize, calls: usize) -> anyhow::Result<f64> {
    let pki = Pki::new(SystemClock.now())?;
    let server = pki.enterprise(RECEIVERS[0].number())?;
    let client = pki.enterprise(POLICE_DISTRICT.number())?;
    let trust = Certificate::from_pem(pki.trust_pem());

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server_tls = ServerTlsConfig::new()
        .identity(Identity::from_pem(&server.chain_pem, &server.key_pem))
        .client_ca_root(trust.clone());
    let serving = tokio::spawn(
        Server::builder()
            .tls_config(server_tls)?
            .add_service(EchoServiceServer::new(Echo))
            .serve_with_incoming(TcpListenerStream::new(listener)),
    );
    let client_tls = ClientTlsConfig::new()
        .identity(Identity::from_pem(&client.chain_pem, &client.key_pem))
        .ca_certificate(trust)
        .domain_name("localhost");
    let channel = Channel::from_shared(format!("https://{address}"))?
        .tls_config(client_tls)?
        .connect()
        .await?;

    let body = Arc::new(vec![0x55_u8; size]);
    let started = Instant::now();
    stream::iter(0..calls)
        .map(|_| {
            let mut client = EchoServiceClient::new(channel.clone());
            let body = Arc::clone(&body);
            tokio::spawn(async move { client.echo(EchoRequest { body: body.to_vec() }).await })
        })
        .buffer_unordered(in_flight)
        .map(|joined| {
            joined
                .map_err(anyhow::Error::from)
                .and_then(|answer| answer.map_err(Into::into))
        })
        .try_for_each(|_| async { Ok(()) })
        .await?;
    let took = started.elapsed();
    serving.abort();
    Ok(calls as f64 / took.as_secs_f64())
}
