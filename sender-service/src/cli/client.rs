//! Calling the service's local interface.

use std::{path::PathBuf, sync::Arc};

use clap::Args;
use framme_shared::{
    domain::organisation::OrganisationNumber,
    runtime::{clock::SystemClock, connect, serve::LocalAddress, tls::TrustFiles},
    wire::pb::sender::sender_service_client::SenderServiceClient,
};
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::Channel,
};

use super::{Session, outcome::CommandError};

/// The environment variable that may hold the token. A token is never an argument: those are visible to everybody.
const TOKEN_VARIABLE: &str = "FRAMME_TOKEN";

/// Where the service is, and what proves who calls.
#[derive(Debug, Args)]
pub(super) struct Access {
    /// Where the service listens: 127.0.0.1:7443 or unix:/path. As configured, if left out.
    #[arg(long, global = true, value_name = "ADDRESS")]
    address: Option<LocalAddress>,
    /// The authorities to trust at that address (PEM). As configured, if left out.
    #[arg(long, global = true, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// A file with the caller's token; without it the variable FRAMME_TOKEN is read.
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// A client that sends the token along.
pub(super) type Client = SenderServiceClient<InterceptedService<Channel, Bearer>>;

/// Adds the token to every call.
#[derive(Clone)]
pub(super) struct Bearer(MetadataValue<Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

impl Session {
    /// A client of the service that is configured, or that the arguments name.
    pub(super) fn client(&self) -> Result<Client, CommandError> {
        let (address, trust, expected) = self.service()?;
        let channel = connect::local_channel(&address, trust.as_ref(), expected, Arc::new(SystemClock))
            .map_err(|error| CommandError::Usage(error.to_string()))?;
        let bearer = Bearer(self.token()?);
        Ok(SenderServiceClient::with_interceptor(channel, bearer).max_decoding_message_size(64 * 1024 * 1024))
    }

    fn service(&self) -> Result<(LocalAddress, Option<TrustFiles>, Option<OrganisationNumber>), CommandError> {
        let given = self.access.trust.clone().map(|trust| TrustFiles {
            trust,
            crls: Vec::new(),
        });
        match (&self.access.address, given) {
            (Some(address), Some(trust)) => Ok((address.clone(), Some(trust), None)),
            (Some(LocalAddress::Unix(path)), None) => Ok((LocalAddress::Unix(path.clone()), None, None)),
            (address, given) => {
                let config = self.config()?;
                let tls = config.local_tls();
                let configured = TrustFiles {
                    trust: tls.trust.clone(),
                    crls: tls.crls.clone(),
                };
                let address = address.clone().unwrap_or(config.local.address);
                Ok((address, Some(given.unwrap_or(configured)), Some(config.organisation)))
            }
        }
    }

    fn token(&self) -> Result<MetadataValue<Ascii>, CommandError> {
        let token = match &self.access.token_file {
            Some(path) => std::fs::read_to_string(path)
                .map_err(|error| CommandError::Usage(format!("{} cannot be read: {error}", path.display())))?,
            None => std::env::var(TOKEN_VARIABLE)
                .map_err(|_| CommandError::Usage(format!("give --token-file or set {TOKEN_VARIABLE}")))?,
        };
        let mut value: MetadataValue<Ascii> = format!("Bearer {}", token.trim())
            .parse()
            .map_err(|_| CommandError::Usage("the token has characters that no token has".to_owned()))?;
        value.set_sensitive(true);
        Ok(value)
    }
}
