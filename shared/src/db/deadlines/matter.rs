//! Where a service finds what the clocks of its transmissions depend on.

use std::collections::HashMap;

use crate::db::{StoreError, Tx};
use crate::domain::escalation::Facts;
use crate::domain::ids::TransmissionId;

/// Where a service finds the facts.
pub trait Matters: Send + Sync + 'static {
    /// The facts of these transmissions; one that is not there any more is left out.
    fn load<'a>(
        &'a self,
        tx: &'a mut Tx,
        transmissions: &'a [TransmissionId],
    ) -> impl Future<Output = Result<HashMap<TransmissionId, Facts>, StoreError>> + Send + 'a;
}
