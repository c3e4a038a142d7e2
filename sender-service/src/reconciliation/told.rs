//! What the receipts say of a transmission when they are read again from the first.

use std::collections::HashMap;

use framme_shared::{
    db::StoreError,
    domain::{
        ids::{ChildId, TransmissionId},
        lifecycle::{ChildState, Event},
        receipt::{ReceiptClaims, Statement},
    },
};
use jiff::Timestamp;

use crate::{context::Context, peer::Peer, store::receipt};

/// The verified receipts of one transmission, in order.
#[derive(Debug, Default)]
pub(super) struct Receipts(Vec<ReceiptClaims>);

impl Receipts {
    /// Where the receipts lead a child. One that the receiver stored anew, after it lost it, begins anew.
    pub(super) fn state_of(&self, child: ChildId) -> ChildState {
        let mut state = ChildState::Queued {
            since: Timestamp::UNIX_EPOCH,
        };
        for claims in &self.0 {
            if claims.child.is_some_and(|of| of != child) {
                continue;
            }
            let before = match claims.statement {
                Statement::Stored => ChildState::Queued { since: claims.time },
                _ => state.clone(),
            };
            state = match claims.statement.event() {
                // What cannot follow was a fault when it came, or was about other children of the transmission.
                Some(event) => before.learn(event, claims.time).unwrap_or(state),
                None => before.doubt(claims.time),
            };
        }
        state
    }

    /// When the receiver stored it last, by its own clock.
    pub(super) fn stored_at(&self) -> Option<Timestamp> {
        let stored = self
            .0
            .iter()
            .filter(|claims| claims.statement.event() == Some(Event::Store));
        stored.map(|claims| claims.time).next_back()
    }
}

/// Reads and verifies the receipts of these transmissions. Transmissions with a receipt that does not verify now are left
/// out: nothing is concluded from half a story.
pub(super) async fn told(
    context: &Context,
    peer: &Peer,
    transmissions: &[TransmissionId],
) -> Result<HashMap<TransmissionId, Receipts>, StoreError> {
    let mut conn = context.database.reader().acquire().await?;
    let stored = receipt::of_transmissions(&mut conn, transmissions).await?;
    drop(conn);
    let mut told: HashMap<TransmissionId, Option<Receipts>> = HashMap::new();
    let now = context.clock.now();
    for stored in stored.iter().filter(|stored| stored.receiver == peer.organisation()) {
        let of = told
            .entry(stored.transmission)
            .or_insert_with(|| Some(Receipts::default()));
        match (peer.trust.verify(&stored.jws, &peer.pair, now), &mut *of) {
            (Ok(receipt), Some(receipts)) => receipts.0.push(receipt.into_claims()),
            _ => *of = None,
        }
    }
    Ok(told
        .into_iter()
        .filter_map(|(transmission, receipts)| Some((transmission, receipts?)))
        .collect())
}
