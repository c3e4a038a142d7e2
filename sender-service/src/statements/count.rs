//! Counts the entries of a day, in the memory of a page of them.

use framme_shared::{
    db::StoreError,
    domain::{
        organisation::OrganisationNumber,
        statement::{Bounds, Chain, Look, Numbers, Receipts, StatementClaims, Tally, TallyOfDay, bounds},
    },
};
use sqlx::AnyPool;

use crate::store::entry;

/// Entries read at once.
const PAGE: i64 = 1_000;

/// The transmissions of a day, and those of them that receipts up to a number prove to be held.
pub(super) struct Counts {
    pub(super) all: Tally,
    pub(super) proven: Tally,
}

/// Counts what was submitted for this receiver in a day.
pub(super) async fn count(
    pool: &AnyPool,
    receiver: &OrganisationNumber,
    day: &Bounds,
    up_to: u64,
) -> Result<Counts, StoreError> {
    let (mut all, mut proven) = (TallyOfDay::default(), TallyOfDay::default());
    let mut left = entry::ends(pool, receiver, day).await?;
    while let Some(numbers) = left {
        let page = entry::page(pool, receiver, numbers, PAGE).await?;
        // A clock that was set back gives a day's numbers to another day in between.
        for counted in page.iter().filter(|counted| day.contain(counted.entry.submitted_at)) {
            all.add(&counted.entry);
            if counted.receipted_by.is_some_and(|by| by <= up_to) {
                proven.add(&counted.entry);
            }
        }
        left = page
            .last()
            .filter(|last| last.entry.number < numbers.last)
            .map(|last| Numbers {
                first: last.entry.number + 1,
                last: numbers.last,
            });
    }
    Ok(Counts {
        all: all.finish(),
        proven: proven.finish(),
    })
}

/// Looks at the own entries with the receiver's statement in hand.
pub(super) async fn look(
    pool: &AnyPool,
    receiver: &OrganisationNumber,
    stated: &StatementClaims,
) -> Result<Look, StoreError> {
    let chain = chain_at(pool, receiver, &stated.receipts).await?;
    let counts = match bounds(stated.day) {
        Some(day) => count(pool, receiver, &day, stated.receipts.last).await?,
        None => Counts {
            all: TallyOfDay::default().finish(),
            proven: TallyOfDay::default().finish(),
        },
    };
    Ok(Look {
        chain,
        all: counts.all,
        proven: counts.proven,
    })
}

async fn chain_at(pool: &AnyPool, receiver: &OrganisationNumber, stated: &Receipts) -> Result<Chain, StoreError> {
    if stated.last == 0 {
        return Ok(Chain::Same);
    }
    Ok(match entry::receipt_digest(pool, receiver, stated.last).await? {
        Some(digest) if digest == stated.head => Chain::Same,
        Some(_) => Chain::Other,
        None => Chain::Beyond,
    })
}
