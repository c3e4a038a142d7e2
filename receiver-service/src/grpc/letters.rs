//! Letters: `framme.receiver.v1.LetterService` for whoever opens one, `framme.exchange.v1.LetterService` for senders.

use std::sync::Arc;

use framme_shared::{
    domain::{
        digest::Digest,
        ids::{LetterId, RequestId},
        letter::{Announced, LetterCode, MOST_AT_ONCE},
    },
    runtime::serve::MAX_MESSAGE_BYTES,
    wire::{
        pb::{
            exchange::{
                AnnounceLettersRequest, AnnounceLettersResponse, AnnouncedLetter, LetterConfirmation,
                letter_service_server as exchange,
            },
            receiver::{ConfirmLetterRequest, ConfirmLetterResponse, letter_service_server as local},
        },
        scope::Scope,
        status::Failure,
        time,
    },
};
use jiff::Timestamp;
use tonic::{Request, Response, Status};

use super::{exchange::sender_of, read, work_list::admit};
use crate::{
    authority::{Caller, Holder, Rpc},
    core::Core,
    error::Refusal,
    letters::{AnnounceLetters, ConfirmLetter},
    requests,
    store::letter::NewLetter,
};

/// Takes the codes of letters from whoever opens them.
pub struct Letters {
    core: Arc<Core>,
}

impl Letters {
    /// The service, ready to be added to the local listener's routes.
    pub fn service(core: Arc<Core>) -> local::LetterServiceServer<Self> {
        local::LetterServiceServer::new(Self { core }).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    async fn confirm(&self, caller: &Caller, message: &ConfirmLetterRequest) -> Result<ConfirmLetterResponse, Refusal> {
        let (id, code) = read::message(|scope| {
            let id = scope.required("request_id", &message.request_id, RequestId::parse);
            let code = scope.required("code", &message.code, LetterCode::parse);
            Some((id?, code?))
        })?;
        let Holder::Person(access) = &caller.holder else {
            return Err(Failure::PermissionDenied.into());
        };
        let by = access.acts_as(Rpc::ConfirmLetter, "", None);
        let change = ConfirmLetter {
            // The code is a secret of the letter.
            request: requests::Request::new(caller.key(), id, Rpc::ConfirmLetter.method(), message, true),
            code_sha256: code.sha256(),
            by: by.ok_or(Failure::PermissionDenied)?,
            keys: Arc::clone(&self.core.keys),
        };
        self.core.db.change(change).await?
    }
}

#[tonic::async_trait]
impl local::LetterService for Letters {
    async fn confirm_letter(
        &self,
        request: Request<ConfirmLetterRequest>,
    ) -> Result<Response<ConfirmLetterResponse>, Status> {
        let caller = admit(&self.core, &request, Rpc::ConfirmLetter).await?;
        Ok(Response::new(self.confirm(&caller, request.get_ref()).await?))
    }
}

/// Answers senders about their letters.
pub struct AnnouncedLetters {
    core: Arc<Core>,
}

impl AnnouncedLetters {
    /// The service, ready to be added to the exchange listener's routes.
    pub fn service(core: Arc<Core>) -> exchange::LetterServiceServer<Self> {
        exchange::LetterServiceServer::new(Self { core }).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }
}

#[tonic::async_trait]
impl exchange::LetterService for AnnouncedLetters {
    async fn announce_letters(
        &self,
        request: Request<AnnounceLettersRequest>,
    ) -> Result<Response<AnnounceLettersResponse>, Status> {
        let change = AnnounceLetters {
            sender: sender_of(&request)?,
            letters: letters(request.get_ref())?,
            notary: Arc::clone(&self.core.notary),
        };
        let confirmed = self.core.db.change(change).await.and_then(|confirmed| confirmed)?;
        let confirmations = confirmed.into_iter().map(|(letter, confirmation)| LetterConfirmation {
            letter_id: letter.to_string(),
            confirmation,
        });
        Ok(Response::new(AnnounceLettersResponse {
            confirmations: confirmations.collect(),
        }))
    }
}

fn letters(request: &AnnounceLettersRequest) -> Result<Vec<NewLetter>, Refusal> {
    read::message(|scope| {
        if !(1..=MOST_AT_ONCE).contains(&request.letters.len()) {
            scope.refuse("letters", format!("must be 1 to {MOST_AT_ONCE}"));
            return None;
        }
        let read = request
            .letters
            .iter()
            .enumerate()
            .map(|(place, letter)| announced(&mut scope.inside(&format!("letters[{place}]")), letter));
        let letters: Vec<NewLetter> = read.collect::<Vec<_>>().into_iter().collect::<Option<_>>()?;
        let twice = letters.iter().enumerate().any(|(place, one)| {
            let same = |other: &NewLetter| {
                other.letter.letter == one.letter.letter || other.letter.code_sha256 == one.letter.code_sha256
            };
            letters[place + 1..].iter().any(same)
        });
        if twice {
            scope.refuse("letters", "must have each letter_id and each code_sha256 once");
        }
        Some(letters)
    })
}

fn announced(scope: &mut Scope<'_>, message: &AnnouncedLetter) -> Option<NewLetter> {
    let letter = scope.required("letter_id", &message.letter_id, LetterId::parse);
    let transmission = read::transmission_id(scope, &message.transmission_id);
    let code: Option<Digest> = read::sha256(scope, "code_sha256", &message.code_sha256);
    let ordered = moment(scope, "ordered_time", message.ordered_time.as_ref());
    let posted = moment(scope, "posted_time", message.posted_time.as_ref());
    Some(NewLetter {
        letter: Announced {
            letter: letter?,
            transmission: transmission?,
            code_sha256: code?,
        },
        ordered_at: ordered?,
        posted_at: posted?,
    })
}

fn moment(scope: &mut Scope<'_>, field: &str, time: Option<&prost_types::Timestamp>) -> Option<Timestamp> {
    let given = scope.present(field, time)?;
    time::from_pb(given).map_err(|rule| scope.refuse(field, rule)).ok()
}
