//! The changes around a question to a receiver: what is claimed, and what the answer comes to.

use std::time::Duration;

use framme_shared::{
    db::{
        Change, LedgerEntry, StoreError, Tx,
        tasks::{self, Desk, NewTask},
    },
    domain::organisation::OrganisationNumber,
};
use jiff::Timestamp;

use super::ask::Word;
use crate::store::letter::{self, Claimed, Done};

/// A receiver said that a letter has come, and its word does not verify.
const TASK: &str = "letter_confirmation_not_believed";

/// Leases letters that are due.
pub(super) struct ClaimLetters {
    pub(super) receiver: OrganisationNumber,
    /// Of this claim alone.
    pub(super) token: String,
    pub(super) lease: Duration,
    pub(super) limit: usize,
}

impl Change for ClaimLetters {
    type Outcome = Vec<Claimed>;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Vec<Claimed>, StoreError> {
        let at = tx.at();
        let until = at.saturating_add(self.lease).unwrap_or(Timestamp::MAX);
        letter::claim(tx.conn(), &self.receiver, &self.token, until, self.limit as i64, at).await
    }
}

/// Records what a receiver said, and gives back the rest of the claim.
pub(super) struct RecordAnswers {
    /// Of the claim.
    pub(super) token: String,
    /// What it said.
    pub(super) words: Vec<Word>,
    /// Why it did not answer, from a closed set.
    pub(super) failure: Option<&'static str>,
    /// When the rest is asked about again.
    pub(super) next_ask_at: Timestamp,
}

impl Change for RecordAnswers {
    /// How many letters were confirmed.
    type Outcome = u64;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<u64, StoreError> {
        let (at, mut confirmed) = (tx.at(), 0);
        for word in &self.words {
            let row = &word.letter;
            let id = row.letter.to_string();
            let stated = match &word.verified {
                Ok(stated) => stated,
                Err(reason) => {
                    let task = NewTask {
                        kind: TASK,
                        subject: id,
                        desk: Desk::District,
                        data: format!("{reason}; from {}, of report {}", row.receiver, row.report),
                    };
                    tasks::raise(tx, task).await?;
                    continue;
                }
            };
            let done = Done {
                at: stated.confirmed_at,
                by: format!("{} {}", stated.confirmed_by.role, stated.confirmed_by.staff),
            };
            if !letter::confirmed_by_code(tx.conn(), &row.letter, &self.token, &done, &word.jws, at).await? {
                continue;
            }
            confirmed += 1;
            tx.record(LedgerEntry {
                kind: "letter_confirmed_by_code",
                subject: id.clone(),
                actor: row.receiver.to_string(),
                data: format!(
                    "by {}, transmission {} of report {}, held: {}",
                    done.by, row.transmission, row.report, stated.held
                ),
            });
            tasks::settle(tx, TASK, &id, "confirmed").await?;
        }
        letter::put_back(tx.conn(), &self.token, self.failure, self.next_ask_at, at).await?;
        Ok(confirmed)
    }
}
