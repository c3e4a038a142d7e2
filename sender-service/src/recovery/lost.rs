//! What a receiver that was restored from a backup does not hold any more.

use framme_shared::{
    db::{Change, StoreError, Tx},
    domain::{
        ids::{ReportId, TransmissionId},
        organisation::OrganisationNumber,
    },
};

use crate::{
    context::Context,
    holding::{self, Doubtful, Finding},
    peer::Peer,
    store::transmission,
};

/// Transmissions that are doubted in one change.
const AT_ONCE: usize = 500;

/// The receiver says that it does not hold these: nothing of them counts as delivered, and they are sent again. What waits
/// already stays as it is, so it may be said again.
pub(super) async fn doubt_missing(context: &Context, peer: &Peer, missing: &[String]) -> Result<(), StoreError> {
    let receiver = peer.organisation();
    let missing: Vec<TransmissionId> = missing.iter().filter_map(|id| TransmissionId::parse(id).ok()).collect();
    for some in missing.chunks(AT_ONCE) {
        let lost = ReceiverLost {
            receiver,
            missing: some.to_vec(),
        };
        let reports = context.database.change(lost).await?;
        if !reports.is_empty() {
            context.followers.tell(&reports);
            context.windows.ring(&receiver);
        }
    }
    Ok(())
}

struct ReceiverLost {
    receiver: OrganisationNumber,
    missing: Vec<TransmissionId>,
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
