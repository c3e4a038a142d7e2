//! Counts the entries of a day, in the memory of a page of them.

use framme_shared::{
    db::StoreError,
    domain::{
        organisation::OrganisationNumber,
        statement::{Bounds, Chain, Look, Numbers, Receipts, StatementClaims, Tally, TallyOfDay, bounds},
    },
};
use sqlx::AnyPool;

use crate::store::{entry, receipt};

/// Entries read at once.
const PAGE: u32 = 1_000;

/// Counts what this sender submitted in a day and is receipted by this receipt or one before it.
pub(super) async fn count(
    pool: &AnyPool,
    sender: &OrganisationNumber,
    day: &Bounds,
    up_to: u64,
) -> Result<Tally, StoreError> {
    let mut tally = TallyOfDay::default();
    let mut left = entry::ends(pool, sender, day, up_to).await?;
    while let Some(numbers) = left {
        let page = entry::page(pool, sender, numbers, up_to, PAGE).await?;
        // A clock that was set back gives a day's numbers to another day in between.
        let of_day = page.iter().filter(|entry| day.contain(entry.submitted_at));
        of_day.for_each(|entry| tally.add(entry));
        left = page
            .last()
            .filter(|last| last.number < numbers.last)
            .map(|last| Numbers {
                first: last.number + 1,
                last: numbers.last,
            });
    }
    Ok(tally.finish())
}

/// Looks at the own entries with the sender's statement in hand.
pub(super) async fn look(
    pool: &AnyPool,
    sender: &OrganisationNumber,
    stated: &StatementClaims,
) -> Result<Look, StoreError> {
    let chain = chain_at(pool, sender, &stated.receipts).await?;
    let proven = match bounds(stated.day) {
        Some(day) => count(pool, sender, &day, stated.receipts.last).await?,
        None => TallyOfDay::default().finish(),
    };
    // What the sender has sent beyond that, only the sender can say.
    Ok(Look {
        chain,
        all: proven,
        proven,
    })
}

async fn chain_at(pool: &AnyPool, sender: &OrganisationNumber, stated: &Receipts) -> Result<Chain, StoreError> {
    if stated.last == 0 {
        return Ok(Chain::Same);
    }
    Ok(match receipt::find(pool, sender, stated.last).await? {
        Some(receipt) if receipt.sha256 == stated.head => Chain::Same,
        Some(_) => Chain::Other,
        None => Chain::Beyond,
    })
}
