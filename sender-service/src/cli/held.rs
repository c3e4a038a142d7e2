//! Whether receivers still hold what they have confirmed, and software of theirs that is faulty.

use clap::Args;
use framme_shared::{
    domain::{ids::ReportId, organisation::OrganisationNumber, staff_id::StaffId},
    runtime::exit::Exit,
    wire::{
        pb::sender::{
            AskHeldRequest, ListConfirmationsRequest, MarkFaultySoftwareRequest, ReceiverConfirmations,
            UnmarkFaultySoftwareRequest,
        },
        time::{from_pb, to_pb},
    },
};
use jiff::{Timestamp, civil::Date};

use super::{Session, json, outcome::CommandError};

/// Days of reports are days in Norway.
const ZONE: &str = "Europe/Oslo";

#[derive(Debug, Args)]
pub(super) struct ConfirmHeld {
    /// The receiver's organisation number.
    organisation: OrganisationNumber,
    /// Only about this report.
    #[arg(long, value_name = "ID")]
    report: Option<ReportId>,
}

#[derive(Debug, Args)]
pub(super) struct Software {
    /// The receiver's organisation number.
    organisation: OrganisationNumber,
    /// The product, as its receipts name it.
    #[arg(long = "software", value_name = "NAME")]
    name: String,
    /// Its version.
    #[arg(long)]
    version: String,
    /// Who says so, by role-scoped id.
    #[arg(long, value_name = "STAFF-ID")]
    by: StaffId,
}

#[derive(Debug, Args)]
pub(super) struct MarkFaulty {
    #[command(flatten)]
    software: Software,
    /// From the beginning of this day on, in Norway: 2026-03-01.
    #[arg(long, value_name = "DATE")]
    since: Date,
}

#[derive(Debug, Args)]
pub(super) struct UnmarkFaulty {
    #[command(flatten)]
    software: Software,
}

pub(super) async fn held(session: &Session) -> Result<Exit, CommandError> {
    let answer = session
        .confirmations()?
        .list_confirmations(ListConfirmationsRequest {})
        .await?
        .into_inner();
    if session.json {
        json::print("framme.sender.v1.ListConfirmationsResponse", &answer);
        return Ok(Exit::Ok);
    }
    println!(
        "{:<10} {:>9} {:>8} {:>8}  due since",
        "receiver", "asked for", "due", "in doubt"
    );
    answer.receivers.iter().for_each(show);
    Ok(Exit::Ok)
}

fn show(receiver: &ReceiverConfirmations) {
    let time = |time: Option<_>| {
        let read = time.as_ref().and_then(|time| from_pb(time).ok());
        read.map_or_else(String::new, |time: Timestamp| time.to_string())
    };
    println!(
        "{:<10} {:>9} {:>8} {:>8}  {}",
        receiver.organisation_number,
        receiver.asked_for,
        receiver.due,
        receiver.in_doubt,
        time(receiver.due_since_time)
    );
    for mark in &receiver.faulty_software {
        println!(
            "  faulty: {} {} since {}, marked by {}; {} transmissions are being asked for",
            mark.name,
            mark.version,
            time(mark.since_time),
            mark.marked_by,
            mark.being_asked
        );
    }
    for doubtful in &receiver.doubtful {
        println!(
            "  in doubt: transmission {} ({})",
            doubtful.transmission_id, doubtful.finding
        );
    }
}

pub(super) async fn confirm_held(session: &Session, command: ConfirmHeld) -> Result<Exit, CommandError> {
    let request = AskHeldRequest {
        organisation_number: command.organisation.to_string(),
        report_id: command.report.map(|report| report.to_string()).unwrap_or_default(),
    };
    let answer = session.confirmations()?.ask_held(request).await?.into_inner();
    if session.json {
        json::print("framme.sender.v1.AskHeldResponse", &answer);
    } else {
        let (receiver, count) = (command.organisation, answer.transmissions);
        println!("{receiver} is asked about {count} transmissions; see `sender receiver held`.");
    }
    Ok(Exit::Ok)
}

pub(super) async fn mark_faulty(session: &Session, command: MarkFaulty) -> Result<Exit, CommandError> {
    let since = command
        .since
        .in_tz(ZONE)
        .map_err(|error| CommandError::Usage(error.to_string()))?;
    let MarkFaulty { software, .. } = command;
    let request = MarkFaultySoftwareRequest {
        organisation_number: software.organisation.to_string(),
        name: software.name.clone(),
        version: software.version.clone(),
        since_time: Some(to_pb(since.timestamp())),
        marked_by: software.by.to_string(),
    };
    session.confirmations()?.mark_faulty_software(request).await?;
    if !session.json {
        println!(
            "What {} {} of {} has receipted since {since} is asked for again; see `sender receiver held`.",
            software.name, software.version, software.organisation
        );
    }
    Ok(Exit::Ok)
}

pub(super) async fn unmark_faulty(session: &Session, command: UnmarkFaulty) -> Result<Exit, CommandError> {
    let UnmarkFaulty { software } = command;
    let request = UnmarkFaultySoftwareRequest {
        organisation_number: software.organisation.to_string(),
        name: software.name,
        version: software.version,
        unmarked_by: software.by.to_string(),
    };
    session.confirmations()?.unmark_faulty_software(request).await?;
    Ok(Exit::Ok)
}
