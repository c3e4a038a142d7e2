//! `receiver deadline …`.

use clap::Subcommand;
use framme_shared::{
    runtime::exit::Exit,
    wire::{
        deadline,
        pb::receiver::{
            AcknowledgeDeadlineRequest, GetDeadlineRequest, GetDeadlineResponse, ListDeadlinesRequest,
            ListDeadlinesResponse,
        },
    },
};

use super::{Common, client, output};

/// What somebody must do, until when, and who has been told.
#[derive(Debug, Subcommand)]
pub enum Deadline {
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

impl Deadline {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<Exit> {
        match self {
            Self::List { late } => list(common, late).await,
            Self::Show { transmission } => show(common, transmission).await,
            Self::Acknowledge { transmission, minutes } => {
                let request = AcknowledgeDeadlineRequest {
                    transmission_id: transmission,
                    minutes,
                };
                client::deadlines(common)?.acknowledge_deadline(request).await?;
                Ok(Exit::Ok)
            }
        }
    }
}

async fn list(common: &Common, late_only: bool) -> anyhow::Result<Exit> {
    let mut client = client::deadlines(common)?;
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
    output::message(common.json, "framme.receiver.v1.ListDeadlinesResponse", &all, || {
        all.deadlines.iter().map(deadline::line).collect()
    });
    Ok(Exit::Ok)
}

async fn show(common: &Common, transmission_id: String) -> anyhow::Result<Exit> {
    let request = GetDeadlineRequest { transmission_id };
    let answer: GetDeadlineResponse = client::deadlines(common)?.get_deadline(request).await?.into_inner();
    output::message(common.json, "framme.receiver.v1.GetDeadlineResponse", &answer, || {
        let steps = answer.steps.iter().map(deadline::step_line);
        answer.deadline.iter().map(deadline::line).chain(steps).collect()
    });
    Ok(Exit::Ok)
}
