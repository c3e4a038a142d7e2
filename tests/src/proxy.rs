//! A TCP proxy that breaks connections where a test says. It sees only what TLS lets everybody see: numbers of bytes.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the client to the server.
    There,
    /// From the server to the client.
    Back,
}

/// What happens to what passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// So many bytes pass this way, from now on and over all connections; the next one cuts every connection. Then
    /// nothing more happens.
    CutAfter(Way, usize),
    /// What the server sends is lost, until the test cuts the connections.
    LoseAnswers,
    /// New connections end at once.
    Away,
}

/// The proxy. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Proxy {
    address: SocketAddr,
    server: Arc<str>,
    plan: Arc<Mutex<Plan>>,
    /// Counts cuts; every change ends all connections.
    cut: watch::Sender<u64>,
    ended: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct Plan {
    fault: Fault,
    /// Bytes, both ways together, after which the next connections are cut.
    lifetimes: VecDeque<usize>,
}

impl Proxy {
    /// Stands in front of the server at this address.
    ///
    /// # Panics
    /// When loopback has no free port.
    pub async fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
        let proxy = Self {
            address: listener.local_addr().expect("it was just bound"),
            server: server.into(),
            plan: Arc::new(Mutex::new(Plan {
                fault: Fault::None,
                lifetimes: VecDeque::new(),
            })),
            cut: watch::Sender::new(0),
            ended: Arc::default(),
        };
        tokio::spawn(proxy.clone().accept(listener));
        proxy
    }

    /// Where clients find it.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// What happens from now on.
    pub fn set(&self, fault: Fault) {
        self.plan().fault = fault;
    }

    /// What happens now.
    pub fn fault(&self) -> Fault {
        self.plan().fault
    }

    /// Each of the next connections is cut when so many bytes have passed, both ways together.
    pub fn cut_next(&self, lifetimes: impl IntoIterator<Item = usize>) {
        self.plan().lifetimes.extend(lifetimes);
    }

    /// How many connections were cut before their peers ended them.
    pub fn connections_cut(&self) -> usize {
        self.ended.load(Ordering::Relaxed)
    }

    /// Cuts every connection, and lets the next ones pass.
    pub fn cut(&self) {
        // In this order: what passes when nothing is lost any more belongs to a later connection.
        self.cut_connections();
        self.set(Fault::None);
    }

    /// Cuts every connection; what happens to the next ones stays as it is.
    pub fn cut_connections(&self) {
        self.cut.send_modify(|cuts| *cuts += 1);
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn accept(self, listener: TcpListener) {
        while let Ok((client, _)) = listener.accept().await {
            if self.fault() == Fault::Away {
                continue;
            }
            let cut = self.cut.subscribe();
            let lifetime = self.plan().lifetimes.pop_front().unwrap_or(usize::MAX);
            let proxy = self.clone();
            tokio::spawn(async move {
                if let Ok(server) = TcpStream::connect(&*proxy.server).await {
                    proxy.relay(client, server, cut, lifetime).await;
                }
            });
        }
    }

    async fn relay(
        self,
        mut client: TcpStream,
        mut server: TcpStream,
        mut cut: watch::Receiver<u64>,
        mut lifetime: usize,
    ) {
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let (mut there, mut back) = (vec![0; 16 * 1024], vec![0; 16 * 1024]);
        loop {
            let (way, read) = tokio::select! {
                _ = cut.changed() => break,
                read = client.read(&mut there) => (Way::There, read),
                read = server.read(&mut back) => (Way::Back, read),
            };
            let Ok(length @ 1..) = read else { return };
            let passing = self.passing(way, length).map(|passing| passing.min(lifetime));
            let Some(passing) = passing else { continue };
            if passing == length && cut.has_changed().unwrap_or(true) {
                break;
            }
            let written = match way {
                Way::There => server.write_all(&there[..passing]).await,
                Way::Back => client.write_all(&back[..passing]).await,
            };
            if passing < length {
                break;
            }
            if written.is_err() {
                return;
            }
            lifetime -= passing;
        }
        self.ended.fetch_add(1, Ordering::Relaxed);
    }

    /// How many of so many bytes pass; fewer mean that the connection ends there. `None`: they are lost, and it goes on.
    fn passing(&self, way: Way, length: usize) -> Option<usize> {
        let mut plan = self.plan();
        match plan.fault {
            Fault::CutAfter(broken, left) if broken == way => {
                if length <= left {
                    plan.fault = Fault::CutAfter(way, left - length);
                    return Some(length);
                }
                drop(plan);
                self.cut();
                Some(left)
            }
            Fault::LoseAnswers if way == Way::Back => None,
            _ => Some(length),
        }
    }
}
