//! Where the clocks of what was received find what they depend on.

use std::collections::HashMap;

use framme_shared::{
    db::{StoreError, Tx, deadlines::Matters},
    domain::{escalation::Facts, ids::TransmissionId},
};

use crate::store::matter;

/// Transmissions as this receiver holds them. Intake leaders and duty are there while somebody active in that role serves
/// every area of the children; the other rungs while they have contacts.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReceivedMatters;

impl Matters for ReceivedMatters {
    async fn load<'a>(
        &'a self,
        tx: &'a mut Tx,
        transmissions: &'a [TransmissionId],
    ) -> Result<HashMap<TransmissionId, Facts>, StoreError> {
        matter::facts(tx.conn(), transmissions).await
    }
}
