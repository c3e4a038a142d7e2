//! A connection to PostgreSQL that breaks at a chosen message.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What happens to the next message that matters. Each but the last happens once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    None,
    /// The commit never arrives.
    LoseCommit,
    /// The commit arrives, its answer does not.
    LoseAnswer,
    /// Nobody gets through.
    Unreachable,
}

#[derive(Clone)]
pub(crate) struct Proxy {
    address: SocketAddr,
    fault: Arc<Mutex<Fault>>,
}

impl Proxy {
    /// Stands in front of the server of `url`; returns itself and the URL through itself.
    pub(crate) async fn before(url: &str) -> (Self, String) {
        let start = url.rfind('@').unwrap() + 1;
        let end = start + url[start..].find('/').unwrap();
        let server = url[start..end].to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            address: listener.local_addr().unwrap(),
            fault: Arc::new(Mutex::new(Fault::None)),
        };
        let through = format!("{}{}{}", &url[..start], proxy.address, &url[end..]);
        tokio::spawn(proxy.clone().accept(listener, server));
        (proxy, through)
    }

    pub(crate) fn set(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    pub(crate) fn fault(&self) -> Fault {
        *self.fault.lock().unwrap()
    }

    async fn accept(self, listener: TcpListener, server: String) {
        while let Ok((client, _)) = listener.accept().await {
            if self.fault() != Fault::Unreachable {
                let server = TcpStream::connect(&server).await.unwrap();
                tokio::spawn(self.clone().relay(client, server));
            }
        }
    }

    async fn relay(self, mut client: TcpStream, mut server: TcpStream) {
        let (mut from_client, mut from_server) = (vec![0; 65536], vec![0; 65536]);
        loop {
            tokio::select! {
                read = client.read(&mut from_client) => {
                    let Ok(length @ 1..) = read else { return };
                    let message = &from_client[..length];
                    match self.take(message) {
                        Fault::LoseCommit | Fault::Unreachable => return,
                        Fault::LoseAnswer => {
                            server.write_all(message).await.unwrap();
                            let _ = server.read(&mut from_server).await;
                            return;
                        }
                        Fault::None => if server.write_all(message).await.is_err() { return },
                    }
                }
                read = server.read(&mut from_server) => {
                    let Ok(length @ 1..) = read else { return };
                    if client.write_all(&from_server[..length]).await.is_err() { return }
                }
            }
        }
    }

    /// The fault for this message, which is then used up.
    fn take(&self, message: &[u8]) -> Fault {
        let mut fault = self.fault.lock().unwrap();
        let is_commit = message.windows(7).any(|bytes| bytes == b"COMMIT\0");
        match *fault {
            Fault::Unreachable => Fault::Unreachable,
            Fault::LoseCommit | Fault::LoseAnswer if is_commit => std::mem::replace(&mut *fault, Fault::None),
            _ => Fault::None,
        }
    }
}
