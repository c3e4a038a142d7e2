//! Comparisons with receivers: start one, list, show, and export what both sides signed.

use std::path::PathBuf;

use clap::Subcommand;
use framme_shared::{
    domain::{ids::RequestId, organisation::OrganisationNumber},
    runtime::{
        exit::Exit,
        random::{OsRandom, Random as _},
    },
    wire::pb::sender::{
        GetReconciliationRequest, GetReconciliationResponse, ListReconciliationsRequest, ReconciliationState,
        StartReconciliationRequest,
    },
};
use jiff::civil::Date;

use super::{Session, json, outcome::CommandError};

#[derive(Debug, Subcommand)]
pub(super) enum ReconciliationCommand {
    /// Compare with a receiver now, beside the comparisons of every night. Prints the id.
    Start {
        /// Organisation number of the receiver.
        #[arg(long)]
        receiver: OrganisationNumber,
        /// Only reports submitted on this day or later, YYYY-MM-DD.
        #[arg(long)]
        from: Option<Date>,
        /// Only reports submitted on this day or before, YYYY-MM-DD.
        #[arg(long)]
        until: Option<Date>,
        /// The same in every repetition of the same request; made anew if left out.
        #[arg(long)]
        request_id: Option<RequestId>,
    },
    /// List comparisons, newest first.
    List {
        /// Only with this receiver.
        #[arg(long)]
        receiver: Option<OrganisationNumber>,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
    },
    /// Show what a comparison came to.
    Show {
        /// Which.
        reconciliation_id: RequestId,
    },
    /// Write what both sides signed to two files: ID.sender.jws and ID.receiver.jws.
    Export {
        /// Which.
        reconciliation_id: RequestId,
        /// Where to; must exist.
        #[arg(long, default_value = ".", value_name = "DIR")]
        directory: PathBuf,
    },
}

pub(super) async fn run(session: &Session, command: ReconciliationCommand) -> Result<Exit, CommandError> {
    match command {
        ReconciliationCommand::Start {
            receiver,
            from,
            until,
            request_id,
        } => start(session, receiver, (from, until), request_id).await,
        ReconciliationCommand::List { receiver, limit } => list(session, receiver, limit).await,
        ReconciliationCommand::Show { reconciliation_id } => show(session, &reconciliation_id).await,
        ReconciliationCommand::Export {
            reconciliation_id,
            directory,
        } => export(session, &reconciliation_id, directory).await,
    }
}

async fn start(
    session: &Session,
    receiver: OrganisationNumber,
    (from, until): (Option<Date>, Option<Date>),
    request_id: Option<RequestId>,
) -> Result<Exit, CommandError> {
    let text = |date: Option<Date>| date.map(|date| date.to_string()).unwrap_or_default();
    let request_id = request_id.map_or_else(|| OsRandom.new_uuid().to_string(), |id| id.to_string());
    let request = StartReconciliationRequest {
        request_id,
        receiver_organisation_number: receiver.to_string(),
        from_date: text(from),
        until_date: text(until),
    };
    let answer = session.client()?.start_reconciliation(request).await?.into_inner();
    if session.json {
        json::print("framme.sender.v1.StartReconciliationResponse", &answer);
    } else {
        println!("{}", answer.reconciliation.unwrap_or_default().reconciliation_id);
    }
    Ok(Exit::Ok)
}

async fn list(session: &Session, receiver: Option<OrganisationNumber>, limit: u32) -> Result<Exit, CommandError> {
    let request = ListReconciliationsRequest {
        page_size: limit,
        page_token: String::new(),
        receiver_organisation_number: receiver.map(|number| number.to_string()).unwrap_or_default(),
    };
    let answer = session.client()?.list_reconciliations(request).await?.into_inner();
    if session.json {
        json::print("framme.sender.v1.ListReconciliationsResponse", &answer);
        return Ok(Exit::Ok);
    }
    println!(
        "{:<36} {:<10} {:<20} {:>9} {:>9} {:>11}  state",
        "id", "receiver", "occasion", "sent", "matched", "differences"
    );
    for one in &answer.reconciliations {
        println!(
            "{:<36} {:<10} {:<20.20} {:>9} {:>9} {:>11}  {}",
            one.reconciliation_id,
            one.receiver_organisation_number,
            one.occasion,
            one.sender_entries,
            one.matched,
            one.differences,
            standing(one)
        );
    }
    Ok(Exit::Ok)
}

fn standing(one: &ReconciliationState) -> String {
    match (&one.ended_time, one.last_failure.as_str()) {
        (Some(_), _) if !one.complete => "ended, more to look into".to_owned(),
        (Some(_), _) => "ended".to_owned(),
        (None, "") => "waiting".to_owned(),
        (None, failure) => format!("waiting after {} attempts: {failure}", one.attempts),
    }
}

async fn get(session: &Session, id: &RequestId) -> Result<GetReconciliationResponse, CommandError> {
    let request = GetReconciliationRequest {
        reconciliation_id: id.to_string(),
    };
    Ok(session.client()?.get_reconciliation(request).await?.into_inner())
}

async fn show(session: &Session, id: &RequestId) -> Result<Exit, CommandError> {
    let answer = get(session, id).await?;
    if session.json {
        json::print("framme.sender.v1.GetReconciliationResponse", &answer);
        return Ok(Exit::Ok);
    }
    let one = answer.reconciliation.unwrap_or_default();
    println!(
        "{} with {}: {}",
        one.occasion,
        one.receiver_organisation_number,
        standing(&one)
    );
    if one.ended_time.is_none() {
        return Ok(Exit::Ok);
    }
    println!(
        "{} sent, {} at the receiver, {} match; {} bytes moved",
        one.sender_entries, one.receiver_entries, one.matched, one.bytes_moved
    );
    for difference in &answer.differences {
        println!(
            "{:>10}  {:<28} {:<18} {}",
            difference.sequence, difference.class, difference.remedy, difference.transmission_id
        );
    }
    Ok(Exit::Ok)
}

async fn export(session: &Session, id: &RequestId, directory: PathBuf) -> Result<Exit, CommandError> {
    let answer = get(session, id).await?;
    if answer.receiver_result.is_empty() {
        return Err(CommandError::NotFound(format!(
            "{id} has not ended, and nothing is signed"
        )));
    }
    for (side, result) in [("sender", &answer.sender_result), ("receiver", &answer.receiver_result)] {
        let path = directory.join(format!("{id}.{side}.jws"));
        std::fs::write(&path, result)
            .map_err(|error| CommandError::Failed(format!("{} cannot be written: {error}", path.display())))?;
        println!("{}", path.display());
    }
    Ok(Exit::Ok)
}
