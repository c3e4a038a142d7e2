//! A small real listener with its own test PKI: health, and a service whose answers a test holds in its hand.

mod held;
pub(crate) mod raw;

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use framme_demo::pki::{self, Enterprise, Issued, Pki, synthetic_organisation};
use framme_shared::{
    domain::organisation::OrganisationNumber,
    runtime::{
        clock::{Clock, SystemClock},
        connect,
        identity::PeerIdentity,
        serve::{Gate, Listener, LocalAddress, ServeLimits, Service, serve},
        shutdown::{Shutdown, TaskError},
        standard::{Standard, standard_services},
        tls::{TlsFiles, TlsStore, TrustFiles},
    },
    wire,
};
use framme_tests::database::Folder;
use tokio::task::JoinHandle;
use tonic::{Code, Status, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse, health_client::HealthClient};

pub(crate) use held::{Held, call_held, upload_held};
pub(crate) use raw::{RawClient, config as client_config};

/// The organisation that serves.
pub(crate) const SERVER: u32 = 1;
/// The organisation on the server's list.
pub(crate) const LISTED: u32 = 2;
/// An organisation that is on nobody's list.
pub(crate) const UNLISTED: u32 = 3;

/// How long a test waits for what must happen at once, before it fails.
pub(crate) const AT_ONCE: Duration = Duration::from_secs(10);

/// Admits one organisation.
struct OneOrganisation(OrganisationNumber);

impl Gate for OneOrganisation {
    fn admit(&self, peer: Option<&PeerIdentity>) -> Result<(), Status> {
        match peer {
            Some(peer) if peer.organisation != self.0 => Err(Status::permission_denied("not allowed")),
            _ => Ok(()),
        }
    }

    fn overloaded(&self) -> Status {
        Status::resource_exhausted("too much at once")
    }

    fn timed_out(&self) -> Status {
        Status::deadline_exceeded("took too long")
    }
}

