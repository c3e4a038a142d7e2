//! The change that believes a batch of receipts: stored verbatim, children moved, the chain's head advanced, together.

use std::{collections::HashSet, sync::Arc};

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx, notices},
    domain::{
        ids::{ReportId, TransmissionId},
        notice::{ContactName, NewNotice, Occasion},
        organisation::OrganisationNumber,
        receipt::{ChainHead, Statement},
        report::Urgency,
    },
};
use jiff::{SignedDuration, Timestamp};

use super::{picture::Picture, verify::Incoming};
use crate::{
    redirect,
    store::{
        child, confirmation, delivery,
        doubt::{self, EndedBy},
        receipt::{self, NewReceipt},
        receiver, report, transmission,
    },
};

/// Applies receipts of one receiver whose signatures hold.
pub struct ApplyReceipts {
    /// Who signed them.
    pub receiver: OrganisationNumber,
    /// Where the chain stood when they were read.
    pub from: ChainHead,
    /// In the order of the stream, at most 256.
    pub receipts: Vec<Incoming>,
    /// How long after a hand-over it is asked for the first time whether it is still held.
    pub first_question: SignedDuration,
    /// Whom to tell that a service has answered.
    pub tell: Arc<[ContactName]>,
}

/// What became of a batch.
pub enum Applied {
    /// Stored and applied up to `head`.
    Stored {
        /// Where the chain stands now.
        head: ChainHead,
        /// Reports whose children may have moved.
        reports: Vec<ReportId>,
        /// Why the rest is not believed: the receiver is distrusted from here on.
        fault: Option<&'static str>,
    },
    /// The chain does not stand where it was read: another replica was faster. Nothing was changed.
    Moved,
    /// The receiver is distrusted. Nothing was changed.
    Distrusted,
}

impl Change for ApplyReceipts {
    type Outcome = Applied;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Applied, StoreError> {
        let row = receiver::load(tx.conn(), &self.receiver)
            .await?
            .ok_or(StoreError::Missing)?;
        if row.distrusted_reason.is_some() {
            return Ok(Applied::Distrusted);
        }
        if (row.last_receipt, row.last_receipt_sha256) != (self.from.sequence(), self.from.digest()) {
            return Ok(Applied::Moved);
        }
        let mut picture = self.picture(tx).await?;
        let mut head = self.from;
        let mut fault = None;
        let mut believed = 0;
        for incoming in &self.receipts {
            let next = head.follow(&incoming.receipt).map_err(|error| error.reason());
            let claims = incoming.receipt.claims();
            match next.and_then(|next| picture.believe(claims, &self.receiver).map(|()| next)) {
                Ok(next) => head = next,
                Err(reason) => {
                    fault = Some(reason);
                    break;
                }
            }
            believed += 1;
        }
        self.store(tx, &picture, &self.receipts[..believed], head).await?;
        if let Some(reason) = fault {
            let at = tx.at();
            receiver::distrust(tx.conn(), &self.receiver, reason, at).await?;
            tx.record(super::changes::distrusted(&self.receiver, reason));
        }
        Ok(Applied::Stored {
            head,
            reports: picture.into_touched(),
            fault,
        })
    }
}

impl ApplyReceipts {
    async fn picture(&self, tx: &mut Tx) -> Result<Picture, StoreError> {
        let ids = self
            .receipts
            .iter()
            .map(|incoming| incoming.receipt.claims().transmission);
        let ids: Vec<TransmissionId> = ids.collect::<HashSet<_>>().into_iter().collect();
        let sent = transmission::sent(tx.conn(), &ids).await?;
        let reports = sent.iter().map(|sent| sent.report).collect::<HashSet<_>>();
        let reports: Vec<ReportId> = reports.into_iter().collect();
        let children = child::of_reports(tx.conn(), &reports).await?;
        Ok(Picture::of(sent, children))
    }

    async fn store(
        &self,
        tx: &mut Tx,
        picture: &Picture,
        believed: &[Incoming],
        head: ChainHead,
    ) -> Result<(), StoreError> {
        if believed.is_empty() {
            return Ok(());
        }
        let at = tx.at();
        let rows: Vec<NewReceipt<'_>> = believed.iter().map(new_receipt).collect();
        receipt::insert(tx.conn(), &self.receiver, &rows, at).await?;
        child::update(tx.conn(), &picture.moved(), at, "ApplyReceipts").await?;
        report::derive(tx.conn(), &picture.derived_anew(), at, "ApplyReceipts").await?;
        redirect::note(tx, &self.receiver, &picture.moved_from()).await?;
        let first = self.first_question;
        delivery::hand_over(tx.conn(), picture.handed_over(), first, at, "ApplyReceipts").await?;
        delivery::received(tx.conn(), picture.received(), at).await?;
        tell_people(tx, picture.answered(), &self.tell).await?;
        doubt::end(tx.conn(), picture.stored_anew(), EndedBy::Receipt, at).await?;
        confirmation::trust(tx.conn(), picture.stored_anew(), first, at).await?;
        confirmation::resume(tx.conn(), &revoked(believed), later(at, first)).await?;
        receiver::advance(
            tx.conn(),
            &self.receiver,
            self.from.sequence(),
            head.sequence(),
            &head.digest(),
            at,
        )
        .await?;
        for incoming in believed {
            tx.record(entry(&self.receiver, incoming));
        }
        Ok(())
    }
}

/// Tells those concerned that a service has answered, in the change that stores the answer: each receipt once.
async fn tell_people(
    tx: &mut Tx,
    answered: &[(TransmissionId, u64)],
    people: &[ContactName],
) -> Result<(), StoreError> {
    for (transmission, sequence) in answered {
        for contact in people {
            let notice = NewNotice {
                contact: contact.clone(),
                occasion: Occasion::Answered,
                subject: transmission.to_string(),
                turn: u32::try_from(*sequence).unwrap_or(u32::MAX),
                urgency: Urgency::Normal,
                until: None,
            };
            notices::enqueue(tx, notice).await?;
        }
    }
    Ok(())
}

/// Transmissions of which somebody waits again.
fn revoked(believed: &[Incoming]) -> Vec<TransmissionId> {
    let claims = believed.iter().map(|incoming| incoming.receipt.claims());
    let revoked = claims.filter(|claims| claims.statement == Statement::Revoked);
    revoked.map(|claims| claims.transmission).collect()
}

fn later(at: Timestamp, wait: SignedDuration) -> Timestamp {
    at.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

fn new_receipt(incoming: &Incoming) -> NewReceipt<'_> {
    let claims = incoming.receipt.claims();
    NewReceipt {
        sequence: claims.sequence,
        report: claims.report,
        transmission: claims.transmission,
        jws: &incoming.jws,
        sha256: incoming.receipt.sha256(),
    }
}

fn entry(receiver: &OrganisationNumber, incoming: &Incoming) -> LedgerEntry {
    let claims = incoming.receipt.claims();
    let level = claims.statement.level().map_or("unknown", |level| level.as_str());
    let child = claims
        .child
        .map(|child| format!(" of child {child}"))
        .unwrap_or_default();
    let told = claims.statement.feedback();
    let told = told.map(|told| format!(" {}", told.kind())).unwrap_or_default();
    LedgerEntry {
        kind: "receipt_applied",
        subject: claims.transmission.to_string(),
        actor: receiver.to_string(),
        data: format!(
            "receipt {} {level}{told}{child}, sha256 {}",
            claims.sequence,
            incoming.receipt.sha256()
        ),
    }
}
