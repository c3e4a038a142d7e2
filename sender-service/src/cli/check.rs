//! `sender check-config`: everything that a start would read, without a database and without listening.

use std::sync::Arc;

use framme_shared::{
    db::sealing::MasterKeys,
    runtime::{
        clock::{Clock as _, SystemClock},
        diagnosis::{self, Finding, own_certificate, tls_files},
        exit::Exit,
        trust::ReceiptTrust,
    },
    workers::notification,
};

use super::{Session, outcome::CommandError};
use crate::{Config, config::InvalidConfig, directory, signing::Signing};

/// A key that breaks a rule ends it with exit code 2; what the keys name and cannot be used, with 6.
pub(super) fn check_config(session: &Session) -> Result<Exit, CommandError> {
    let config = session.config()?;
    config.check()?;
    let mut findings = findings(&config);
    let told = config.notification.checked(&config.contacts);
    findings.push(notification::check(
        &told.map_err(InvalidConfig::from)?,
        config.production,
    ));
    Ok(diagnosis::print(&findings, session.json))
}

fn findings(config: &Config) -> Vec<Finding> {
    let keys = MasterKeys::load(config.database.master_key_file.as_deref());
    let (certificate, key) = (config.tls.certificate.clone(), config.tls.key.clone());
    let signing = Signing::load(certificate, key, config.organisation);
    let mut findings = vec![
        Finding::good("organisation", config.organisation.to_string()),
        Finding::of("database.url", config.database.dialect(), |dialect| {
            format!("{dialect:?}")
        }),
        Finding::of("database.master_key_file", keys, |keys| {
            format!("current key {}", keys.current())
        }),
        tls_files("tls", &config.tls, config.organisation, Arc::new(SystemClock)),
        own_certificate(&config.tls.certificate, SystemClock.now()),
        Finding::of("signing", signing, |_| {
            "figures and statements can be signed".to_owned()
        }),
        Finding::of("receipts", ReceiptTrust::load(&config.tls), |_| {
            "authorities and revocation lists can be used".to_owned()
        }),
        tls_files(
            "local.tls",
            config.local_tls(),
            config.organisation,
            Arc::new(SystemClock),
        ),
        Finding::good("local.address", config.local.address.to_string()),
    ];
    findings.push(Finding::of("directory", directory::load(config), |loaded| {
        let services = loaded.directory.services();
        let with_receiver = services.filter(|service| !service.is_letter_only()).count();
        format!(
            "{} services, {with_receiver} with a receiver",
            loaded.directory.services().count()
        )
    }));
    findings
}
