//! One question to a receiver about letters that were posted, and what of its answer can be believed.

use std::time::Duration;

use framme_shared::{
    domain::letter::{Confirmation, verify},
    runtime::connect::{CallFailure, classify},
    wire::{
        pb::exchange::{AnnounceLettersRequest, AnnouncedLetter},
        status::{name_of, no_answer, reason_of},
        time::to_pb,
    },
};
use tonic::Status;

use crate::{context::Context, peer::Peer, store::letter::LetterRow};

/// A receiver that takes longer has not answered.
pub(super) const CALL_LIMIT: Duration = Duration::from_secs(30);

/// What a receiver says of one letter.
pub(super) struct Word {
    /// The letter.
    pub(super) letter: LetterRow,
    /// As it came.
    pub(super) jws: String,
    /// What it states; the reason why it is not believed, from a closed set, otherwise.
    pub(super) verified: Result<Confirmation, &'static str>,
}

/// Tells a receiver of these letters, and verifies what it says of them. An error is the reason from a closed set.
pub(super) async fn ask(context: &Context, peer: &Peer, letters: &[LetterRow]) -> Result<Vec<Word>, &'static str> {
    let announced = letters.iter().map(|row| AnnouncedLetter {
        letter_id: row.letter.to_string(),
        transmission_id: row.transmission.to_string(),
        code_sha256: row.code_sha256.as_bytes().to_vec().into(),
        ordered_time: Some(to_pb(row.ordered.at)),
        posted_time: row.posted.as_ref().map(|posted| to_pb(posted.at)),
    });
    let request = AnnounceLettersRequest {
        letters: announced.collect(),
    };
    let mut client = peer.letters();
    let answer = tokio::select! {
        answer = client.announce_letters(request) => answer,
        () = context.clock.sleep(CALL_LIMIT) => Err(no_answer()),
    };
    let answer = answer.map_err(|status| failed(&status))?.into_inner();
    let verifier = peer.trust.verifier();
    let now = context.clock.now();
    let said = answer.confirmations.into_iter().filter_map(|said| {
        // What was not asked about is no answer.
        let letter = letters.iter().find(|row| row.letter.to_string() == said.letter_id)?;
        let verified = verify(verifier.jws(), &said.confirmation, &peer.pair, &letter.announced(), now);
        Some(Word {
            letter: letter.clone(),
            jws: said.confirmation,
            verified: verified.map_err(|error| error.reason()),
        })
    });
    Ok(said.collect())
}

fn failed(status: &Status) -> &'static str {
    match classify(status) {
        CallFailure::Certificate(fault) => fault.code(),
        CallFailure::Unavailable => "unreachable",
        CallFailure::Answered(code) => match (reason_of(status), code) {
            (Some(reason), _) => name_of(reason),
            (None, tonic::Code::Unimplemented) => "unimplemented",
            (None, tonic::Code::DeadlineExceeded | tonic::Code::Unavailable) => "unavailable",
            (None, _) => "refused",
        },
    }
}
