//! `receiver letter …`.

use clap::Subcommand;
use framme_shared::{
    runtime::{
        exit::Exit,
        random::{OsRandom, Random as _},
    },
    wire::pb::receiver::ConfirmLetterRequest,
};

use super::{Common, client, output};

/// Letters from the police that came by post.
#[derive(Debug, Subcommand)]
pub enum Letter {
    /// Says that a letter has come, by the code on its cover sheet.
    Confirm {
        /// The code: 4 groups of 5 characters.
        code: String,
        /// To repeat a request whose answer was lost: its id, a UUID.
        #[arg(long)]
        request_id: Option<String>,
    },
}

impl Letter {
    pub(super) async fn run(self, common: &Common) -> anyhow::Result<Exit> {
        let Self::Confirm { code, request_id } = self;
        let request = ConfirmLetterRequest {
            request_id: request_id.unwrap_or_else(|| OsRandom.new_uuid().to_string()),
            code,
        };
        let answer = client::letters(common)?.confirm_letter(request).await?.into_inner();
        output::message(common.json, "framme.receiver.v1.ConfirmLetterResponse", &answer, || {
            let at = output::time(answer.confirmed_time.as_ref());
            let known = if answer.announced {
                "The police are told when they ask next."
            } else {
                "The police have not told of this letter yet; it is kept until they do."
            };
            vec![
                format!("The letter has come, as of {at}. {known}"),
                "No child is assigned by this: assign the children as ever.".to_owned(),
            ]
        });
        Ok(Exit::Ok)
    }
}
