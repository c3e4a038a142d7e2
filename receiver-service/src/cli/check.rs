//! `receiver check-config`: everything that a start would read, without a database and without listening.

use framme_shared::{
    db::sealing::MasterKeys,
    runtime::{exit::Exit, tls::TlsStore},
};
use serde_json::json;

use super::{
    Common, output,
    setup::{clock, configuration},
};
use crate::{Config, receipts::Notary};

pub(super) async fn run(common: &Common) -> anyhow::Result<Exit> {
    let config = configuration(common)?;
    config.check()?;
    let faults: Vec<String> = checks(&config).into_iter().flatten().collect();
    output::print(common.json, &json!({ "faults": faults }), || match faults.as_slice() {
        [] => vec!["the configuration is right".to_owned()],
        faults => faults.to_vec(),
    });
    Ok(if faults.is_empty() { Exit::Ok } else { Exit::Fault })
}

fn checks(config: &Config) -> Vec<Option<String>> {
    let keys = MasterKeys::load(config.database.master_key_file.as_deref());
    let local = TlsStore::load(config.local_tls().clone(), clock());
    let (certificate, key) = (config.tls.certificate.clone(), config.tls.key.clone());
    let notary = Notary::load(certificate, key, config.organisation);
    let own = match TlsStore::load(config.tls.clone(), clock()) {
        Ok(tls) => fault("tls.certificate", tls.own_identity()),
        Err(error) => fault("tls", Err::<(), _>(error)),
    };
    vec![
        fault("database.url", config.database.dialect()),
        fault("database.master_key_file", keys),
        own,
        fault("local.tls", local),
        fault("receipts", notary),
    ]
}

fn fault<T, E>(key: &str, result: Result<T, E>) -> Option<String>
where
    E: Into<anyhow::Error>,
{
    result.err().map(|error| format!("{key}: {:#}", error.into()))
}
