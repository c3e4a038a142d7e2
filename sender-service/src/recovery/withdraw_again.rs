//! What a receiver had taken back on the sender's word, and of which no receipt came before it was set back.

use framme_shared::{
    db::{Change, StoreError, Tx},
    domain::organisation::OrganisationNumber,
};

use crate::{context::Context, peer::Peer, store::withdrawal};

/// Asks again for what was withdrawn and is not by its receipts. A repetition of what still holds changes nothing there.
pub(super) async fn withdraw_again(context: &Context, peer: &Peer) -> Result<(), StoreError> {
    let receiver = peer.organisation();
    if context.database.change(WithdrawAgain { receiver }).await? > 0 {
        context.windows.ring(&receiver);
    }
    Ok(())
}

struct WithdrawAgain {
    receiver: OrganisationNumber,
}

impl Change for WithdrawAgain {
    /// How many.
    type Outcome = u64;
    type Error = StoreError;

    async fn apply(&self, tx: &mut Tx) -> Result<u64, StoreError> {
        let at = tx.at();
        withdrawal::ask_again(tx.conn(), &self.receiver, at).await
    }
}
