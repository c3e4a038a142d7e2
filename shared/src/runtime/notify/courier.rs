//! Hands messages over to mail server and webhooks, each in bounded time.

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use jiff::Timestamp;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};

use super::{Address, Contact, Notification, SecretError, mail::MailServer, secret, webhook};
use crate::{
    domain::notice::{DeliveryFailure, MessageId, Text},
    runtime::clock::Clock,
};

/// A message that is not taken within this time was not taken, or nobody knows.
pub const SEND_LIMIT: Duration = Duration::from_secs(30);

/// What is handed over: the same message for people and for programs.
pub struct Parcel<'a> {
    /// The same at every attempt.
    pub id: &'a MessageId,
    /// For an e-mail.
    pub text: &'a Text,
    /// For a webhook: JSON.
    pub hook: &'a str,
    /// When it was made; the same at every attempt.
    pub made_at: Timestamp,
}

/// Why nothing could be handed over, whoever it is for.
#[derive(Debug, thiserror::Error)]
pub enum CourierError {
    /// The file with the authorities.
    #[error("notification.authorities: {path} cannot be read")]
    Authorities {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is none in it.
    #[error("notification.authorities: {0} holds no authority in PEM")]
    NoAuthority(PathBuf),
    /// TLS.
    #[error("TLS to mail server and webhooks cannot be set up")]
    Tls(#[from] rustls::Error),
    /// SMTP.
    #[error("the mail server cannot be spoken to with this configuration")]
    Smtp(#[from] lettre::transport::smtp::Error),
    /// A password or signing secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

/// Hands messages over.
pub struct Courier {
    mail: Option<MailServer>,
    tls: Arc<ClientConfig>,
    clock: Arc<dyn Clock>,
}

impl Courier {
    /// Reads authorities and secrets, to find out now what could not be used later. Nothing is connected.
    ///
    /// # Errors
    /// See [`CourierError`].
    pub fn new(notification: &Notification, clock: Arc<dyn Clock>) -> Result<Self, CourierError> {
        let path = &notification.authorities;
        let pem = std::fs::read(path).map_err(|source| CourierError::Authorities {
            path: path.clone(),
            source,
        })?;
        let mut roots = RootCertStore::empty();
        let certificates = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok);
        if roots.add_parsable_certificates(certificates).0 == 0 {
            return Err(CourierError::NoAuthority(path.clone()));
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mail = match &notification.smtp {
            Some((config, from)) => {
                if let Some(file) = &config.password_file {
                    secret::password(file)?;
                }
                Some(MailServer::new(config, from, &pem)?)
            }
            None => None,
        };
        for name in notification.names() {
            if let Some(Address::Webhook { secret_file, .. }) = notification.contact(name).map(|it| &it.address) {
                secret::signing_key(secret_file)?;
            }
        }
        Ok(Self {
            mail,
            tls: Arc::new(tls),
            clock,
        })
    }

    /// Hands a message over to where a contact takes it.
    ///
    /// # Errors
    /// See [`DeliveryFailure`]; it may have been taken all the same where that says so.
    pub async fn deliver(&self, contact: &Contact, parcel: &Parcel<'_>) -> Result<(), DeliveryFailure> {
        let delivering = async {
            match (&contact.address, &self.mail) {
                (Address::Mail(to), Some(server)) => server.send(to, parcel).await,
                (Address::Mail(_), None) => Err(DeliveryFailure::Misconfigured),
                (Address::Webhook { uri, secret_file }, _) => {
                    let second = self.clock.now().as_second();
                    webhook::post(uri, secret_file, &self.tls, parcel, second).await
                }
            }
        };
        tokio::select! {
            delivered = delivering => delivered,
            () = self.clock.sleep(SEND_LIMIT) => Err(DeliveryFailure::Timeout),
        }
    }
}
