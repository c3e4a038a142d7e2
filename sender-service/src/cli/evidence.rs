//! Evidence: exporting it, and checking it.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use framme_shared::{
    domain::{ids::ReportId, organisation::OrganisationNumber},
    runtime::{
        clock::{Clock as _, SystemClock},
        evidence::VerifyEvidence,
        exit::Exit,
    },
    wire::{
        pb::sender::{EvidencePeriod, ExportEvidenceRequest, export_evidence_request::Scope},
        time::to_pb,
    },
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use tokio::{
    fs::{self, File},
    io::AsyncWriteExt as _,
};

use super::{Session, outcome::CommandError};

#[derive(Debug, Subcommand)]
pub(super) enum EvidenceCommand {
    /// Write evidence of one report, or of what passed between this sender and a receiver in a period, to a file.
    Export(Export),
    /// Check an evidence package, and say who knew what when, what was delivered and what is missing. Needs no
    /// configuration, no database and no network.
    Verify(VerifyEvidence),
}

#[derive(Debug, Args)]
pub(super) struct Export {
    /// One report at all its receivers.
    #[arg(
        long,
        value_name = "REPORT_ID",
        required_unless_present = "receiver",
        conflicts_with = "receiver"
    )]
    report: Option<ReportId>,
    /// What passed between this sender and this receiver.
    #[arg(long, value_name = "ORGANISATION", requires_all = ["from", "until"])]
    receiver: Option<OrganisationNumber>,
    /// The first day of the period, by the clocks of Norway: 2026-03-01.
    #[arg(long, value_name = "DATE", requires = "receiver")]
    from: Option<Date>,
    /// The last day of the period.
    #[arg(long, value_name = "DATE", requires = "receiver")]
    until: Option<Date>,
    /// Where to; must not exist yet.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

pub(super) async fn run(session: &Session, command: EvidenceCommand) -> Result<Exit, CommandError> {
    match command {
        EvidenceCommand::Export(export) => export.run(session).await,
        EvidenceCommand::Verify(verify) => Ok(verify.run(session.json, SystemClock.now())?),
    }
}

impl Export {
    async fn run(&self, session: &Session) -> Result<Exit, CommandError> {
        let request = ExportEvidenceRequest {
            scope: Some(self.scope()?),
        };
        let unwritable = |error: std::io::Error| CommandError::Usage(format!("{}: {error}", self.output.display()));
        let mut file = File::create_new(&self.output).await.map_err(unwritable)?;
        let written = write(session, request, &mut file, &self.output).await;
        if written.is_err() {
            // Half a package is none.
            let _ = fs::remove_file(&self.output).await;
        }
        written.map(|()| Exit::Ok)
    }

    fn scope(&self) -> Result<Scope, CommandError> {
        match (self.report, self.receiver, self.from, self.until) {
            (Some(report), ..) => Ok(Scope::ReportId(report.to_string())),
            (None, Some(receiver), Some(from), Some(until)) => Ok(Scope::Period(EvidencePeriod {
                receiver_organisation_number: receiver.to_string(),
                from_time: Some(to_pb(begin_of(from)?)),
                until_time: Some(to_pb(begin_of(until.tomorrow().map_err(no_day)?)?)),
            })),
            _ => Err(CommandError::Usage(
                "name a report, or a receiver and a period".to_owned(),
            )),
        }
    }
}

async fn write(
    session: &Session,
    request: ExportEvidenceRequest,
    file: &mut File,
    path: &Path,
) -> Result<(), CommandError> {
    let failed = |error: std::io::Error| CommandError::Failed(format!("{}: {error}", path.display()));
    let mut chunks = session.evidence()?.export_evidence(request).await?.into_inner();
    while let Some(message) = chunks.message().await? {
        file.write_all(&message.chunk).await.map_err(failed)?;
    }
    file.sync_all().await.map_err(failed)
}

/// Midnight, as a day begins in Norway.
fn begin_of(day: Date) -> Result<Timestamp, CommandError> {
    let norway = TimeZone::get("Europe/Oslo").map_err(no_day)?;
    Ok(day.to_zoned(norway).map_err(no_day)?.timestamp())
}

fn no_day(error: jiff::Error) -> CommandError {
    CommandError::Usage(error.to_string())
}
