//! Receivers: the state of the exchange, and believing one again.

use std::sync::Arc;

use clap::Subcommand;
use framme_shared::{
    domain::organisation::OrganisationNumber,
    runtime::{clock::SystemClock, exit::Exit},
    wire::pb::sender::ListReceiversRequest,
};

use super::{Session, json, outcome::CommandError};
use crate::{service::open_database, tracking::TrustReceiver};

#[derive(Debug, Subcommand)]
pub(super) enum ReceiverCommand {
    /// All receivers: numbers, last contact, faults.
    List,
    /// Believe a receiver again, after a person has looked. Works on the database directly.
    Trust {
        /// Its organisation number.
        organisation: OrganisationNumber,
    },
}

pub(super) async fn run(session: &Session, command: ReceiverCommand) -> Result<Exit, CommandError> {
    match command {
        ReceiverCommand::List => list(session).await,
        ReceiverCommand::Trust { organisation } => trust(session, organisation).await,
    }
}

async fn list(session: &Session) -> Result<Exit, CommandError> {
    let answer = session
        .client()?
        .list_receivers(ListReceiversRequest {})
        .await?
        .into_inner();
    if session.json {
        json::print("framme.sender.v1.ListReceiversResponse", &answer);
        return Ok(Exit::Ok);
    }
    println!(
        "{:<10} {:>8} {:>9} {:>9} {:>10}  fault",
        "receiver", "waiting", "sent", "receipts", "confirmed"
    );
    for receiver in &answer.receivers {
        println!(
            "{:<10} {:>8} {:>9} {:>9} {:>10}  {}",
            receiver.organisation_number,
            receiver.waiting,
            receiver.last_transmission_sequence,
            receiver.last_receipt_sequence,
            receiver.confirmed_receipt_sequence,
            receiver.distrusted_reason
        );
    }
    Ok(Exit::Ok)
}

async fn trust(session: &Session, receiver: OrganisationNumber) -> Result<Exit, CommandError> {
    let database = open_database(&session.config()?, Arc::new(SystemClock)).await?;
    let by = "administrator".to_owned();
    let cleared = database.change(TrustReceiver { receiver, by }).await?;
    database.close().await;
    if cleared {
        println!("{receiver} is believed again; its receipts are read on from the last that held.");
        Ok(Exit::Ok)
    } else {
        Err(CommandError::NotFound(format!("{receiver} is not distrusted")))
    }
}
