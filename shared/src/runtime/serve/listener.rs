//! Sockets that are bound and not yet served.

use std::{
    fs, io,
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::net::{TcpListener, UnixListener, UnixStream};

use super::address::LocalAddress;
use crate::runtime::tls::{Closer, TlsStore};

/// Owner and group may connect to a unix socket; a token is still needed for every call.
const SOCKET_MODE: u32 = 0o660;

/// A bound socket, with the rule for who may connect.
#[derive(Debug)]
pub struct Listener(pub(super) Socket);

#[derive(Debug)]
pub(super) enum Socket {
    /// TCP; the client must present an enterprise certificate.
    Exchange(TcpListener, Arc<TlsStore>),
    /// TCP; the client may present a certificate.
    LocalTls(TcpListener, Arc<TlsStore>),
    /// A unix socket without TLS.
    LocalUnix(UnixListener, SocketFile),
}

impl Listener {
    /// Listens for other organisations. Port 0 takes a free one: see [`Listener::address`].
    ///
    /// # Errors
    /// The address cannot be bound.
    pub async fn exchange(address: SocketAddr, tls: Arc<TlsStore>) -> io::Result<Self> {
        let socket = TcpListener::bind(address).await?;
        Ok(Self(Socket::Exchange(socket, tls)))
    }

    /// Listens for people and programs of the own organisation. A unix socket that a killed process left behind is
    /// replaced; one that somebody listens on is not.
    ///
    /// # Errors
    /// The address cannot be bound.
    pub async fn local(address: &LocalAddress, tls: Arc<TlsStore>) -> io::Result<Self> {
        match address {
            LocalAddress::Tcp(address) => {
                let socket = TcpListener::bind(address).await?;
                Ok(Self(Socket::LocalTls(socket, tls)))
            }
            LocalAddress::Unix(path) => {
                if UnixStream::connect(path).await.is_ok() {
                    return Err(io::Error::from(io::ErrorKind::AddrInUse));
                }
                let (socket, file) = bind_unix(path)?;
                Ok(Self(Socket::LocalUnix(socket, file)))
            }
        }
    }

    /// Where clients connect to.
    ///
    /// # Errors
    /// The operating system does not say.
    pub fn address(&self) -> io::Result<LocalAddress> {
        match &self.0 {
            Socket::Exchange(socket, _) | Socket::LocalTls(socket, _) => socket.local_addr().map(LocalAddress::Tcp),
            Socket::LocalUnix(_, file) => Ok(LocalAddress::Unix(file.0.clone())),
        }
    }
}

/// Binds beside the final name, so that the socket never stands there with wider permissions.
fn bind_unix(path: &Path) -> io::Result<(UnixListener, SocketFile)> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(format!(".{}", std::process::id()));
    let fresh = PathBuf::from(fresh);
    let _ = fs::remove_file(&fresh);
    let socket = UnixListener::bind(&fresh)?;
    fs::set_permissions(&fresh, fs::Permissions::from_mode(SOCKET_MODE))?;
    fs::rename(&fresh, path)?;
    Ok((socket, SocketFile(path.to_owned())))
}

/// Removes the socket's file when the listener ends.
#[derive(Debug)]
pub(super) struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The connections of one listener, for ending them all.
#[derive(Debug, Default)]
pub(super) struct OpenConnections {
    closers: Mutex<Vec<Weak<Closer>>>,
    /// When the list has grown to this, ended connections are swept out.
    sweep_at: AtomicUsize,
}

impl OpenConnections {
    pub(super) fn add(&self, closer: &Arc<Closer>) {
        let mut closers = self.closers.lock().unwrap_or_else(PoisonError::into_inner);
        closers.push(Arc::downgrade(closer));
        if closers.len() > self.sweep_at.load(Ordering::Relaxed) {
            closers.retain(|closer| closer.strong_count() > 0);
            self.sweep_at.store(closers.len() * 2 + 16, Ordering::Relaxed);
        }
    }

    /// Closes all and says how many there were.
    pub(super) fn close_all(&self) -> usize {
        let closers = self.closers.lock().unwrap_or_else(PoisonError::into_inner);
        let open = closers.iter().filter_map(Weak::upgrade);
        open.map(|closer| closer.close()).count()
    }
}
