//! Receivers: the state of the exchange, and believing one again.

use std::sync::Arc;

use clap::Subcommand;
use framme_shared::{
    domain::{organisation::OrganisationNumber, staff_id::StaffId},
    runtime::{clock::SystemClock, exit::Exit},
    wire::pb::sender::ListReceiversRequest,
};

use super::{Session, held, json, outcome::CommandError, readiness};
use crate::{recovery::AllowTakingBack, service::open_database, tracking::TrustReceiver};

#[derive(Debug, Subcommand)]
pub(super) enum ReceiverCommand {
    /// All receivers: numbers, last contact, faults.
    List,
    /// Whether somebody at each receiver could open a report now, and what is wrong.
    Readiness {
        /// Only this one.
        organisation: Option<OrganisationNumber>,
    },
    /// Send a drill to a receiver: a report about nobody that somebody there must assign.
    Drill(readiness::Drill),
    /// Whether receivers still hold what they have confirmed: what is asked for, what is in doubt, faulty software.
    Held,
    /// Ask a receiver now whether it still holds what it has confirmed.
    ConfirmHeld(held::ConfirmHeld),
    /// Ask again for everything that a version of a receiver's software has receipted.
    MarkFaulty(held::MarkFaulty),
    /// Take such a mark away.
    UnmarkFaulty(held::UnmarkFaulty),
    /// Say that this database was restored from a backup: what a receiver holds of the time since is taken back from it.
    /// Works on the database directly.
    TakeBack {
        /// Its organisation number.
        organisation: OrganisationNumber,
        /// Who says so, by role-scoped staff id.
        #[arg(long)]
        by: StaffId,
    },
    /// Believe a receiver again, after a person has looked. Works on the database directly.
    Trust {
        /// Its organisation number.
        organisation: OrganisationNumber,
    },
}

pub(super) async fn run(session: &Session, command: ReceiverCommand) -> Result<Exit, CommandError> {
    match command {
        ReceiverCommand::List => list(session).await,
        ReceiverCommand::Readiness { organisation } => readiness::show(session, organisation).await,
        ReceiverCommand::Drill(command) => readiness::drill(session, command).await,
        ReceiverCommand::Held => held::held(session).await,
        ReceiverCommand::ConfirmHeld(command) => held::confirm_held(session, command).await,
        ReceiverCommand::MarkFaulty(command) => held::mark_faulty(session, command).await,
        ReceiverCommand::UnmarkFaulty(command) => held::unmark_faulty(session, command).await,
        ReceiverCommand::TakeBack { organisation, by } => take_back(session, organisation, &by).await,
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

async fn take_back(session: &Session, receiver: OrganisationNumber, by: &StaffId) -> Result<Exit, CommandError> {
    let database = open_database(&session.config()?, Arc::new(SystemClock)).await?;
    let allow = AllowTakingBack {
        receivers: vec![receiver],
        by: by.to_string(),
    };
    let known = database.change(allow).await?;
    database.close().await;
    if known == 0 {
        return Err(CommandError::NotFound(format!(
            "{receiver} is no receiver of this sender"
        )));
    }
    println!("What {receiver} holds and this database does not is taken back at the next contact.");
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