/// Authorities and a folder for files.
pub(crate) struct Place {
    pub(crate) pki: Pki,
    pub(crate) folder: Folder,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Place {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        framme_shared::runtime::tls::install_provider();
        Self {
            pki: Pki::new(clock.now()).unwrap(),
            folder: Folder::new("tls"),
            clock,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Files of an identity in a folder of its own; trust and lists stand beside and are shared.
    pub(crate) fn install(&self, name: &str, issued: &Issued) -> TlsFiles {
        pki::install(&self.pki, issued, &self.path(name), self.folder.path(), &[]).unwrap()
    }

    pub(crate) fn store(&self, name: &str, issued: &Issued) -> Arc<TlsStore> {
        TlsStore::load(self.install(name, issued), Arc::clone(&self.clock)).unwrap()
    }

    pub(crate) fn good(&self, organisation: u32) -> Issued {
        self.pki.enterprise(synthetic_organisation(organisation)).unwrap()
    }

    /// Writes new revocation lists into the place of the old ones.
    pub(crate) fn revoke(&self, revoked: &[&Issued]) -> TrustFiles {
        pki::write_trust(&self.pki, self.folder.path(), revoked).unwrap()
    }

    /// Another certificate of the server's organisation.
    pub(crate) fn issue_server(&self) -> Issued {
        self.good(SERVER)
    }

    pub(crate) fn issue(&self, change: impl FnOnce(Enterprise) -> Enterprise) -> Issued {
        let request = Enterprise::new("A client", synthetic_organisation(LISTED));
        self.pki.issue(&change(request)).unwrap()
    }
}

/// A listener that is served.
pub(crate) struct Listening {
    pub(crate) place: Place,
    pub(crate) tls: Arc<TlsStore>,
    pub(crate) address: LocalAddress,
    pub(crate) shutdown: Shutdown,
    pub(crate) held: Held,
    pub(crate) serving: JoinHandle<Result<(), TaskError>>,
}

impl Listening {
    /// An exchange listener with the default limits, on the machine's clock.
    pub(crate) async fn exchange() -> Self {
        Self::exchange_with(ServeLimits::default(), Arc::new(SystemClock)).await
    }

    pub(crate) async fn exchange_with(limits: ServeLimits, clock: Arc<dyn Clock>) -> Self {
        let place = Place::new(clock);
        let tls = place.store("server", &place.good(SERVER));
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = Listener::exchange(any_port, Arc::clone(&tls)).await.unwrap();
        Self::serve(place, tls, listener, limits)
    }

    pub(crate) async fn local(address: &str) -> Self {
        let place = Place::new(Arc::new(SystemClock));
        let tls = place.store("server", &place.good(SERVER));
        let address = address.replace("FOLDER", place.folder.path().to_str().unwrap());
        let listener = Listener::local(&address.parse().unwrap(), Arc::clone(&tls))
            .await
            .unwrap();
        Self::serve(place, tls, listener, ServeLimits::local())
    }

    fn serve(place: Place, tls: Arc<TlsStore>, listener: Listener, limits: ServeLimits) -> Self {
        let address = listener.address().unwrap();
        let shutdown = Shutdown::new();
        let (held, held_server) = Held::new();
        let Standard { routes, streaming, .. } = standard_services(wire::pb::DESCRIPTORS).unwrap();
        let service = Service {
            routes: routes.add_service(held_server),
            gate: Arc::new(OneOrganisation(synthetic_organisation(LISTED))),
            limits,
            streaming: streaming.with("/test.Held/Upload"),
            clock: Arc::clone(&place.clock),
        };
        let serving = tokio::spawn(serve(listener, service, shutdown.clone()));
        Self {
            place,
            tls,
            address,
            shutdown,
            held,
            serving,
        }
    }

    pub(crate) fn socket(&self) -> SocketAddr {
        match &self.address {
            LocalAddress::Tcp(address) => *address,
            LocalAddress::Unix(_) => panic!("this listener has a path"),
        }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("https://{}", self.socket())
    }

    /// A channel that presents this certificate, and its store.
    pub(crate) fn connect(&self, issued: &Issued) -> (Channel, Arc<TlsStore>) {
        self.connect_expecting(issued, SERVER)
    }

    pub(crate) fn connect_expecting(&self, issued: &Issued, server: u32) -> (Channel, Arc<TlsStore>) {
        let serial = Arc::as_ptr(&self.tls) as usize;
        let name = format!(
            "client-{serial}-{}",
            framme_shared::domain::digest::Digest::of(&issued.leaf_der).hex()
        );
        // Not installed over the lists that a test has written.
        let files = self.place.client_files(&name, issued);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = TlsStore::load(files, Arc::clone(&self.place.clock)).unwrap();
        let expected = synthetic_organisation(server);
        let channel = connect::channel(&self.endpoint(), Arc::clone(&store), expected, clock).unwrap();
        (channel, store)
    }

    /// A client of the organisation on the list.
    pub(crate) fn listed(&self) -> Channel {
        self.connect(&self.place.good(LISTED)).0
    }
}

impl Place {
    fn client_files(&self, name: &str, issued: &Issued) -> TlsFiles {
        let lists = std::fs::read(self.path("crls.pem")).unwrap();
        let files = self.install(name, issued);
        std::fs::write(self.path("crls.pem"), lists).unwrap();
        files
    }
}

/// Asks for the health of the whole process.
pub(crate) async fn check(channel: Channel) -> Result<HealthCheckResponse, Status> {
    let mut client = HealthClient::new(channel);
    let answer = client.check(HealthCheckRequest::default());
    let answer = tokio::time::timeout(AT_ONCE, answer)
        .await
        .expect("an answer comes at once");
    answer.map(tonic::Response::into_inner)
}

/// Opens a stream that never ends by itself, and reads its first message.
pub(crate) async fn watch(channel: Channel) -> tonic::Streaming<HealthCheckResponse> {
    let mut stream = HealthClient::new(channel)
        .watch(HealthCheckRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert!(stream.message().await.unwrap().is_some());
    stream
}

/// The status that ends a stream.
pub(crate) async fn end_of(stream: &mut tonic::Streaming<HealthCheckResponse>) -> Code {
    let next = tokio::time::timeout(AT_ONCE, stream.message()).await;
    match next.expect("the stream ends at once") {
        Ok(Some(_)) => panic!("the stream goes on"),
        Ok(None) => Code::Ok,
        Err(status) => status.code(),
    }
}
