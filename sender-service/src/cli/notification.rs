//! `sender notification`.

use std::sync::Arc;

use clap::Subcommand;
use framme_shared::{
    domain::notice::ContactName,
    runtime::{clock::SystemClock, exit::Exit, random::OsRandom},
    workers::notification::{TrialError, try_contact},
};
use serde_json::json;

use super::{Session, outcome::CommandError};
use crate::config::InvalidConfig;

#[derive(Debug, Subcommand)]
pub(super) enum NotificationCommand {
    /// Send a message that says that it is a test, as the service would send, and say what came of it.
    Test {
        /// The contact's name in the configuration.
        name: ContactName,
    },
}

pub(super) async fn run(session: &Session, command: NotificationCommand) -> Result<Exit, CommandError> {
    let NotificationCommand::Test { name } = command;
    let config = session.config()?;
    let notification = config.notification.checked(&config.contacts);
    let notification = notification.map_err(InvalidConfig::from)?;
    let tried = try_contact(&notification, &name, Arc::new(SystemClock), &OsRandom).await;
    let trial = tried.map_err(|error| match error {
        TrialError::NoContact(_) => CommandError::NotFound(error.to_string()),
        TrialError::Courier(error) => CommandError::Start(error.into()),
    })?;
    if session.json {
        let failure = trial.0.err().map(|failure| failure.as_str());
        println!("{:#}", json!({ "is_taken": trial.0.is_ok(), "failure": failure }));
    } else {
        println!("{}", trial.words());
    }
    Ok(trial.exit())
}
