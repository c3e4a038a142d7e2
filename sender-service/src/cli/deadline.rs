//! What somebody must do, until when, and who has been told.

use clap::Subcommand;
use framme_shared::{
    runtime::exit::Exit,
    wire::{
        deadline,
        pb::sender::{
            AcknowledgeDeadlineRequest, GetDeadlineRequest, GetDeadlineResponse, ListDeadlinesRequest,
            ListDeadlinesResponse,
        },
    },
};

use super::{Session, json, outcome::CommandError};

#[derive(Debug, Subcommand)]
pub(super) enum DeadlineCommand {
    /// Every transmission of which a clock runs.
    List {
        /// Only those that are late, the longest first.
        #[arg(long)]
        late: bool,
    },
    /// One transmission, with every step of its escalation.
    Show {
        /// The transmission.
        transmission: String,
    },
    /// Says that you see to a late transmission: the next telling comes later.
    Acknowledge {
        /// The transmission.
        transmission: String,
        /// For how many minutes; the longest that is allowed if left out.
        #[arg(long, default_value_t = 0)]
        minutes: u32,
    },
}

pub(super) async fn run(session: &Session, command: DeadlineCommand) -> Result<Exit, CommandError> {
    match command {
        DeadlineCommand::List { late } => list(session, late).await,
        DeadlineCommand::Show { transmission } => show(session, transmission).await,
        DeadlineCommand::Acknowledge { transmission, minutes } => {
            let request = AcknowledgeDeadlineRequest {
                transmission_id: transmission,
                minutes,
            };
            session.deadlines()?.acknowledge_deadline(request).await?;
            Ok(Exit::Ok)
        }
    }
}

async fn list(session: &Session, late_only: bool) -> Result<Exit, CommandError> {
    let mut client = session.deadlines()?;
    let mut all = ListDeadlinesResponse::default();
    loop {
        let request = ListDeadlinesRequest {
            page_size: 1_000,
            page_token: all.next_page_token,
            late_only,
        };
        let page = client.list_deadlines(request).await?.into_inner();
        all.deadlines.extend(page.deadlines);
        all.next_page_token = page.next_page_token;
        if all.next_page_token.is_empty() {
            break;
        }
    }
    if session.json {
        json::print("framme.sender.v1.ListDeadlinesResponse", &all);
    } else {
        all.deadlines
            .iter()
            .for_each(|found| println!("{}", deadline::line(found)));
    }
    Ok(Exit::Ok)
}

async fn show(session: &Session, transmission_id: String) -> Result<Exit, CommandError> {
    let request = GetDeadlineRequest { transmission_id };
    let answer: GetDeadlineResponse = session.deadlines()?.get_deadline(request).await?.into_inner();
    if session.json {
        json::print("framme.sender.v1.GetDeadlineResponse", &answer);
    } else {
        answer
            .deadline
            .iter()
            .for_each(|found| println!("{}", deadline::line(found)));
        answer
            .steps
            .iter()
            .for_each(|step| println!("{}", deadline::step_line(step)));
    }
    Ok(Exit::Ok)
}
