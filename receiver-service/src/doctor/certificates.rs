//! Whether the own certificate lasts.

use std::fs;

use framme_shared::domain::certificate;
use jiff::{SignedDuration, Timestamp};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};

use super::Finding;
use crate::config::Config;

/// A new enterprise certificate takes days to get.
const SOON: SignedDuration = SignedDuration::from_hours(24 * 30);

/// The enterprise certificate's validity.
pub(super) fn own(config: &Config, now: Timestamp) -> Finding {
    let check = "certificate";
    let Some(until) = valid_until(config) else {
        return Finding::fault(check, "it cannot be read");
    };
    let left = until.duration_since(now);
    if left.is_negative() {
        Finding::fault(check, format!("it expired at {until}"))
    } else if left < SOON {
        Finding::fault(check, format!("it expires at {until}: order a new one now"))
    } else {
        Finding::good(check, format!("it is valid until {until}"))
    }
}

fn valid_until(config: &Config) -> Option<Timestamp> {
    let pem = fs::read(&config.tls.certificate).ok()?;
    let der = CertificateDer::from_pem_slice(&pem).ok()?;
    let certificate = certificate::parse(&der).ok()?;
    Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()
}
