//! Files that were uploaded for reports that nobody submitted: showing and removing them, on the database directly.

use std::sync::Arc;

use clap::{Args, Subcommand};
use framme_shared::{
    db::{Database, StoreError},
    domain::staff_id::StaffId,
    runtime::{
        clock::{Clock as _, SystemClock},
        exit::Exit,
    },
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{Session, outcome::CommandError};
use crate::{
    service::open_database,
    store::unsubmitted::{self, UnsubmittedFile},
    submission::unsubmitted::RemoveUnsubmitted,
};

/// Files read at once.
const PAGE: i64 = 500;

#[derive(Debug, Subcommand)]
pub(super) enum AttachmentCommand {
    /// Files that were uploaded for reports that were never submitted. Works on the database directly.
    ListUnsubmitted(Rested),
    /// Remove those files. The ledger says who removed which; a report that is submitted meanwhile keeps its own.
    RemoveUnsubmitted {
        #[command(flatten)]
        rested: Rested,
        /// Who removes them: your role-scoped staff id, for the ledger.
        #[arg(long, value_name = "STAFF_ID")]
        by: StaffId,
        /// Really. Without it the files are only listed.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct Rested {
    /// Only of reports for which nothing was uploaded for so many days.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i64).range(1..=3_650))]
    older_than_days: i64,
}

impl Rested {
    fn before(&self) -> Timestamp {
        let rested = SignedDuration::from_hours(24 * self.older_than_days);
        SystemClock.now().saturating_sub(rested).unwrap_or(Timestamp::MIN)
    }
}

pub(super) async fn run(session: &Session, command: AttachmentCommand) -> Result<Exit, CommandError> {
    let database = open_database(&session.config()?, Arc::new(SystemClock)).await?;
    let result = match command {
        AttachmentCommand::ListUnsubmitted(rested) => list(session, &database, rested.before()).await,
        AttachmentCommand::RemoveUnsubmitted { rested, by, yes } if yes => {
            remove(session, &database, rested.before(), &by).await
        }
        AttachmentCommand::RemoveUnsubmitted { rested, .. } => {
            list(session, &database, rested.before()).await?;
            Err(CommandError::Usage(
                "nothing was removed: repeat it with --yes to remove these".to_owned(),
            ))
        }
    };
    database.close().await;
    result
}

async fn list(session: &Session, database: &Database, before: Timestamp) -> Result<Exit, CommandError> {
    let mut page = next(database, before, None).await?;
    while let Some(last) = page.last().cloned() {
        page.iter().for_each(|file| print(session, file));
        page = next(database, before, Some(&last)).await?;
    }
    Ok(Exit::Ok)
}

/// One file per change, so that the service's own changes wait for one file at most.
async fn remove(session: &Session, database: &Database, before: Timestamp, by: &StaffId) -> Result<Exit, CommandError> {
    let mut removed = 0_u64;
    let mut page = next(database, before, None).await?;
    while let Some(last) = page.last().cloned() {
        for file in page {
            let change = RemoveUnsubmitted {
                report: file.report,
                attachment: file.attachment,
                before,
                by: by.clone(),
            };
            if database.change(change).await? {
                removed += 1;
                print(session, &file);
            }
        }
        page = next(database, before, Some(&last)).await?;
    }
    if !session.json {
        println!("{removed} files are removed.");
    }
    Ok(Exit::Ok)
}

async fn next(
    database: &Database,
    before: Timestamp,
    last: Option<&UnsubmittedFile>,
) -> Result<Vec<UnsubmittedFile>, StoreError> {
    let after = last.map(|last| (last.report, last.attachment));
    unsubmitted::list_after(database.reader(), before, after, PAGE).await
}

fn print(session: &Session, file: &UnsubmittedFile) {
    let UnsubmittedFile {
        report,
        attachment,
        size_bytes,
        committed_bytes,
        written_at,
    } = file;
    if session.json {
        let line = json!({
            "report_id": report,
            "attachment_id": attachment,
            "size_bytes": size_bytes.to_string(),
            "committed_bytes": committed_bytes.to_string(),
            "write_time": written_at,
        });
        println!("{line}");
    } else {
        println!("{report}  {attachment}  {committed_bytes:>12} of {size_bytes} bytes, last written {written_at}");
    }
}
