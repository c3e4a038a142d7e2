//! What people must look at.

use clap::Subcommand;
use framme_shared::{
    runtime::exit::Exit,
    wire::{
        pb::sender::{CloseTaskRequest, ListTasksRequest, ListTasksResponse},
        task,
    },
};

use super::{Session, json, outcome::CommandError};

#[derive(Debug, Subcommand)]
pub(super) enum TaskCommand {
    /// What is open, oldest first.
    List {
        /// Also what has ended.
        #[arg(long)]
        all: bool,
    },
    /// Say that you have dealt with a task.
    Close {
        /// Its number.
        number: u64,
    },
}

pub(super) async fn run(session: &Session, command: TaskCommand) -> Result<Exit, CommandError> {
    match command {
        TaskCommand::List { all } => list(session, all).await,
        TaskCommand::Close { number } => {
            session.tasks()?.close_task(CloseTaskRequest { number }).await?;
            Ok(Exit::Ok)
        }
    }
}

async fn list(session: &Session, include_closed: bool) -> Result<Exit, CommandError> {
    let mut client = session.tasks()?;
    let mut all = ListTasksResponse::default();
    loop {
        let request = ListTasksRequest {
            page_size: 1_000,
            page_token: all.next_page_token,
            include_closed,
        };
        let page = client.list_tasks(request).await?.into_inner();
        all.tasks.extend(page.tasks);
        all.next_page_token = page.next_page_token;
        if all.next_page_token.is_empty() {
            break;
        }
    }
    if session.json {
        json::print("framme.sender.v1.ListTasksResponse", &all);
    } else {
        all.tasks.iter().for_each(|found| println!("{}", task::line(found)));
    }
    Ok(Exit::Ok)
}
