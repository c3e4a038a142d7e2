//! Submitting a report from a file, with its attachments.

use std::path::{Path, PathBuf};

use clap::Args;
use framme_shared::{
    domain::identity_number::TestNumbers,
    runtime::{
        clock::{Clock as _, SystemClock},
        exit::Exit,
    },
    wire::{
        national::{Document, join},
        pb::{report::Report, sender::SubmitReportRequest},
        report::{Rules, fill_child_ids, to_pb},
    },
};

use super::{Session, json, outcome::CommandError, report::print_state, upload};

#[derive(Debug, Args)]
pub(super) struct Submit {
    /// The report in JSON; "-" for standard input.
    file: PathBuf,
    /// A file to upload first, as ATTACHMENT_ID=PATH; the report must name it. May be given several times.
    #[arg(long = "attachment", value_name = "ID=PATH", value_parser = attachment)]
    attachments: Vec<(String, PathBuf)>,
    /// A national document (bekymringsmelding.offentlig.v2, JSON). The report then holds only what that document
    /// lacks: ids, type and urgency, legal basis, the reporter's unit and police district.
    #[arg(long, value_name = "FILE")]
    national: Option<PathBuf>,
}

fn attachment(text: &str) -> Result<(String, PathBuf), String> {
    let (id, path) = text.split_once('=').ok_or("must be ATTACHMENT_ID=PATH")?;
    Ok((id.to_owned(), PathBuf::from(path)))
}

pub(super) async fn submit(session: &Session, arguments: Submit) -> Result<Exit, CommandError> {
    let report: Report = json::parse("framme.report.v1.Report", &read(&arguments.file)?)?;
    let report = match &arguments.national {
        Some(file) => with_document(report, file)?,
        None => report,
    };
    let mut client = session.client()?;
    for (id, path) in &arguments.attachments {
        upload::upload(&mut client, &report.report_id, id, path).await?;
    }
    let request = SubmitReportRequest { report: Some(report) };
    let answer = client.submit_report(request).await?.into_inner();
    print_state(session, answer.report.as_ref());
    Ok(Exit::Ok)
}

/// The report that a national document and what it lacks make together.
fn with_document(mut rest: Report, file: &Path) -> Result<Report, CommandError> {
    let unusable = |error: &dyn std::fmt::Display| CommandError::Usage(format!("{}: {error}", file.display()));
    let document = Document::from_json(read(file)?.as_bytes()).map_err(|error| unusable(&error))?;
    fill_child_ids(&mut rest);
    // The service decides about test numbers and sizes.
    let rules = Rules {
        now: SystemClock.now(),
        test_numbers: TestNumbers::Accepted,
        max_attachment_bytes: u64::MAX,
    };
    let report = join(&document, rest, &rules).map_err(|violations| unusable(&violations))?;
    Ok(to_pb(&report))
}

fn read(file: &Path) -> Result<String, CommandError> {
    let text = if file == Path::new("-") {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(file)
    };
    text.map_err(|error| CommandError::Usage(format!("{}: {error}", file.display())))
}
