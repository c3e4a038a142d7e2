//! What a receiver that was restored from a backup does not hold any more.

use framme_shared::{
    db::{Change, StoreError, Tx},
    domain::{
        ids::{ReportId, TransmissionId},
        organisation::OrganisationNumber,
    },
};

use crate::{
    holding::{self, Doubtful, Finding},
    store::transmission,
};

/// The receiver says that it does not hold these: nothing of them counts as delivered, and they are sent again.
pub(super) struct ReceiverLost {
    pub(super) receiver: OrganisationNumber,
    pub(super) missing: Vec<TransmissionId>,
}

impl Change for ReceiverLost {
    /// Reports whose children moved.
    type Outcome = Vec<ReportId>;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<Vec<ReportId>, StoreError> {
        let sent = transmission::sent(tx.conn(), &self.missing).await?;
        let lost: Vec<Doubtful> = sent
            .iter()
            .filter(|sent| sent.receiver == self.receiver && !sent.waiting)
            .map(|sent| Doubtful {
                transmission: sent.transmission,
                report: sent.report,
                finding: Finding::Missing,
            })
            .collect();
        holding::begin(tx, &self.receiver, &lost, "GiveBack").await?;
        Ok(lost.iter().map(|lost| lost.report).collect())
    }
}
