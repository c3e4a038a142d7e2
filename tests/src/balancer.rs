//! What stands before the replicas of a service: connections are dealt out in turn, to whichever replica takes them.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A running balancer; it ends when it is dropped.
#[derive(Debug)]
pub struct Balancer {
    address: SocketAddr,
    running: JoinHandle<()>,
}

impl Balancer {
    /// Listens on a port of its own before these addresses.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn before(replicas: Vec<String>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let running = tokio::spawn(accept(listener, replicas.into()));
        Self { address, running }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.running.abort();
    }
}

async fn accept(listener: TcpListener, replicas: Arc<[String]>) {
    let turn = Arc::new(AtomicUsize::new(0));
    while let Ok((incoming, _)) = listener.accept().await {
        let (replicas, first) = (Arc::clone(&replicas), turn.fetch_add(1, Ordering::Relaxed));
        tokio::spawn(forward(incoming, replicas, first));
    }
}

async fn forward(mut incoming: TcpStream, replicas: Arc<[String]>, first: usize) {
    for offset in 0..replicas.len() {
        let replica = &replicas[(first + offset) % replicas.len()];
        if let Ok(mut outgoing) = TcpStream::connect(replica).await {
            // Whoever is cut off connects again.
            let _ = copy_bidirectional(&mut incoming, &mut outgoing).await;
            return;
        }
    }
}
