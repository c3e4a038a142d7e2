//! Whether the own certificate lasts.

use std::{fs, path::Path};

use jiff::{SignedDuration, Timestamp};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};

use super::Finding;
use crate::domain::certificate;

/// A new enterprise certificate takes days to get.
const SOON: SignedDuration = SignedDuration::from_hours(24 * 30);

/// The validity of the enterprise certificate in this PEM file; a fault from 30 days before its end on.
#[must_use]
pub fn own_certificate(pem_file: &Path, now: Timestamp) -> Finding {
    let check = "certificate";
    let Some(until) = valid_until(pem_file) else {
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

fn valid_until(pem_file: &Path) -> Option<Timestamp> {
    let pem = fs::read(pem_file).ok()?;
    let der = CertificateDer::from_pem_slice(&pem).ok()?;
    let certificate = certificate::parse(&der).ok()?;
    Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()
}
