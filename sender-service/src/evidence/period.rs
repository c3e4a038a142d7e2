//! Which transmissions and receipts a period is about.

use framme_shared::{
    db::StoreError,
    domain::{digest::Digest, evidence::Chain, organisation::OrganisationNumber, receipt::stored_claims},
};
use jiff::Timestamp;
use sqlx::AnyPool;

use crate::store::{
    period::{self, Part},
    receipt::{self, StoredReceipt},
    receiver,
};

/// The part of the exchange with a receiver that a period is about, and the part of the chain of receipts that encloses
/// it. `None` when there is no such receiver.
pub(super) async fn part(
    pool: &AnyPool,
    receiver: OrganisationNumber,
    (from, until): (Timestamp, Timestamp),
) -> Result<Option<(Part, Chain)>, StoreError> {
    let Some(row) = receiver::look_up(pool, &receiver).await? else {
        return Ok(None);
    };
    let head = row.last_receipt;
    let transmissions = period::submitted(pool, &receiver, from, until).await?;
    // From the receipt before the first of the period to the one after its last: they show that none is left out.
    let begins = first_from(pool, &receiver, head, from).await?.saturating_sub(1).max(1);
    let ends = first_from(pool, &receiver, head, until).await?.min(head);
    let after = begins - 1;
    let chain = if head == 0 {
        Chain {
            after: 0,
            prev: Digest::ZERO,
            last: 0,
            digest: Digest::ZERO,
        }
    } else {
        Chain {
            after,
            prev: digest_of(pool, &receiver, after).await?,
            last: ends,
            digest: digest_of(pool, &receiver, ends).await?,
        }
    };
    let part = Part {
        receiver,
        transmissions: transmissions.unwrap_or((1, 0)),
        receipts: (begins, chain.last),
    };
    Ok(Some((part, chain)))
}

/// The number of the first receipt that is dated at this time or later; one more than `head` for none. By halves: the
/// times of a chain rise, as far as the receiver's clock does. Whoever reads the package checks where it ends.
async fn first_from(
    pool: &AnyPool,
    receiver: &OrganisationNumber,
    head: u64,
    time: Timestamp,
) -> Result<u64, StoreError> {
    let (mut low, mut high) = (1, head + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        // One that is gone from the database is missing in the package, where it is named.
        let stored = next(pool, receiver, middle)
            .await?
            .filter(|stored| stored.sequence < high);
        match stored {
            Some(stored) if stated(&stored)? < time => low = stored.sequence + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

async fn digest_of(pool: &AnyPool, receiver: &OrganisationNumber, number: u64) -> Result<Digest, StoreError> {
    if number == 0 {
        return Ok(Digest::ZERO);
    }
    Ok(numbered(pool, receiver, number).await?.sha256)
}

async fn numbered(pool: &AnyPool, receiver: &OrganisationNumber, number: u64) -> Result<StoredReceipt, StoreError> {
    let found = next(pool, receiver, number).await?;
    found
        .filter(|stored| stored.sequence == number)
        .ok_or_else(|| damaged("sequence", number))
}

/// The first receipt that is there with this number or a higher one.
async fn next(pool: &AnyPool, receiver: &OrganisationNumber, number: u64) -> Result<Option<StoredReceipt>, StoreError> {
    let page = receipt::page(pool, receiver, number - 1, 1).await?;
    Ok(page.into_iter().next())
}

fn stated(stored: &StoredReceipt) -> Result<Timestamp, StoreError> {
    let claims = stored_claims(&stored.jws).ok_or_else(|| damaged("jws", stored.sequence))?;
    Ok(claims.time)
}

fn damaged(column: &'static str, number: u64) -> StoreError {
    StoreError::Corrupt {
        table: "receipt",
        column,
        row: number.to_string(),
    }
}
