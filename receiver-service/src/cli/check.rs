//! `receiver check-config`: everything that a start would read, without a database and without listening.

use framme_shared::{
    db::sealing::MasterKeys,
    runtime::{
        diagnosis::{self, Finding, own_certificate, tls_files},
        exit::Exit,
    },
    workers::notification,
};

use super::{
    Common,
    setup::{clock, configuration},
};
use crate::{Config, config::InvalidConfig, receipts::Notary};

/// A key that breaks a rule ends it with exit code 2; what the keys name and cannot be used, with 6.
pub(super) async fn run(common: &Common) -> anyhow::Result<Exit> {
    let config = configuration(common)?;
    config.check()?;
    let mut findings = findings(&config);
    let told = config.notification.checked(&config.contacts);
    findings.push(notification::check(
        &told.map_err(InvalidConfig::from)?,
        config.production,
    ));
    Ok(diagnosis::print(&findings, common.json))
}

fn findings(config: &Config) -> Vec<Finding> {
    let keys = MasterKeys::load(config.database.master_key_file.as_deref());
    let (certificate, key) = (config.tls.certificate.clone(), config.tls.key.clone());
    let notary = Notary::load(certificate, key, config.organisation);
    let mut findings = vec![
        Finding::good("organisation", config.organisation.to_string()),
        Finding::of("database.url", config.database.dialect(), |dialect| {
            format!("{dialect:?}")
        }),
        Finding::of("database.master_key_file", keys, |keys| {
            format!("current key {}", keys.current())
        }),
        tls_files("tls", &config.tls, config.organisation, clock()),
        own_certificate(&config.tls.certificate, clock().now()),
        Finding::of("receipts", notary, |_| "they can be signed".to_owned()),
        tls_files("local.tls", config.local_tls(), config.organisation, clock()),
        Finding::good("exchange.address", config.exchange.address.to_string()),
        Finding::good("local.address", config.local.address.to_string()),
    ];
    findings.push(if config.peers.is_empty() {
        Finding::fault("peers", "nobody may send: add the police districts")
    } else {
        Finding::good("peers", format!("{} may send", config.peers.len()))
    });
    findings
}
