//! Where the clocks of what was sent find what they depend on.

use std::collections::HashMap;

use framme_shared::{
    db::{StoreError, Tx, deadlines::Matters},
    domain::{escalation::Facts, ids::TransmissionId},
};

use crate::store::matter;

/// Transmissions as the sender knows them: by its receipts. Its rungs are manned while they have contacts.
#[derive(Debug, Clone, Copy, Default)]
pub struct SentMatters;

impl Matters for SentMatters {
    async fn load<'a>(
        &'a self,
        tx: &'a mut Tx,
        transmissions: &'a [TransmissionId],
    ) -> Result<HashMap<TransmissionId, Facts>, StoreError> {
        matter::facts(tx.conn(), transmissions).await
    }
}
