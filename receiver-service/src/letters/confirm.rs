//! The change by which somebody says that a letter has come.

use std::sync::Arc;

use framme_shared::{
    db::{
        Change, LedgerEntry, Tx,
        sealing::MasterKeys,
        tasks::{self, Desk, NewTask},
    },
    domain::{digest::Digest, staff_role::StaffReference},
    wire::{pb::receiver::ConfirmLetterResponse, status::Failure, time::to_pb},
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    error::Refusal,
    requests::Request,
    store::letter::{self, TypedIn},
};

/// Codes of letters that nobody has told of, typed in by one person within an hour: more are refused.
const MOST_UNKNOWN_AN_HOUR: u64 = 20;
/// Within a day: then the intake is asked to look.
const ALARMING_A_DAY: u64 = 10;
/// Somebody types in many codes of letters that nobody has told of.
const TASK: &str = "letter_codes_unknown";

/// Records that a code was typed in.
pub struct ConfirmLetter {
    /// What identifies the request.
    pub request: Request,
    /// What the code is known by.
    pub code_sha256: Digest,
    /// Who typed it in.
    pub by: StaffReference,
    /// For sealing the first answer.
    pub keys: Arc<MasterKeys>,
}

impl Change for ConfirmLetter {
    /// A refusal changes nothing, so it is an outcome.
    type Outcome = Result<ConfirmLetterResponse, Refusal>;
    type Error = Refusal;

    async fn apply(&self, tx: &mut Tx) -> Result<Self::Outcome, Refusal> {
        match self.request.replay(tx, &self.keys).await {
            Ok(None) => {}
            Ok(Some(answer)) => return Ok(Ok(answer)),
            Err(refusal) => return refusal.settled(),
        }
        let announced = letter::is_announced(tx.conn(), &self.code_sha256).await?;
        let first = letter::typed_in(tx.conn(), &self.code_sha256).await?;
        let confirmed_at = match first {
            Some(first) => first.at,
            None => {
                if !announced && self.unknown_since(tx, SignedDuration::from_hours(1)).await? >= MOST_UNKNOWN_AN_HOUR {
                    return Ok(Err(Failure::Overloaded.into()));
                }
                self.record(tx, announced).await?
            }
        };
        let answer = ConfirmLetterResponse {
            confirmed_time: Some(to_pb(confirmed_at)),
            announced,
        };
        self.request.keep(tx, &self.keys, &answer).await?;
        Ok(Ok(answer))
    }
}

impl ConfirmLetter {
    async fn record(&self, tx: &mut Tx, announced: bool) -> Result<Timestamp, Refusal> {
        let at = tx.at();
        let typed = TypedIn {
            at,
            by: self.by.clone(),
        };
        letter::insert_code(tx.conn(), &self.code_sha256, &typed).await?;
        tx.record(LedgerEntry {
            kind: "letter_code_typed_in",
            subject: self.code_sha256.hex(),
            actor: format!("staff/{}", self.by.staff),
            data: if announced { "announced" } else { "not announced yet" }.to_owned(),
        });
        if !announced && self.unknown_since(tx, SignedDuration::from_hours(24)).await? >= ALARMING_A_DAY {
            let task = NewTask {
                kind: TASK,
                subject: self.by.staff.to_string(),
                desk: Desk::Intake,
                data: format!("{ALARMING_A_DAY} codes of letters that no sender has told of, within a day"),
            };
            tasks::raise(tx, task).await?;
        }
        Ok(at)
    }

    async fn unknown_since(&self, tx: &mut Tx, span: SignedDuration) -> Result<u64, Refusal> {
        let since = tx.at().saturating_sub(span).unwrap_or(Timestamp::MIN);
        Ok(letter::unknown_codes(tx.conn(), &self.by.staff, since).await?)
    }
}
