//! The tree over what a receiver has confirmed to hold, and the entries of leaves.

use framme_shared::{
    db::StoreError,
    domain::{
        ids::TransmissionId,
        lifecycle::Stage,
        receipt::MAX_SEQUENCE,
        reconciliation::{ChildFact, Entry, LEAF_NUMBERS, Period, Tree, TreeBuilder, numbers_of_leaf},
    },
};

use super::told::told;
use crate::{context::Context, peer::Peer, store::holdings};

/// Transmissions of one statement.
const PAGE: u32 = 1_000;

/// The tree over what was handed over in a period, read in pages.
pub(super) async fn tree(context: &Context, peer: &Peer, period: &Period) -> Result<Tree, StoreError> {
    let (mut builder, mut next) = (TreeBuilder::default(), 1);
    loop {
        let page = entries(context, peer, period, (next, MAX_SEQUENCE), PAGE).await?;
        for entry in &page {
            // The statement yields numbers in order, and a table key forbids doubles.
            let added = builder.add(entry.sequence, &entry.digest());
            added.map_err(|_| StoreError::Corrupt {
                table: "transmission",
                column: "sequence",
                row: entry.transmission.to_string(),
            })?;
        }
        match page.last() {
            Some(last) if page.len() == PAGE as usize => next = last.sequence + 1,
            _ => return Ok(builder.finish()),
        }
    }
}

/// What was handed over of these leaves, which are in order, by what lies in storage now.
pub(super) async fn leaves(
    context: &Context,
    peer: &Peer,
    period: &Period,
    leaves: &[u64],
) -> Result<Vec<Entry>, StoreError> {
    let mut found = Vec::new();
    for run in leaves.chunk_by(|one, next| one + 1 == *next) {
        let (first, _) = numbers_of_leaf(run[0]);
        let (_, last) = numbers_of_leaf(run[run.len() - 1]);
        let most = u32::try_from(run.len() as u64 * LEAF_NUMBERS).unwrap_or(u32::MAX);
        found.extend(entries(context, peer, period, (first, last), most).await?);
    }
    Ok(found)
}

async fn entries(
    context: &Context,
    peer: &Peer,
    period: &Period,
    numbers: (u64, u64),
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    let reader = context.database.reader();
    let mut entries = holdings::entries(reader, &peer.organisation(), period, numbers, limit).await?;
    as_the_receiver_said(context, peer, &mut entries).await?;
    Ok(entries)
}

/// A closing is the sender's own, and no receiver hears of it: such a child is where the receipts left it.
async fn as_the_receiver_said(context: &Context, peer: &Peer, entries: &mut [Entry]) -> Result<(), StoreError> {
    let is_closed = |child: &ChildFact| child.stage == Stage::Closed.as_str();
    let closed: Vec<TransmissionId> = entries
        .iter()
        .filter(|entry| entry.children.iter().any(is_closed))
        .map(|entry| entry.transmission)
        .collect();
    if closed.is_empty() {
        return Ok(());
    }
    let told = told(context, peer, &closed).await?;
    for entry in entries {
        let Some(receipts) = told.get(&entry.transmission) else {
            continue;
        };
        for child in entry.children.iter_mut().filter(|child| is_closed(child)) {
            *child = ChildFact::of(child.child, &receipts.state_of(child.child));
        }
    }
    Ok(())
}
