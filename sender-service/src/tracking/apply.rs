//! The change that believes a batch of receipts: stored verbatim, children moved, the chain's head advanced, together.

use std::collections::{HashMap, HashSet};

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx},
    domain::{
        ids::{ChildId, ReportId, TransmissionId},
        lifecycle::ChildState,
        organisation::OrganisationNumber,
        receipt::{ChainHead, ReceiptClaims, Statement},
    },
};

use super::verify::Incoming;
use crate::store::{
    child::{self, ChildRow},
    receipt::{self, NewReceipt},
    receiver,
    report::{self, Derived},
    transmission::{self, Sent},
};

/// Applies receipts of one receiver whose signatures hold.
pub struct ApplyReceipts {
    /// Who signed them.
    pub receiver: OrganisationNumber,
    /// Where the chain stood when they were read.
    pub from: ChainHead,
    /// In the order of the stream, at most 256.
    pub receipts: Vec<Incoming>,
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
        let mut picture = Picture::load(tx, self).await?;
        let mut head = self.from;
        let mut fault = None;
        let mut believed = 0;
        for incoming in &self.receipts {
            match picture.believe(head, incoming, &self.receiver) {
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
            reports: picture.touched.into_iter().collect(),
            fault,
        })
    }
}

impl ApplyReceipts {
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
        child::update(tx.conn(), &picture.moved_children(), at, "ApplyReceipts").await?;
        report::derive(tx.conn(), &picture.derived_anew(), at, "ApplyReceipts").await?;
        transmission::hand_over(tx.conn(), &picture.handed_over, at, "ApplyReceipts").await?;
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

/// What is known of the reports that a batch is about, and what the batch makes of it.
struct Picture {
    sent: HashMap<TransmissionId, Sent>,
    children: Vec<ChildRow>,
    /// Places in `children`, by transmission.
    of_transmission: HashMap<TransmissionId, Vec<usize>>,
    before: HashMap<ReportId, Derived>,
    moved: HashSet<usize>,
    touched: HashSet<ReportId>,
    handed_over: Vec<TransmissionId>,
}

impl Picture {
    async fn load(tx: &mut Tx, batch: &ApplyReceipts) -> Result<Self, StoreError> {
        let ids = batch
            .receipts
            .iter()
            .map(|incoming| incoming.receipt.claims().transmission);
        let ids: Vec<TransmissionId> = ids.collect::<HashSet<_>>().into_iter().collect();
        let sent = transmission::sent(tx.conn(), &ids).await?;
        let reports: Vec<ReportId> = sent
            .iter()
            .map(|sent| sent.report)
            .collect::<HashSet<_>>()
            .into_iter()
            .collect();
        let children = child::of_reports(tx.conn(), &reports).await?;
        let mut of_transmission: HashMap<_, Vec<usize>> = HashMap::new();
        for (place, child) in children.iter().enumerate() {
            of_transmission.entry(child.transmission).or_default().push(place);
        }
        Ok(Self {
            before: derive_all(&children),
            sent: sent.into_iter().map(|sent| (sent.transmission, sent)).collect(),
            children,
            of_transmission,
            moved: HashSet::new(),
            touched: HashSet::new(),
            handed_over: Vec::new(),
        })
    }

    /// Takes one receipt into the picture, or says why it is not believed; then the picture is as it was.
    fn believe(
        &mut self,
        head: ChainHead,
        incoming: &Incoming,
        receiver: &OrganisationNumber,
    ) -> Result<ChainHead, &'static str> {
        let claims = incoming.receipt.claims();
        let next = head.follow(&incoming.receipt).map_err(|error| error.reason())?;
        let sent = self
            .sent
            .get(&claims.transmission)
            .filter(|sent| sent.receiver == *receiver);
        let sent = sent.ok_or("receipt_unknown_transmission")?;
        if sent.report != claims.report {
            return Err("receipt_wrong_report");
        }
        if sent.content_sha256 != claims.digest {
            return Err("receipt_digest_differs");
        }
        let waiting = sent.waiting;
        let moves = self.moves(claims)?;
        for (place, state) in moves {
            self.children[place].state = state;
            self.moved.insert(place);
        }
        self.touched.insert(claims.report);
        if waiting && claims.statement == Statement::Stored {
            self.handed_over.push(claims.transmission);
        }
        Ok(next)
    }

    /// The states that a receipt leads to, for those children whom it changes.
    fn moves(&self, claims: &ReceiptClaims) -> Result<Vec<(usize, ChildState)>, &'static str> {
        let mut moves = Vec::new();
        for place in self.concerned(claims.transmission, claims.child)? {
            let before = &self.children[place].state;
            let after = match claims.statement.event() {
                Some(event) => match before.clone().learn(event, claims.time) {
                    Ok(after) => after,
                    // Opened as a whole: children that the receiver has refused meanwhile stay refused.
                    Err(_) if claims.child.is_none() && claims.statement == Statement::Opened => continue,
                    Err(_) => return Err("receipt_impossible_move"),
                },
                // A word of a later version: nothing that it is about counts as delivered.
                None => before.clone().doubt(claims.time),
            };
            if after != *before {
                moves.push((place, after));
            }
        }
        Ok(moves)
    }

    fn concerned(&self, transmission: TransmissionId, child: Option<ChildId>) -> Result<Vec<usize>, &'static str> {
        let all = self
            .of_transmission
            .get(&transmission)
            .ok_or("receipt_unknown_transmission")?;
        match child {
            None => Ok(all.clone()),
            Some(id) => {
                let place = all.iter().find(|place| self.children[**place].child == id);
                Ok(vec![*place.ok_or("receipt_unknown_child")?])
            }
        }
    }

    fn moved_children(&self) -> Vec<&ChildRow> {
        self.moved.iter().map(|place| &self.children[*place]).collect()
    }

    /// The derived columns that differ from what they were.
    fn derived_anew(&self) -> Vec<Derived> {
        let after = derive_all(&self.children);
        after
            .into_iter()
            .filter(|(report, derived)| self.before.get(report) != Some(derived))
            .map(|(_, new)| new)
            .collect()
    }
}

fn derive_all(children: &[ChildRow]) -> HashMap<ReportId, Derived> {
    let mut of_report: HashMap<ReportId, Vec<&ChildRow>> = HashMap::new();
    for child in children {
        of_report.entry(child.report).or_default().push(child);
    }
    of_report
        .into_iter()
        .map(|(report, children)| (report, Derived::of(report, &children)))
        .collect()
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
    LedgerEntry {
        kind: "receipt_applied",
        subject: claims.transmission.to_string(),
        actor: receiver.to_string(),
        data: format!(
            "receipt {} {level}{child}, sha256 {}",
            claims.sequence,
            incoming.receipt.sha256()
        ),
    }
}
