//! `sender figures export`: the signed figures of a district and a period, as a file.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::Args;
use framme_shared::{
    domain::figures::Figures,
    runtime::exit::Exit,
    wire::pb::sender::{ExportFiguresRequest, ExportFiguresResponse},
};

use super::lines::{Line, More, print_csv, print_text};
use crate::cli::{Session, outcome::CommandError};

#[derive(Debug, Args)]
pub(super) struct Export {
    /// The police district, as in the reports.
    #[arg(long)]
    district: String,
    /// The first day, as 2026-01-01.
    #[arg(long, value_name = "DATE")]
    from: String,
    /// The last day, as 2026-12-31; it is included.
    #[arg(long, value_name = "DATE")]
    until: String,
    /// The signed file. It must not exist yet. Only for the police directorate: see the manual, section Figures.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Print the figures as CSV; with --json, as JSON.
    #[arg(long)]
    csv: bool,
}

pub(super) async fn export(session: &Session, arguments: Export) -> Result<Exit, CommandError> {
    let request = ExportFiguresRequest {
        police_district: arguments.district,
        from_day: arguments.from,
        until_day: arguments.until,
    };
    let answer = session.signed_figures()?.export_figures(request).await?;
    let ExportFiguresResponse { figures: signed } = answer.into_inner();
    let figures = own(&signed)?;
    write_new(&arguments.output, &signed)
        .map_err(|error| CommandError::Failed(format!("{}: {error}", arguments.output.display())))?;
    if session.json {
        let summary = figures
            .summary()
            .map_err(|error| CommandError::Failed(error.to_string()))?;
        println!("{}", String::from_utf8_lossy(&summary));
    } else if arguments.csv {
        print_csv(&lines(&figures))?;
    } else {
        println!("{}, {}", figures.district, figures.period);
        print_text(&lines(&figures));
        for receiver in &figures.known.not_answered_by {
            println!("{receiver} has not answered how many children's cases it did not know");
        }
        println!("{} is signed by {}", arguments.output.display(), figures.sender);
    }
    Ok(Exit::Ok)
}

/// The figures in a text that the own service has just signed.
fn own(signed: &str) -> Result<Figures, CommandError> {
    let unreadable = || CommandError::Failed("the service's answer is no signed text".to_owned());
    let payload = signed.split('.').nth(1).ok_or_else(unreadable)?;
    let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| unreadable())?;
    Figures::from_payload(&payload).map_err(|error| CommandError::Failed(error.to_string()))
}

/// The file says more than the figures do, so only its owner reads it.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn lines(figures: &Figures) -> Vec<Line> {
    let whole = Line {
        group: "district",
        name: figures.district.clone(),
        counts: figures.totals,
        more: Some(More {
            late: figures.late,
            by_letter: figures.by_letter,
            to_assigned: figures.to_assigned,
            answered: figures.known.answered,
            not_known: figures.known.not_known,
            receivers_without_answer: figures.known.not_answered_by.len() as u64,
        }),
    };
    let types = figures.types.iter().map(|(of, counts)| part("type", of, counts));
    let urgencies = figures.urgencies.iter().map(|(of, counts)| part("urgency", of, counts));
    [whole].into_iter().chain(types).chain(urgencies).collect()
}

/// A type or an urgency.
pub(super) fn part(group: &'static str, of: &impl ToString, counts: &framme_shared::domain::figures::Counts) -> Line {
    Line {
        group,
        name: of.to_string(),
        counts: *counts,
        more: None,
    }
}
