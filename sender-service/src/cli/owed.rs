//! What receivers owe about children that they have.

use clap::Args;
use framme_shared::{
    runtime::exit::Exit,
    wire::{
        pb::{
            report::Duty,
            sender::{ListOwedFeedbackRequest, ListOwedFeedbackResponse, OwedFeedback},
        },
        time::from_pb,
    },
};

use super::{Session, json, outcome::CommandError};

/// Options of `owed`.
#[derive(Debug, Args)]
pub(super) struct Owed {
    /// Only what is late.
    #[arg(long)]
    late: bool,
}

pub(super) async fn run(session: &Session, owed: Owed) -> Result<Exit, CommandError> {
    let mut client = session.client()?;
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListOwedFeedbackRequest {
            page_size: 1_000,
            page_token,
            late_only: owed.late,
        };
        let page = client.list_owed_feedback(request).await?.into_inner();
        all.extend(page.owed);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    if session.json {
        let all = ListOwedFeedbackResponse {
            owed: all,
            next_page_token: String::new(),
        };
        json::print("framme.sender.v1.ListOwedFeedbackResponse", &all);
        return Ok(Exit::Ok);
    }
    if all.is_empty() {
        println!("nothing");
    }
    for owed in &all {
        println!("{}", line(owed));
    }
    Ok(Exit::Ok)
}

fn line(owed: &OwedFeedback) -> String {
    let duty = Duty::try_from(owed.duty).unwrap_or_default().as_str_name();
    let duty = duty.trim_start_matches("DUTY_").to_lowercase();
    let due = owed.due_time.as_ref().and_then(|due| from_pb(due).ok());
    let due = due.map(|due| due.to_string()).unwrap_or_default();
    let due = if owed.late {
        format!("LATE since {due}")
    } else {
        format!("until {due}")
    };
    let receiver = &owed.receiver_organisation_number;
    format!("{}  {}  {receiver}  {duty:18}  {due}", owed.report_id, owed.child_id)
}
