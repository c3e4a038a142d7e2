//! What a failed call means: does waiting help, or must a person look at once?

use std::{error::Error, io};

use rustls::AlertDescription;
use tonic::{Code, Status};

use super::dial::DialError;

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
        if let Some(fault) = certificate_fault(error) {
            return CallFailure::Certificate(fault);
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

fn certificate_fault(error: &(dyn Error + 'static)) -> Option<CertificateFault> {
    if let Some(dial) = error.downcast_ref::<DialError>() {
        return match dial {
            DialError::WrongOrganisation { .. } => Some(CertificateFault::WrongOrganisation),
            DialError::Unclear(_) | DialError::NotAccepted(_) => Some(CertificateFault::TheirsRefused),
            DialError::Handshake(inner) => tls_fault(inner.get_ref()?.downcast_ref()?),
            DialError::TooSlow | DialError::Unreachable(_) | DialError::Host => None,
        };
    }
    // io::Error's own `source` skips the error that it wraps.
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    match wrapped {
        Some(inner) => tls_fault(inner.downcast_ref()?),
        None => tls_fault(error.downcast_ref()?),
    }
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

fn is_about_certificate(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::AccessDenied
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRequired
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateUnknown
            | AlertDescription::NoCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::UnsupportedCertificate
    )
}
