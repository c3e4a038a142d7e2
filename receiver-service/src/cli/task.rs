//! `receiver task …`.

use clap::Subcommand;
use framme_shared::{
    runtime::exit::Exit,
    wire::{
        pb::receiver::{CloseTaskRequest, ListTasksRequest, ListTasksResponse},
        task,
    },
};

use super::{Common, client, output};

/// What people must look at.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// What is open, oldest first.
    List {
        /// Also what has ended.
        #[arg(long)]
        all: bool,
    },
    /// Says that you have dealt with a task.
    Close {
        /// Its number.
        number: u64,
    },
}

impl Task {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<Exit> {
        match self {
            Self::List { all } => list(common, all).await,
            Self::Close { number } => {
                client::tasks(common)?.close_task(CloseTaskRequest { number }).await?;
                Ok(Exit::Ok)
            }
        }
    }
}

async fn list(common: &Common, include_closed: bool) -> anyhow::Result<Exit> {
    let mut client = client::tasks(common)?;
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
    output::message(common.json, "framme.receiver.v1.ListTasksResponse", &all, || {
        all.tasks.iter().map(task::line).collect()
    });
    Ok(Exit::Ok)
}
