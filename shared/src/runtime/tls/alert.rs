//! A peer's refusal of our certificate, and how it survives its way up.

use std::io;

use rustls::AlertDescription;

/// The kind that marks an I/O error as a refused certificate. The HTTP/2 library hands only the kind and the text of
/// an I/O error to the calls that it fails, so the kind has to say it.
pub(in crate::runtime) const REFUSED: io::ErrorKind = io::ErrorKind::PermissionDenied;

/// Marks an error of a TLS stream when it is the peer's alert about our certificate.
pub(super) fn marked(error: io::Error) -> io::Error {
    let alert = error.get_ref().and_then(|inner| inner.downcast_ref());
    match alert {
        Some(rustls::Error::AlertReceived(alert)) if is_about_certificate(*alert) => io::Error::new(REFUSED, error),
        _ => error,
    }
}

/// Whether an alert says that the certificate which its receiver presented is refused, or that one is missing.
pub(in crate::runtime) fn is_about_certificate(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::AccessDenied
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRequired
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateUnknown
            // A signature is wrong: an authority of the same name with another key.
            | AlertDescription::DecryptError
            | AlertDescription::NoCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::UnsupportedCertificate
    )
}
