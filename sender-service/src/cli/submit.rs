//! Submitting a report from a file, with its attachments.

use std::path::{Path, PathBuf};

use clap::Args;
use framme_shared::{
    runtime::exit::Exit,
    wire::pb::{report::Report, sender::SubmitReportRequest},
};

use super::{Session, json, outcome::CommandError, report::print_state, upload};

#[derive(Debug, Args)]
pub(super) struct Submit {
    /// The report in JSON; "-" for standard input.
    file: PathBuf,
    /// A file to upload first, as ATTACHMENT_ID=PATH; the report must name it. May be given several times.
    #[arg(long = "attachment", value_name = "ID=PATH", value_parser = attachment)]
    attachments: Vec<(String, PathBuf)>,
}

fn attachment(text: &str) -> Result<(String, PathBuf), String> {
    let (id, path) = text.split_once('=').ok_or("must be ATTACHMENT_ID=PATH")?;
    Ok((id.to_owned(), PathBuf::from(path)))
}

pub(super) async fn submit(session: &Session, arguments: Submit) -> Result<Exit, CommandError> {
    let report: Report = json::parse("framme.report.v1.Report", &read(&arguments.file)?)?;
    let mut client = session.client()?;
    for (id, path) in &arguments.attachments {
        upload::upload(&mut client, &report.report_id, id, path).await?;
    }
    let request = SubmitReportRequest { report: Some(report) };
    let answer = client.submit_report(request).await?.into_inner();
    print_state(session, answer.report.as_ref());
    Ok(Exit::Ok)
}

fn read(file: &Path) -> Result<String, CommandError> {
    let text = if file == Path::new("-") {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(file)
    };
    text.map_err(|error| CommandError::Usage(format!("{}: {error}", file.display())))
}
