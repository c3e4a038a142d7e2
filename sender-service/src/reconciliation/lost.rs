//! The change that follows when a receiver has lost what it had confirmed: nothing of it shows as delivered any more, it is
//! sent again from its sealed content, and a person is told.

use std::collections::HashSet;

use framme_shared::{
    db::{
        Change, LedgerEntry, StoreError, Tx,
        tasks::{self, Desk, NewTask},
    },
    domain::{
        ids::{ReportId, TransmissionId},
        organisation::OrganisationNumber,
        reconciliation::Class,
    },
};
use jiff::Timestamp;

use crate::{
    holding::{self, Doubtful, Finding},
    store::{child, holdings},
};

/// A transmission that the receiver lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost {
    /// Its number in the pair.
    pub sequence: u64,
    /// The transmission; `None` when no transmission of this side has the number.
    pub transmission: Option<TransmissionId>,
    /// Whether it is sent again. Not when every child of it has ended, or it waits already.
    pub sent_again: bool,
}

/// Sends again what the receiver says that it does not have.
pub struct SendAgain {
    /// Which receiver.
    pub receiver: OrganisationNumber,
    /// Numbers of the pair.
    pub numbers: Vec<u64>,
    /// When the receiver was asked: what was handed over since then is not lost.
    pub asked_at: Timestamp,
    /// How it was found, for the ledger.
    pub found_by: &'static str,
}

/// What was found lost.
#[derive(Debug, Default)]
pub struct Resent {
    /// One for each number that is lost, in the order of numbers.
    pub lost: Vec<Lost>,
    /// Reports whose children moved.
    pub reports: Vec<ReportId>,
}

impl Change for SendAgain {
    type Outcome = Resent;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Resent, StoreError> {
        let mut rows = holdings::numbered(tx.conn(), &self.receiver, &self.numbers).await?;
        rows.sort_unstable_by_key(|row| row.sequence);
        rows.retain(|row| !row.waiting && row.written_at < self.asked_at);
        let reports: Vec<ReportId> = rows
            .iter()
            .map(|row| row.report)
            .collect::<HashSet<_>>()
            .into_iter()
            .collect();
        let children = child::of_reports(tx.conn(), &reports).await?;
        let lives = |of: &TransmissionId| {
            let mut of_transmission = children.iter().filter(|child| child.transmission == *of);
            of_transmission.any(|child| child.is_here() && !child.state.stage().is_ended())
        };
        let living: Vec<Doubtful> = rows
            .iter()
            .filter(|row| lives(&row.transmission))
            .map(|row| Doubtful {
                transmission: row.transmission,
                report: row.report,
                finding: Finding::Missing,
            })
            .collect();
        holding::begin(tx, &self.receiver, &living, "SendAgain").await?;
        let again: HashSet<TransmissionId> = living.iter().map(|doubtful| doubtful.transmission).collect();

        let mut lost = Vec::with_capacity(rows.len());
        for row in rows {
            let found = Lost {
                sequence: row.sequence,
                transmission: Some(row.transmission),
                sent_again: again.contains(&row.transmission),
            };
            self.tell(tx, row.transmission, &found).await?;
            lost.push(found);
        }
        Ok(Resent { lost, reports })
    }
}

impl SendAgain {
    async fn tell(&self, tx: &mut Tx, transmission: TransmissionId, lost: &Lost) -> Result<(), StoreError> {
        let what = if lost.sent_again {
            "it is sent again"
        } else {
            "every child of it has ended or was sent on"
        };
        let task = NewTask {
            kind: Class::MissingAtReceiver.as_str(),
            subject: transmission.to_string(),
            desk: Desk::District,
            data: format!(
                "number {} is not held by {} any more: {what}",
                lost.sequence, self.receiver
            ),
        };
        tasks::raise(tx, task).await?;
        if lost.sent_again {
            tx.record(LedgerEntry {
                kind: "sent_again",
                subject: transmission.to_string(),
                actor: "sender".to_owned(),
                data: format!("lost by {}, found by {}", self.receiver, self.found_by),
            });
        }
        Ok(())
    }
}
