//! What a failed call means: does waiting help, or must a person look at once?

use std::{error::Error as _, io};

use tonic::{Code, Status};

use super::dial::DialError;
use crate::runtime::tls::{REFUSED, is_about_certificate};

/// Why a call failed, as far as the transport is concerned.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CallFailure {
    /// One side refuses the other's certificate, or another organisation answered. Waiting does not help: tell a
    /// person at once.
    Certificate(CertificateFault),
    /// Not reached, or the connection broke: the request may or may not have had its effect. Repeat it later.
    Unavailable,
    /// The peer answered; its status says the rest.
    Answered(Code),
}

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CertificateFault {
    /// The peer refuses ours.
    OursRefused,
    /// We refuse the peer's.
    TheirsRefused,
    /// The peer's certificate belongs to another organisation than configured.
    WrongOrganisation,
}

impl CertificateFault {
    /// A code for logs and tables that never changes.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::OursRefused => "own-certificate-refused",
            Self::TheirsRefused => "peer-certificate-refused",
            Self::WrongOrganisation => "peer-organisation-wrong",
        }
    }
}

/// Reads the causes of a failed call. With TLS 1.3 a client learns only at its first call that its certificate was
/// refused, as a transport error with the alert down the chain of causes.
#[must_use]
pub fn classify(status: &Status) -> CallFailure {
    let mut transport = false;
    let mut cause = status.source();
    while let Some(error) = cause {
        transport = true;
        if let Some(dial) = error.downcast_ref::<DialError>() {
            return dial_failure(dial);
        }
        // A call on a connection that has been made: see `tls::alert`.
        if error
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == REFUSED)
        {
            return CallFailure::Certificate(CertificateFault::OursRefused);
        }
        cause = error.source();
    }
    match status.code() {
        // Without a cause in this process the peer said it itself.
        code if !transport => CallFailure::Answered(code),
        Code::Unavailable | Code::Unknown | Code::Cancelled | Code::Internal | Code::DeadlineExceeded => {
            CallFailure::Unavailable
        }
        code => CallFailure::Answered(code),
    }
}

fn dial_failure(error: &DialError) -> CallFailure {
    let fault = match error {
        DialError::WrongOrganisation { .. } => Some(CertificateFault::WrongOrganisation),
        DialError::Unclear(_) | DialError::NotAccepted(_) => Some(CertificateFault::TheirsRefused),
        DialError::Handshake(inner) => inner
            .get_ref()
            .and_then(|inner| inner.downcast_ref())
            .and_then(tls_fault),
        DialError::TooSlow | DialError::Unreachable(_) | DialError::Host => None,
    };
    fault.map_or(CallFailure::Unavailable, CallFailure::Certificate)
}

fn tls_fault(error: &rustls::Error) -> Option<CertificateFault> {
    match error {
        rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => {
            Some(CertificateFault::TheirsRefused)
        }
        rustls::Error::AlertReceived(alert) => is_about_certificate(*alert).then_some(CertificateFault::OursRefused),
        _ => None,
    }
}
