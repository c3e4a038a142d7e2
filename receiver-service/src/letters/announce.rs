//! The change by which a sender tells of its letters, and gets the service's word on those that have come.

use std::sync::Arc;

use framme_shared::{
    db::{Change, LedgerEntry, Tx},
    domain::{
        ids::LetterId,
        letter::{Announced, Confirmation, sign},
        organisation::OrganisationNumber,
        receipt::Pair,
    },
    wire::status::{Cause, Failure},
};
use jiff::Timestamp;

use crate::{
    error::Refusal,
    receipts::Notary,
    store::letter::{self, NewLetter},
};

/// Keeps announcements, and signs what has come.
pub struct AnnounceLetters {
    /// Organisation number from the certificate.
    pub sender: OrganisationNumber,
    /// What it tells of.
    pub letters: Vec<NewLetter>,
    /// Signs.
    pub notary: Arc<Notary>,
}

impl Change for AnnounceLetters {
    /// The confirmations that there are. A refusal changes nothing, so it is an outcome.
    type Outcome = Result<Vec<(LetterId, String)>, Refusal>;
    type Error = Refusal;

    async fn apply(&self, tx: &mut Tx) -> Result<Self::Outcome, Refusal> {
        let mut known = Vec::with_capacity(self.letters.len());
        for new in &self.letters {
            let found = letter::announced(tx.conn(), &self.sender, &new.letter.letter).await?;
            if found.as_ref().is_some_and(|found| found.letter != new.letter) {
                return Ok(Err(Failure::ContentDiffers.into()));
            }
            known.push(found);
        }
        let mut confirmations = Vec::new();
        for (new, known) in self.letters.iter().zip(known) {
            let id = new.letter.letter;
            let signed = match known {
                Some(known) => known.confirmation,
                None => {
                    self.keep(tx, new).await?;
                    None
                }
            };
            let signed = match signed {
                Some(signed) => Some(signed),
                None => self.confirm(tx, &new.letter).await?,
            };
            confirmations.extend(signed.map(|signed| (id, signed)));
        }
        Ok(Ok(confirmations))
    }
}

impl AnnounceLetters {
    async fn keep(&self, tx: &mut Tx, new: &NewLetter) -> Result<(), Refusal> {
        let at = tx.at();
        letter::insert_announced(tx.conn(), &self.sender, new, at).await?;
        tx.record(LedgerEntry {
            kind: "letter_announced",
            subject: new.letter.letter.to_string(),
            actor: self.sender.to_string(),
            data: format!("transmission {}", new.letter.transmission),
        });
        Ok(())
    }

    /// Signs once, when the code was typed in; what is signed is given out from then on.
    async fn confirm(&self, tx: &mut Tx, announced: &Announced) -> Result<Option<String>, Refusal> {
        let Some(typed) = letter::typed_in(tx.conn(), &announced.code_sha256).await? else {
            return Ok(None);
        };
        let held = letter::is_held(tx.conn(), &self.sender, &announced.transmission).await?;
        // A clock that was set back makes no confirmation from before its cause.
        let at: Timestamp = tx.at().max(typed.at);
        let confirmation = Confirmation {
            pair: Pair {
                sender: self.sender,
                receiver: self.notary.organisation(),
            },
            letter: *announced,
            confirmed_at: typed.at,
            confirmed_by: typed.by,
            held,
            time: at,
            software: self.notary.software.clone(),
        };
        let signed = sign(&self.notary.signing().signer(), &confirmation)
            .map_err(|error| Failure::Internal(Cause::of(&error)))?;
        letter::confirm(tx.conn(), &self.sender, &announced.letter, &signed, at).await?;
        tx.record(LedgerEntry {
            kind: "letter_confirmed",
            subject: announced.letter.to_string(),
            actor: format!("staff/{}", confirmation.confirmed_by.staff),
            data: format!("transmission {}, held: {held}", announced.transmission),
        });
        Ok(Some(signed))
    }
}
