//! `receiver notification`.

use clap::Subcommand;
use framme_shared::{
    domain::notice::ContactName,
    runtime::{exit::Exit, random::OsRandom},
    workers::notification::{TrialError, try_contact},
};
use serde_json::json;

use super::{
    Common, output,
    setup::{clock, configuration},
};
use crate::{StartError, config::InvalidConfig};

/// Who is told.
#[derive(Debug, Subcommand)]
pub enum NotificationCommand {
    /// Sends a message that says that it is a test, as the service would send, and says what came of it.
    Test {
        /// The contact's name in the configuration.
        name: ContactName,
    },
}

impl NotificationCommand {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<Exit> {
        let Self::Test { name } = self;
        let config = configuration(common)?;
        let notification = config.notification.checked(&config.contacts);
        let notification = notification.map_err(InvalidConfig::from)?;
        let trial = match try_contact(&notification, &name, clock(), &OsRandom).await {
            Ok(trial) => trial,
            Err(error @ TrialError::NoContact(_)) => {
                eprintln!("receiver: {error}");
                return Ok(Exit::NotFound);
            }
            Err(TrialError::Courier(error)) => return Err(StartError::from(error).into()),
        };
        let failure = trial.0.err().map(|failure| failure.as_str());
        let value = json!({ "is_taken": trial.0.is_ok(), "failure": failure });
        output::print(common.json, &value, || vec![trial.words()]);
        Ok(trial.exit())
    }
}
