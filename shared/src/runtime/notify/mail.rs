//! One e-mail over one connection to the mail server.

use std::{io, time::SystemTime};

use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue},
    },
    transport::smtp::{
        Error,
        authentication::Credentials,
        client::{Certificate, CertificateStore, Tls, TlsParameters},
        extension::ClientId,
    },
};

use super::{SmtpConfig, SmtpTls, courier::Parcel, secret};
use crate::domain::notice::DeliveryFailure;

/// The mail server, and how it is spoken to.
pub(super) struct MailServer {
    config: SmtpConfig,
    from: Mailbox,
    tls: Tls,
}

impl MailServer {
    /// Nothing is connected yet. `authorities` is PEM.
    pub(super) fn new(config: &SmtpConfig, from: &Mailbox, authorities: &[u8]) -> Result<Self, Error> {
        let parameters = || {
            TlsParameters::builder(config.host.clone())
                .certificate_store(CertificateStore::None)
                .add_root_certificate(Certificate::from_pem(authorities)?)
                .build()
        };
        let tls = match config.tls {
            SmtpTls::Implicit => Tls::Wrapper(parameters()?),
            SmtpTls::Starttls => Tls::Required(parameters()?),
            SmtpTls::Plain => Tls::None,
        };
        Ok(Self {
            config: config.clone(),
            from: from.clone(),
            tls,
        })
    }

    /// Hands a message over; the server has taken responsibility for it when this is well.
    pub(super) async fn send(&self, to: &Mailbox, parcel: &Parcel<'_>) -> Result<(), DeliveryFailure> {
        let message = self.message(to, parcel).ok_or(DeliveryFailure::Misconfigured)?;
        let mut server = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(self.config.host.clone())
            .port(self.config.port)
            .tls(self.tls.clone())
            // The whole of it is bounded by the caller's clock.
            .timeout(None)
            .hello_name(ClientId::Domain(self.from.email.domain().to_owned()));
        if let (Some(user), Some(file)) = (&self.config.user, &self.config.password_file) {
            let password = secret::password(file).map_err(|error| {
                tracing::error!(%error, "The mail server's password cannot be used");
                DeliveryFailure::Misconfigured
            })?;
            server = server.credentials(Credentials::new(user.expose().clone(), password.to_string()));
        }
        let sent = server.build::<Tokio1Executor>().send(message).await;
        sent.map(drop).map_err(|error| failure(&error))
    }

    fn message(&self, to: &Mailbox, parcel: &Parcel<'_>) -> Option<Message> {
        let date = SystemTime::from(parcel.made_at);
        let automatic = HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        );
        Message::builder()
            .from(self.from.clone())
            .to(to.clone())
            .date(date)
            .message_id(Some(format!("<{}@{}>", parcel.id, self.from.email.domain())))
            // RFC 3834: no out-of-office answers.
            .raw_header(automatic)
            .subject(parcel.text.subject.clone())
            .header(ContentType::TEXT_PLAIN)
            .body(parcel.text.body.clone())
            .ok()
    }
}

/// What an error means. Its text is not shown: a server may quote the address in it.
fn failure(error: &Error) -> DeliveryFailure {
    if error.is_permanent() {
        return DeliveryFailure::Refused;
    }
    if error.is_transient() {
        return DeliveryFailure::RefusedForNow;
    }
    if error.is_tls() {
        return DeliveryFailure::Tls;
    }
    match io_kind(error) {
        Some(io::ErrorKind::ConnectionRefused | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => {
            DeliveryFailure::Unreachable
        }
        Some(io::ErrorKind::TimedOut) => DeliveryFailure::Timeout,
        // How rustls tells of certificates and alerts.
        Some(io::ErrorKind::InvalidData) => DeliveryFailure::Tls,
        _ => DeliveryFailure::Broken,
    }
}

fn io_kind(error: &Error) -> Option<io::ErrorKind> {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Some(error.kind());
        }
        cause = error.source();
    }
    None
}
