//! Why a command failed, and with which exit code.

use std::error::Error;

use framme_shared::{
    db::{OpenError, StoreError, sealing::KeyFileError},
    runtime::{
        access::{AccessError, advice, not_reached},
        config::ConfigError,
        evidence::VerifyError,
        exit::Exit,
        telemetry::Causes,
    },
    wire::status::{Received, explain},
};
use tonic::Status;

use crate::{config::InvalidConfig, service::StartError};

/// A failed command.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    /// The configuration breaks a rule.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// The configuration as a whole makes no sense.
    #[error("{0}")]
    InvalidConfig(#[from] InvalidConfig),
    /// Something on the command line, or in a file that it names.
    #[error("{0}")]
    Usage(String),
    /// Where the service is, or who calls.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Evidence cannot be judged.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The service does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys cannot be read.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// The service refused, or could not be reached.
    #[error("{}", describe(.0))]
    Call(Box<Status>),
    /// Nothing is found under the id.
    #[error("{0}")]
    NotFound(String),
    /// Something else.
    #[error("{0}")]
    Failed(String),
}

impl From<Status> for CommandError {
    fn from(status: Status) -> Self {
        Self::Call(Box::new(status))
    }
}

impl CommandError {
    /// The error with its causes.
    pub(super) fn text(&self) -> String {
        let error: &(dyn Error + 'static) = self;
        Causes(error).to_string()
    }

    /// The exit code.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Config(_) | Self::InvalidConfig(_) | Self::Usage(_) | Self::Access(_) | Self::Keys(_) => Exit::Usage,
            Self::Start(
                StartError::Config(_) | StartError::Keys(_) | StartError::WrongKeys(_) | StartError::Directory(_),
            ) => Exit::Usage,
            Self::Store(error) if error.is_unavailable() => Exit::Unavailable,
            Self::Open(OpenError::Connect(_)) => Exit::Unavailable,
            Self::Call(status) => not_reached(status)
                .map_or_else(|| Exit::from_grpc(Received::from_status(status).code), |(_, exit)| exit),
            Self::Verify(error) => error.exit(),
            Self::NotFound(_) => Exit::NotFound,
            Self::Start(_) | Self::Open(_) | Self::Store(_) | Self::Failed(_) => Exit::Failure,
        }
    }
}

/// What happened and, where there is something, what to do.
fn describe(status: &Status) -> String {
    if let Some((text, _)) = not_reached(status) {
        return text;
    }
    let text = explain(status);
    match advice(Received::from_status(status).code) {
        Some(advice) => format!("{text}\n{advice}"),
        None => text,
    }
}
