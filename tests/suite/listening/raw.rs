//! A client that speaks TLS and HTTP/2 frames itself, and so can do what no library would let it.

use std::{net::SocketAddr, sync::Arc};

use framme_demo::pki::{Issued, Pki};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const EMPTY_SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const PING: u8 = 6;
pub(crate) const GO_AWAY: u8 = 7;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const END_HEADERS: u8 = 4;
const END_STREAM: u8 = 1;

/// A frame's type, stream and payload.
pub(crate) type Frame = (u8, u32, Vec<u8>);

pub(crate) struct RawClient {
    pub(crate) stream: TlsStream<TcpStream>,
}

impl RawClient {
    /// TLS only; rustls's own verification of the server by host name.
    pub(crate) async fn tls(address: SocketAddr, pki: &Pki, identity: Option<&Issued>) -> std::io::Result<Self> {
        let config = config(pki, identity, &[&rustls::version::TLS13]);
        Self::tls_with(address, config).await
    }

    pub(crate) async fn tls_with(address: SocketAddr, config: ClientConfig) -> std::io::Result<Self> {
        let tcp = TcpStream::connect(address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, tcp).await?;
        Ok(Self { stream })
    }

    /// TLS and the HTTP/2 preface.
    pub(crate) async fn http2(address: SocketAddr, pki: &Pki, identity: &Issued) -> Self {
        let mut client = Self::tls(address, pki, Some(identity)).await.unwrap();
        client.stream.write_all(PREFACE).await.unwrap();
        client.stream.write_all(EMPTY_SETTINGS).await.unwrap();
        client
    }

    /// The next frame, or `None` when the connection has ended.
    pub(crate) async fn next_frame(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.stream.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]) & 0x7FFF_FFFF;
        let mut payload = vec![0; length as usize];
        self.stream.read_exact(&mut payload).await.ok()?;
        if head[3] == SETTINGS && head[4] == 0 {
            let _ = self.stream.write_all(&[0, 0, 0, SETTINGS, 1, 0, 0, 0, 0]).await;
        }
        Some((head[3], stream, payload))
    }
}

pub(crate) fn config(
    pki: &Pki,
    identity: Option<&Issued>,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_slice_iter(pki.trust_pem().as_bytes()) {
        roots.add(authority.unwrap()).unwrap();
    }
    let config = ClientConfig::builder_with_protocol_versions(versions).with_root_certificates(roots);
    let mut config = match identity {
        None => config.with_no_client_auth(),
        Some(issued) => {
            let chain = CertificateDer::pem_slice_iter(issued.chain_pem.as_bytes())
                .collect::<Result<_, _>>()
                .unwrap();
            let key = PrivateKeyDer::from_pem_slice(issued.key_pem.as_bytes()).unwrap();
            config.with_client_auth_cert(chain, key).unwrap()
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// The headers of a health check, as RFC 7541 literals.
fn request_headers() -> Vec<u8> {
    let mut block = vec![0x83, 0x87];
    for (index, text) in [(0x04, "/grpc.health.v1.Health/Check"), (0x01, "localhost")] {
        block.push(index);
        block.push(u8::try_from(text.len()).unwrap());
        block.extend(text.as_bytes());
    }
    block.extend([0x0F, 0x10, 16]);
    block.extend(b"application/grpc");
    literal(&mut block, "te", "trailers");
    block
}

fn literal(block: &mut Vec<u8>, name: &str, value: &str) {
    block.push(0x00);
    for text in [name, value] {
        block.push(u8::try_from(text.len()).unwrap());
        block.extend(text.as_bytes());
    }
}

/// A request without its message: the handler waits.
pub(crate) fn open_request(stream: u32) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, stream, &request_headers())
}

/// A request that is complete at once.
pub(crate) fn whole_request(stream: u32) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | END_STREAM, stream, &request_headers())
}

/// The client takes its request back.
pub(crate) fn reset(stream: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())
}

/// A mistake that makes the server reset the stream: a header that HTTP/2 forbids (RFC 9113 section 8.2.2).
pub(crate) fn malformed_request(stream: u32) -> Vec<u8> {
    let mut block = request_headers();
    literal(&mut block, "connection", "close");
    frame(HEADERS, END_HEADERS | END_STREAM, stream, &block)
}

/// Asks whether the connection lives.
pub(crate) fn ping() -> Vec<u8> {
    frame(PING, 0, 0, &[0; 8])
}
