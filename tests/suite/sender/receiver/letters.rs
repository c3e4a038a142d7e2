//! What the played receiver says of letters, truthfully or not.

use std::sync::Arc;

use framme_shared::{
    domain::{
        digest::Digest,
        letter::{Announced, Confirmation, sign},
        organisation::OrganisationNumber,
        receipt::{ReceiptSigner, Software},
        staff_role::{StaffReference, StaffRole},
    },
    runtime::clock::Clock as _,
    wire::pb::exchange::{
        AnnounceLettersRequest, AnnounceLettersResponse, AnnouncedLetter, LetterConfirmation,
        letter_service_server::LetterService,
    },
};
use tonic::{Request, Response, Status};

use super::PlayedReceiver;

/// What is said of every letter.
#[derive(Clone, Default)]
pub(crate) enum Word {
    /// The receiver is away.
    Away,
    /// Nothing: none has come.
    #[default]
    Nothing,
    /// It has come.
    Come,
    /// It has come, says another organisation.
    SignedBy(Arc<ReceiptSigner>),
    /// A letter of another sender has come.
    OtherSender(OrganisationNumber),
    /// A letter with another code has come.
    OtherCode,
}

#[derive(Default)]
pub(super) struct LettersState {
    announced: Vec<AnnouncedLetter>,
    word: Word,
}

impl PlayedReceiver {
    /// What is said of letters from now on.
    pub(crate) fn says_of_letters(&self, word: Word) {
        self.state().letters.word = word;
    }

    /// Every letter of every question, repetitions included.
    pub(crate) fn letters_announced(&self) -> Vec<AnnouncedLetter> {
        self.state().letters.announced.clone()
    }

    fn word_of(&self, letter: &AnnouncedLetter, word: &Word) -> Option<String> {
        let now = self.clock.now();
        let mut confirmation = Confirmation {
            pair: self.pair,
            letter: Announced {
                letter: letter.letter_id.parse().unwrap(),
                transmission: letter.transmission_id.parse().unwrap(),
                code_sha256: Digest::from_slice(&letter.code_sha256).unwrap(),
            },
            confirmed_at: now,
            confirmed_by: StaffReference {
                role: StaffRole::IntakeLeader,
                staff: "leader-1".parse().unwrap(),
            },
            held: true,
            time: now,
            software: Software {
                name: "played".to_owned(),
                version: "1".to_owned(),
            },
        };
        let mut signer = &self.signer;
        match word {
            Word::Away | Word::Nothing => return None,
            Word::Come => {}
            Word::SignedBy(other) => {
                confirmation.pair.receiver = other.organisation();
                signer = other;
            }
            Word::OtherSender(other) => confirmation.pair.sender = *other,
            Word::OtherCode => confirmation.letter.code_sha256 = Digest::of(b"another code"),
        }
        Some(sign(signer.jws(), &confirmation).unwrap())
    }
}

pub(super) struct Letters(pub(super) Arc<PlayedReceiver>);

#[tonic::async_trait]
impl LetterService for Letters {
    async fn announce_letters(
        &self,
        request: Request<AnnounceLettersRequest>,
    ) -> Result<Response<AnnounceLettersResponse>, Status> {
        let letters = request.into_inner().letters;
        let word = {
            let mut state = self.0.state();
            state.letters.announced.extend(letters.iter().cloned());
            state.letters.word.clone()
        };
        if matches!(word, Word::Away) {
            return Err(Status::unavailable("away"));
        }
        let said = letters.iter().filter_map(|letter| {
            Some(LetterConfirmation {
                letter_id: letter.letter_id.clone(),
                confirmation: self.0.word_of(letter, &word)?,
            })
        });
        Ok(Response::new(AnnounceLettersResponse {
            confirmations: said.collect(),
        }))
    }
}
