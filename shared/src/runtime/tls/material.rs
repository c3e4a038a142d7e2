//! TLS configurations made from one reading of the files.

use std::{sync::Arc, time::Duration};

use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    client::Resumption,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, UnixTime},
    server::{NoServerSessionStorage, WebPkiClientVerifier, danger::ClientCertVerifier},
    time_provider::TimeProvider,
    version::TLS13,
};

use super::{
    files::{Content, TlsError, TlsFiles, TrustContent, TrustFiles},
    open::Accepted,
    verifier::OrganisationVerifier,
};
use crate::{
    domain::digest::Digest,
    runtime::{
        clock::Clock,
        identity::{IdentityError, PeerIdentity},
    },
};

/// Everything that one reading of the files gives.
#[derive(Debug)]
pub(in crate::runtime) struct Material {
    /// Enterprise certificate demanded: the exchange listener.
    pub(in crate::runtime) mutual: Arc<ServerConfig>,
    /// Any certificate of a trusted authority, or none: the local listener.
    pub(in crate::runtime) optional: Arc<ServerConfig>,
    /// Presents the own certificate and demands an enterprise certificate.
    pub(in crate::runtime) client: Arc<ClientConfig>,
    pub(super) own: Result<PeerIdentity, IdentityError>,
    pub(super) digest: Digest,
    organisations: Arc<OrganisationVerifier>,
    anybody: Arc<dyn ClientCertVerifier>,
}

impl Material {
    pub(super) fn read(files: &TlsFiles, clock: &Arc<dyn Clock>) -> Result<Self, TlsError> {
        let Content {
            chain,
            key,
            trust,
            digest,
        } = files.read()?;
        if trust.crls.is_empty() {
            tracing::warn!("no revocation lists are configured: a revoked certificate would be accepted");
        }
        let own = PeerIdentity::of(&chain[0]);
        let roots = Arc::new(trust.roots);
        let organisations = organisations(&roots, &trust.crls)?;
        let anybody = verifier(&roots, &trust.crls)?.allow_unauthenticated().build()?;
        let server = |clients: Arc<dyn ClientCertVerifier>| {
            let mut config = ServerConfig::builder_with_details(provider(), time(clock))
                .with_protocol_versions(&[&TLS13])
                .map_err(TlsError::Identity)?
                .with_client_cert_verifier(clients)
                .with_single_cert(chain.clone(), key.clone_key())
                .map_err(TlsError::Identity)?;
            config.alpn_protocols = vec![b"h2".to_vec()];
            config.send_tls13_tickets = 0;
            config.session_storage = Arc::new(NoServerSessionStorage {});
            Ok::<_, TlsError>(Arc::new(config))
        };
        let mut client = ClientConfig::builder_with_details(provider(), time(clock))
            .with_protocol_versions(&[&TLS13])
            .map_err(TlsError::Identity)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&organisations) as _)
            .with_client_auth_cert(chain.clone(), key.clone_key())
            .map_err(TlsError::Identity)?;
        finish_client(&mut client);
        Ok(Self {
            mutual: server(Arc::clone(&organisations) as _)?,
            optional: server(Arc::clone(&anybody))?,
            client: Arc::new(client),
            own,
            digest,
            organisations,
            anybody,
        })
    }

    /// Whether a chain that was accepted once would be accepted now.
    pub(super) fn accepts(
        &self,
        chain: &[CertificateDer<'_>],
        accepted: Accepted,
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        let (leaf, intermediates) = chain.split_first().ok_or(rustls::Error::NoCertificatesPresented)?;
        match accepted {
            Accepted::AsOrganisation => self.organisations.verify_client_cert(leaf, intermediates, now),
            Accepted::AsAnybody => self.anybody.verify_client_cert(leaf, intermediates, now),
        }
        .map(drop)
    }
}

/// A client that presents no certificate and demands an enterprise certificate from the server.
pub(in crate::runtime) fn anonymous_client(
    files: &TrustFiles,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<ClientConfig>, TlsError> {
    let TrustContent { roots, crls } = files.read()?;
    let mut client = ClientConfig::builder_with_details(provider(), time(clock))
        .with_protocol_versions(&[&TLS13])
        .map_err(TlsError::Identity)?
        .dangerous()
        .with_custom_certificate_verifier(organisations(&Arc::new(roots), &crls)?)
        .with_no_client_auth();
    finish_client(&mut client);
    Ok(Arc::new(client))
}

fn finish_client(client: &mut ClientConfig) {
    client.alpn_protocols = vec![b"h2".to_vec()];
    client.resumption = Resumption::disabled();
}

fn organisations(
    roots: &Arc<RootCertStore>,
    crls: &[rustls::pki_types::CertificateRevocationListDer<'static>],
) -> Result<Arc<OrganisationVerifier>, TlsError> {
    Ok(Arc::new(OrganisationVerifier::new(verifier(roots, crls)?.build()?)))
}

/// Revocation of the whole chain, unknown status refused, lists past their next update refused.
fn verifier(
    roots: &Arc<RootCertStore>,
    crls: &[rustls::pki_types::CertificateRevocationListDer<'static>],
) -> Result<rustls::server::ClientCertVerifierBuilder, TlsError> {
    Ok(
        WebPkiClientVerifier::builder_with_provider(Arc::clone(roots), provider())
            .with_crls(crls.iter().cloned())
            .enforce_revocation_expiration(),
    )
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn time(clock: &Arc<dyn Clock>) -> Arc<dyn TimeProvider> {
    Arc::new(ClockTime(Arc::clone(clock)))
}

/// The process's clock, as rustls wants it.
#[derive(Debug)]
struct ClockTime(Arc<dyn Clock>);

impl TimeProvider for ClockTime {
    fn current_time(&self) -> Option<UnixTime> {
        Some(unix_time(self.0.as_ref()))
    }
}

pub(super) fn unix_time(clock: &dyn Clock) -> UnixTime {
    let seconds = u64::try_from(clock.now().as_second()).unwrap_or(0);
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}
