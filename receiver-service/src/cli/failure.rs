//! What went wrong, for people on standard error and for scripts as an exit code.

use anyhow::Error;
use framme_shared::{
    db::{OpenError, StoreError, sealing::KeyFileError},
    runtime::{
        access::{AccessError, advice, not_reached},
        config::ConfigError,
        evidence::VerifyError,
        exit::Exit,
    },
    wire::status::{Received, explain},
};
use tonic::Status;

use crate::{config::InvalidConfig, error::Refusal, service::StartError};

/// Wrong use that clap cannot see.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Usage(pub(super) String);

/// Prints an error with its causes and gives its exit code.
#[must_use]
pub fn report(error: &Error) -> Exit {
    match error.downcast_ref::<Status>() {
        Some(status) => report_status(status),
        None => {
            eprintln!("receiver: {error:#}");
            exit_of(error)
        }
    }
}

fn report_status(status: &Status) -> Exit {
    if let Some((text, exit)) = not_reached(status) {
        eprintln!("receiver: {text}");
        return exit;
    }
    let code = Received::from_status(status).code;
    eprintln!("receiver: {}", explain(status));
    if let Some(advice) = advice(code) {
        eprintln!("{advice}");
    }
    Exit::from_grpc(code)
}

fn exit_of(error: &Error) -> Exit {
    if error.is::<Usage>()
        || error.is::<AccessError>()
        || error.is::<ConfigError>()
        || error.is::<InvalidConfig>()
        || error.is::<KeyFileError>()
    {
        return Exit::Usage;
    }
    if let Some(error) = error.downcast_ref::<VerifyError>() {
        return error.exit();
    }
    match error.downcast_ref::<StartError>() {
        Some(StartError::Config(_) | StartError::Keys(_) | StartError::WrongKeys(_)) => return Exit::Usage,
        Some(StartError::Database(OpenError::Connect(_))) => return Exit::Unavailable,
        Some(_) => return Exit::Failure,
        None => {}
    }
    match (error.downcast_ref::<Refusal>(), error.downcast_ref::<OpenError>()) {
        (Some(Refusal::Rule(_)), _) => Exit::Refused,
        (Some(Refusal::Store(error)), _) if error.is_unavailable() => Exit::Unavailable,
        (_, Some(OpenError::Connect(_))) => Exit::Unavailable,
        _ if error
            .downcast_ref::<StoreError>()
            .is_some_and(StoreError::is_unavailable) =>
        {
            Exit::Unavailable
        }
        _ => Exit::Failure,
    }
}
