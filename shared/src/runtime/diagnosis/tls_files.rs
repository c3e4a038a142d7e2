//! Whether certificate, key, trust and revocation lists can be used together.

use std::sync::Arc;

use super::Finding;
use crate::{
    domain::organisation::OrganisationNumber,
    runtime::{
        clock::Clock,
        telemetry::Causes,
        tls::{TlsFiles, TlsStore},
    },
};

/// The files must make a server and a client, and the certificate must be of the organisation.
pub fn tls_files(check: &str, files: &TlsFiles, organisation: OrganisationNumber, clock: Arc<dyn Clock>) -> Finding {
    let store = match TlsStore::load(files.clone(), clock) {
        Ok(store) => store,
        Err(error) => return Finding::fault(check, Causes(&error).to_string()),
    };
    match store.own_identity() {
        Ok(own) if own.organisation == organisation => Finding::good(check, "the certificate is the organisation's"),
        Ok(own) => Finding::fault(
            check,
            format!(
                "the certificate is of organisation {}, not {organisation}",
                own.organisation
            ),
        ),
        Err(error) => Finding::fault(check, Causes(&error).to_string()),
    }
}
