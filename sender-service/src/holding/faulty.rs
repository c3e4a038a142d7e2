//! Software of a receiver that turned out to be faulty: whatever it receipted is asked for again.

use std::sync::Arc;

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx},
    domain::{
        ids::TransmissionId,
        organisation::OrganisationNumber,
        receipt::{ReceiptClaims, Software, stored_claims},
    },
};
use jiff::Timestamp;

use crate::{
    context::Context,
    store::{
        confirmation,
        faulty::{self, Faulty},
        receipt,
    },
};

/// Receipts looked through at once.
const PAGE: i64 = 500;

/// A person marks software of a receiver.
pub struct MarkFaulty {
    /// Of the mark, made here.
    pub id: String,
    /// Whose.
    pub receiver: OrganisationNumber,
    /// What, as receipts name it.
    pub software: Software,
    /// From when on its receipts are doubted.
    pub since: Timestamp,
    /// Who marks it, by role-scoped id.
    pub by: String,
}

/// What became of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marked {
    /// It stands now.
    Now,
    /// It stood already, since the same time.
    Before,
    /// It stands since another time. Nothing was changed.
    Differs,
}

impl Change for MarkFaulty {
    type Outcome = Marked;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Marked, StoreError> {
        let at = tx.at();
        let standing = faulty::standing(&mut *tx.conn()).await?;
        let same = |known: &&Faulty| known.receiver == self.receiver && known.software == self.software;
        if let Some(known) = standing.iter().find(same) {
            return Ok(if known.since == self.since {
                Marked::Before
            } else {
                Marked::Differs
            });
        }
        let new = Faulty {
            id: self.id.clone(),
            receiver: self.receiver,
            software: self.software.clone(),
            since: self.since,
            marked_by: self.by.clone(),
            marked_at: at,
            looked_at: 0,
            being_asked: 0,
        };
        faulty::insert(tx.conn(), &new, at).await?;
        tx.record(LedgerEntry {
            kind: "software_marked_faulty",
            subject: self.receiver.to_string(),
            actor: self.by.clone(),
            data: format!("{} {} since {}", self.software.name, self.software.version, self.since),
        });
        Ok(Marked::Now)
    }
}

/// A person takes a mark away. What is being asked for because of it is asked all the same.
pub struct UnmarkFaulty {
    /// Whose.
    pub receiver: OrganisationNumber,
    /// What, as receipts name it.
    pub software: Software,
    /// Who, by role-scoped id.
    pub by: String,
}

impl Change for UnmarkFaulty {
    /// `false` when no such mark stands.
    type Outcome = bool;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        let at = tx.at();
        let ended = faulty::end(tx.conn(), &self.receiver, &self.software, &self.by, at).await?;
        if ended {
            tx.record(LedgerEntry {
                kind: "software_not_faulty",
                subject: self.receiver.to_string(),
                actor: self.by.clone(),
                data: format!("{} {}", self.software.name, self.software.version),
            });
        }
        Ok(ended)
    }
}

/// Looks one page of a receiver's receipts through for each mark that is behind. `true` when there may be more at once.
pub(super) async fn look(context: &Arc<Context>, receiver: &OrganisationNumber) -> Result<bool, StoreError> {
    let reader = context.database.reader();
    let behind = faulty::behind(reader, receiver).await?;
    for mark in &behind {
        let page = receipt::page(reader, receiver, mark.looked_at, PAGE).await?;
        let Some(last) = page.last() else { continue };
        let made = page.iter().filter_map(|receipt| stored_claims(&receipt.jws));
        let mut doubtful: Vec<TransmissionId> = made
            .filter(|claims| is_of(mark, claims))
            .map(|claims| claims.transmission)
            .collect();
        doubtful.sort_unstable();
        doubtful.dedup();
        let looked = Looked {
            faulty: mark.id.clone(),
            from: mark.looked_at,
            to: last.sequence,
            doubtful,
        };
        context.database.change(looked).await?;
    }
    Ok(!behind.is_empty())
}

fn is_of(mark: &Faulty, claims: &ReceiptClaims) -> bool {
    claims.software == mark.software && claims.time >= mark.since
}

/// A page was looked through: what was found is asked for now.
struct Looked {
    faulty: String,
    from: u64,
    to: u64,
    doubtful: Vec<TransmissionId>,
}

impl Change for Looked {
    type Outcome = ();
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let at = tx.at();
        if faulty::looked(tx.conn(), &self.faulty, self.from, self.to, at).await? {
            confirmation::ask_faulty(tx.conn(), &self.doubtful, &self.faulty, at).await?;
        }
        Ok(())
    }
}
