//! What follows when a receiver has lost what it had confirmed: nothing of it counts as delivered, and it is sent again.

use std::collections::HashSet;

use framme_shared::{
    db::{Change, LedgerEntry, StoreError, Tx},
    domain::{
        ids::{ReportId, TransmissionId},
        organisation::OrganisationNumber,
    },
};

use super::picture::Picture;
use crate::store::{child, delivery, report, transmission};

/// These transmissions are not at the receiver any more.
pub struct Lose {
    /// Which receiver.
    pub receiver: OrganisationNumber,
    /// What it lost.
    pub missing: Vec<TransmissionId>,
}

impl Change for Lose {
    /// Reports whose children moved.
    type Outcome = Vec<ReportId>;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Vec<ReportId>, StoreError> {
        let mut sent = transmission::sent(tx.conn(), &self.missing).await?;
        sent.retain(|sent| sent.receiver == self.receiver && !sent.waiting);
        if sent.is_empty() {
            return Ok(Vec::new());
        }
        let lost: Vec<TransmissionId> = sent.iter().map(|sent| sent.transmission).collect();
        let reports: Vec<ReportId> = sent
            .iter()
            .map(|sent| sent.report)
            .collect::<HashSet<_>>()
            .into_iter()
            .collect();
        let children = child::of_reports(tx.conn(), &reports).await?;
        let at = tx.at();
        let mut picture = Picture::of(sent, children);
        picture.lose(&lost, at);
        let again: Vec<TransmissionId> = lost.iter().copied().filter(|id| picture.is_living(id)).collect();
        child::update(tx.conn(), &picture.moved(), at, "Lose").await?;
        report::derive(tx.conn(), &picture.derived_anew(), at, "Lose").await?;
        delivery::send_again(tx.conn(), &again, at, "Lose").await?;
        for transmission in &again {
            tx.record(LedgerEntry {
                kind: "sent_again",
                subject: transmission.to_string(),
                actor: "sender".to_owned(),
                data: format!("lost by {}", self.receiver),
            });
        }
        Ok(reports)
    }
}
