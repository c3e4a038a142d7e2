//! `receiver owed`: what this service owes the police, and what it told that they have not confirmed.

use clap::Args;
use framme_shared::{
    runtime::exit::Exit,
    wire::pb::{
        receiver::{ListOwedFeedbackRequest, ListOwedFeedbackResponse, OwedFeedback, OwedState},
        report::Duty,
    },
};

use super::{Common, client, output};

/// Options of `owed`.
#[derive(Debug, Args)]
pub struct Owed {
    /// Only what is late.
    #[arg(long)]
    late: bool,
}

impl Owed {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<Exit> {
        let mut client = client::work_list(common)?;
        let (mut all, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = ListOwedFeedbackRequest {
                page_size: 500,
                page_token,
                late_only: self.late,
            };
            let page = client.list_owed_feedback(request).await?.into_inner();
            all.extend(page.owed);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        let all = ListOwedFeedbackResponse {
            owed: all,
            next_page_token: String::new(),
        };
        let name = "framme.receiver.v1.ListOwedFeedbackResponse";
        output::message(common.json, name, &all, || match all.owed.as_slice() {
            [] => vec!["nothing".to_owned()],
            all => all.iter().map(line).collect(),
        });
        Ok(Exit::Ok)
    }
}

fn line(owed: &OwedFeedback) -> String {
    let duty = Duty::try_from(owed.duty).unwrap_or_default().as_str_name();
    let due = output::time(owed.due_time.as_ref());
    let state = match (owed.state(), owed.late) {
        (OwedState::Unconfirmed, _) => format!("told {due}, not confirmed"),
        (_, true) => format!("LATE since {due}"),
        (_, false) => format!("until {due}"),
    };
    format!(
        "{}  {}  {:18}  {state}  {}",
        owed.transmission_id,
        owed.child_id,
        output::word(duty, "DUTY_"),
        owed.assigned_staff_id
    )
    .trim_end()
    .to_owned()
}
