//! A sender says up to where it has verified and stored the receipts.

use framme_shared::{
    db::{Change, LedgerEntry, Tx},
    domain::{digest::Digest, organisation::OrganisationNumber},
    wire::status::Failure,
};

use crate::{
    error::Refusal,
    store::{peer, receipt},
};

/// Records a confirmation.
pub struct ConfirmReceipts {
    /// Organisation number from the certificate.
    pub sender: OrganisationNumber,
    /// Up to which number, itself included.
    pub sequence: u64,
    /// SHA-256 of the receipt with this number.
    pub sha256: Digest,
}

impl Change for ConfirmReceipts {
    /// A refusal changes nothing, so it is an outcome.
    type Outcome = Result<(), Refusal>;
    type Error = Refusal;

    async fn apply(&self, tx: &mut Tx) -> Result<Self::Outcome, Refusal> {
        let receipt = receipt::find(&mut *tx.conn(), &self.sender, self.sequence).await?;
        if receipt.is_none_or(|receipt| receipt.sha256 != self.sha256) {
            return Ok(Err(Failure::ChainMismatch.into()));
        }
        let confirmed = peer::find(&mut *tx.conn(), &self.sender)
            .await?
            .map_or(0, |peer| peer.confirmed_sequence);
        if self.sequence > confirmed {
            let at = tx.at();
            peer::confirm(tx.conn(), &self.sender, self.sequence, at).await?;
            tx.record(LedgerEntry {
                kind: "receipts_confirmed",
                subject: self.sender.to_string(),
                actor: self.sender.to_string(),
                data: format!("up to {}, {}", self.sequence, self.sha256),
            });
        }
        Ok(Ok(()))
    }
}
