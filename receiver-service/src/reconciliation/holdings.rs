//! The tree over what lies in storage, and the entries of leaves.

use framme_shared::{
    db::StoreError,
    domain::{
        organisation::OrganisationNumber,
        receipt::MAX_SEQUENCE,
        reconciliation::{Entry, LEAF_NUMBERS, Period, Tree, TreeBuilder, numbers_of_leaf},
    },
};

use crate::{core::Core, store::holdings};

/// Transmissions of one statement.
const PAGE: u32 = 1_000;

/// The tree over what is held of a sender in a period, read in pages.
pub(super) async fn tree(core: &Core, sender: &OrganisationNumber, period: &Period) -> Result<Tree, StoreError> {
    let (mut builder, mut next) = (TreeBuilder::default(), 1);
    loop {
        let page = holdings::entries(core.db.reader(), sender, period, (next, MAX_SEQUENCE), PAGE).await?;
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

/// What lies in storage now for these leaves, which are in order.
pub(super) async fn leaves(
    core: &Core,
    sender: &OrganisationNumber,
    period: &Period,
    leaves: &[u64],
) -> Result<Vec<Entry>, StoreError> {
    let mut entries = Vec::new();
    for run in leaves.chunk_by(|one, next| one + 1 == *next) {
        let (first, _) = numbers_of_leaf(run[0]);
        let (_, last) = numbers_of_leaf(run[run.len() - 1]);
        let most = run.len() as u64 * LEAF_NUMBERS;
        let limit = u32::try_from(most).unwrap_or(u32::MAX);
        entries.extend(holdings::entries(core.db.reader(), sender, period, (first, last), limit).await?);
    }
    Ok(entries)
}
