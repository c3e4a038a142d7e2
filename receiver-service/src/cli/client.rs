//! The service's own local interface, called with a token.

use std::{env, fs};

use anyhow::Context as _;
use framme_shared::{
    runtime::{connect::local_channel, tls::TrustFiles},
    wire::pb::receiver::{staff_service_client::StaffServiceClient, work_list_service_client::WorkListServiceClient},
};
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::Channel,
};
use zeroize::Zeroizing;

use super::{
    Common,
    failure::Usage,
    setup::{clock, configuration},
};

/// Holds the token where no list of processes shows it.
const TOKEN_VARIABLE: &str = "FRAMME_TOKEN";

/// A channel that proves who calls.
pub(super) type Client = InterceptedService<Channel, Bearer>;

/// Adds `authorization: Bearer …`.
#[derive(Clone)]
pub(super) struct Bearer(MetadataValue<Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// The work list.
pub(super) fn work_list(common: &Common) -> anyhow::Result<WorkListServiceClient<Client>> {
    Ok(WorkListServiceClient::new(connect(common)?).max_decoding_message_size(64 * 1024 * 1024))
}

/// The staff register.
pub(super) fn staff(common: &Common) -> anyhow::Result<StaffServiceClient<Client>> {
    Ok(StaffServiceClient::new(connect(common)?))
}

fn connect(common: &Common) -> anyhow::Result<Client> {
    let config = configuration(common)?;
    let tls = config.local_tls();
    let trust = TrustFiles {
        trust: tls.trust.clone(),
        crls: tls.crls.clone(),
    };
    let channel = local_channel(&config.local.address, Some(&trust), Some(config.organisation), clock())?;
    let header = Zeroizing::new(format!("Bearer {}", token(common)?.trim()));
    let mut header: MetadataValue<Ascii> = header.parse().context("the token has characters that no token has")?;
    header.set_sensitive(true);
    Ok(InterceptedService::new(channel, Bearer(header)))
}

fn token(common: &Common) -> anyhow::Result<Zeroizing<String>> {
    match (&common.token_file, env::var(TOKEN_VARIABLE)) {
        (Some(path), _) => fs::read_to_string(path)
            .map(Zeroizing::new)
            .with_context(|| format!("the token file {} cannot be read", path.display())),
        (None, Ok(token)) => Ok(Zeroizing::new(token)),
        (None, Err(_)) => {
            let text = format!("give --token-file, or the token in {TOKEN_VARIABLE}");
            Err(Usage(text).into())
        }
    }
}
