//! The sender's own statement of a day.

use framme_shared::{
    db::{
        StoreError,
        statements::{KeepOwn, NewText},
    },
    domain::{
        receipt::{Pair, Software},
        statement::{InvalidStatement, NotSigned, Receipts, StatementClaims, Transmissions, View, bounds, sign},
    },
};
use jiff::civil::Date;

use super::count::count;
use crate::{
    context::Context,
    store::{entry, receiver},
};

/// Why a statement was not made.
#[derive(Debug, thiserror::Error)]
pub enum NotMade {
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It could not be signed.
    #[error("the statement could not be signed")]
    Sign(#[from] NotSigned),
}

/// Makes the statement of a day that has ended and stores it; the one that is stored when there is one already.
///
/// # Errors
/// See [`NotMade`].
pub async fn make(context: &Context, pair: Pair, day: Date) -> Result<String, NotMade> {
    let pool = context.database.reader();
    let ends = bounds(day).ok_or(NotSigned::Claims(InvalidStatement::Day))?;
    // First, so that what is counted is what these receipts prove, whatever comes while it is counted.
    let row = receiver::look_up(pool, &pair.receiver)
        .await?
        .ok_or(StoreError::Missing)?;
    let counts = count(pool, &pair.receiver, &ends, row.last_receipt).await?;
    let claims = StatementClaims {
        pair,
        day,
        time: context.clock.now(),
        transmissions: Transmissions {
            tally: counts.all,
            last: entry::last_before(pool, &pair.receiver, ends.until).await?,
        },
        view: View::Sender {
            receipted: counts.proven,
        },
        receipts: Receipts {
            last: row.last_receipt,
            head: row.last_receipt_sha256,
        },
        software: Software {
            name: "framme-sender".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
    };
    let keep = KeepOwn {
        peer: pair.receiver,
        day,
        new: NewText {
            text: sign(&context.signing.signer(), &claims)?,
            made_at: claims.time,
        },
    };
    Ok(context.database.change(keep).await?)
}
