//! What went wrong, for people on standard error and for scripts as an exit code.

use anyhow::Error;
use framme_shared::{
    db::{OpenError, StoreError},
    runtime::{
        config::ConfigError,
        connect::{CallFailure, classify},
        exit::Exit,
    },
    wire::status::Received,
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
            eprintln!("error: {error:#}");
            exit_of(error)
        }
    }
}

fn report_status(status: &Status) -> Exit {
    match classify(status) {
        CallFailure::Certificate(fault) => {
            eprintln!("error: the service's certificate or ours is refused ({})", fault.code());
            Exit::Failure
        }
        CallFailure::Unavailable => {
            eprintln!("error: the service cannot be reached: does it run, and is local.address right?");
            Exit::Unavailable
        }
        CallFailure::Answered(_) => {
            let received = Received::from_status(status);
            let reason = received.reason.map_or("no reason", |reason| reason.as_str_name());
            eprintln!(
                "error: {} ({})",
                status.message(),
                reason.trim_start_matches("ERROR_REASON_")
            );
            for (field, rule) in &received.violations {
                eprintln!("  {field}: {rule}");
            }
            for (name, value) in &received.metadata {
                eprintln!("  {name}: {value}");
            }
            Exit::from_grpc(received.code)
        }
    }
}

fn exit_of(error: &Error) -> Exit {
    if error.is::<Usage>() || error.is::<ConfigError>() || error.is::<InvalidConfig>() {
        return Exit::Usage;
    }
    match error.downcast_ref::<StartError>() {
        Some(StartError::Config(_)) => return Exit::Usage,
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
