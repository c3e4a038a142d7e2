//! How commands call a service's local interface: the same flags, the same token, the same words when it fails.

use std::{path::PathBuf, sync::Arc};

use clap::Args;
use tonic::{
    Code, Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::Channel,
};
use zeroize::Zeroizing;

use super::{
    clock::SystemClock,
    connect::{CallFailure, LocalChannelError, classify, local_channel},
    exit::Exit,
    serve::LocalAddress,
    tls::TrustFiles,
};
use crate::domain::organisation::OrganisationNumber;

/// The environment variable that may hold the token. A token is never an argument: those are visible to everybody.
const TOKEN_VARIABLE: &str = "FRAMME_TOKEN";

/// Where the service is, and what proves who calls.
#[derive(Debug, Args)]
pub struct Access {
    /// Where the service listens: 127.0.0.1:7443 or unix:/path. As configured, if left out.
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub address: Option<LocalAddress>,
    /// The authorities to trust at that address (PEM). As configured, if left out.
    #[arg(long, global = true, value_name = "FILE")]
    pub trust: Option<PathBuf>,
    /// A file with the caller's token; without it the variable FRAMME_TOKEN is read.
    #[arg(long, global = true, env = "FRAMME_TOKEN_FILE", value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

/// What the service's configuration says of its local interface.
#[derive(Debug, Clone)]
pub struct Configured {
    /// Where it listens.
    pub address: LocalAddress,
    /// Whom to trust there.
    pub trust: TrustFiles,
    /// Who must answer.
    pub organisation: OrganisationNumber,
}

/// A channel that sends the token along.
pub type Client = InterceptedService<Channel, Bearer>;

/// Adds `authorization: Bearer …`.
#[derive(Clone)]
pub struct Bearer(MetadataValue<Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// Why there is no client. All are wrong use: exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// No channel can be made.
    #[error("the local interface cannot be called")]
    Channel(#[from] LocalChannelError),
    /// The token file.
    #[error("the token file {path} cannot be read")]
    TokenFile {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Nothing proves who calls.
    #[error("give --token-file, or the token in {TOKEN_VARIABLE}; `credential issue` makes one")]
    NoToken,
    /// No token looks like that.
    #[error("the token has characters that no token has")]
    Token,
}

impl Access {
    /// A client of the service that the flags name, or else the configuration. The configuration is read only when the
    /// flags leave something open, so that commands work where there is none.
    ///
    /// # Errors
    /// [`AccessError`], or that of the configuration.
    pub fn client<E: From<AccessError>>(
        &self,
        configured: impl FnOnce() -> Result<Configured, E>,
    ) -> Result<Client, E> {
        let (address, trust, organisation) = self.service(configured)?;
        let bearer = self.bearer()?;
        let channel = local_channel(&address, trust.as_ref(), organisation, Arc::new(SystemClock));
        Ok(InterceptedService::new(channel.map_err(AccessError::from)?, bearer))
    }

    fn service<E>(
        &self,
        configured: impl FnOnce() -> Result<Configured, E>,
    ) -> Result<(LocalAddress, Option<TrustFiles>, Option<OrganisationNumber>), E> {
        let trust = self.trust.clone().map(|trust| TrustFiles {
            trust,
            crls: Vec::new(),
        });
        match (self.address.clone(), trust) {
            (Some(address @ LocalAddress::Unix(_)), trust) => Ok((address, trust, None)),
            (Some(address), Some(trust)) => Ok((address, Some(trust), None)),
            (address, trust) => {
                let configured = configured()?;
                let address = address.unwrap_or(configured.address);
                let trust = trust.unwrap_or(configured.trust);
                Ok((address, Some(trust), Some(configured.organisation)))
            }
        }
    }

    fn bearer(&self) -> Result<Bearer, AccessError> {
        let token = match &self.token_file {
            Some(path) => std::fs::read_to_string(path).map_err(|source| AccessError::TokenFile {
                path: path.clone(),
                source,
            })?,
            None => std::env::var(TOKEN_VARIABLE).map_err(|_| AccessError::NoToken)?,
        };
        let header = Zeroizing::new(format!("Bearer {}", Zeroizing::new(token).trim()));
        let mut value: MetadataValue<Ascii> = header.parse().map_err(|_| AccessError::Token)?;
        value.set_sensitive(true);
        Ok(Bearer(value))
    }
}

/// Why a call did not come through, for the person at the terminal; `None` when the service answered.
#[must_use]
pub fn not_reached(status: &Status) -> Option<(String, Exit)> {
    match classify(status) {
        CallFailure::Certificate(fault) => {
            let text = format!(
                "the service's certificate or ours is refused ({}): look at --trust, tls.trust and the organisation",
                fault.code()
            );
            Some((text, Exit::Failure))
        }
        CallFailure::Unavailable => {
            let text = "the service cannot be reached: does it run, and is --address or local.address right?";
            Some((text.to_owned(), Exit::Unavailable))
        }
        CallFailure::Answered(_) => None,
    }
}

/// What somebody at a terminal can do about an answer with this code, where that is the same for every command.
#[must_use]
pub const fn advice(code: Code) -> Option<&'static str> {
    match code {
        Code::Unauthenticated => Some("the token is unknown, expired or revoked: `credential issue` makes another one"),
        Code::PermissionDenied => Some("the role of this token may not do this: use that of somebody who may"),
        Code::Unavailable | Code::ResourceExhausted => Some("nothing was lost: try again in a moment"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(address: Option<&str>, trust: Option<&str>) -> Access {
        Access {
            address: address.map(|address| address.parse().unwrap()),
            trust: trust.map(PathBuf::from),
            token_file: None,
        }
    }

    fn configured() -> Result<Configured, ()> {
        Ok(Configured {
            address: "127.0.0.1:7443".parse().unwrap(),
            trust: TrustFiles {
                trust: "/configured".into(),
                crls: Vec::new(),
            },
            organisation: OrganisationNumber::parse("974761076").unwrap(),
        })
    }

    #[test]
    fn flags_that_say_everything_need_no_configuration() {
        for access in [
            access(Some("127.0.0.1:1"), Some("/given")),
            access(Some("unix:/run/framme.sock"), None),
        ] {
            assert!(access.service(|| Err::<Configured, ()>(())).is_ok());
        }
        assert!(access(Some("127.0.0.1:1"), None).service(|| Err(())).is_err());
    }

    #[test]
    fn a_flag_goes_before_the_configuration() {
        let (address, trust, organisation) = access(None, Some("/given")).service(configured).unwrap();
        assert_eq!(address.to_string(), "127.0.0.1:7443");
        assert_eq!(trust.unwrap().trust, PathBuf::from("/given"));
        assert!(organisation.is_some());
    }
}
