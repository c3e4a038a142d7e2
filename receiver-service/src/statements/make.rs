//! The receiver's own statement of a day.

use framme_shared::{
    db::{
        StoreError,
        statements::{KeepOwn, NewText},
    },
    domain::{
        digest::Digest,
        organisation::OrganisationNumber,
        receipt::Pair,
        statement::{InvalidStatement, NotSigned, Receipts, StatementClaims, Transmissions, View, bounds, sign},
    },
    wire::status::{Cause, Failure},
};
use jiff::civil::Date;

use super::count::count;
use crate::{
    core::Core,
    error::Refusal,
    store::{entry, peer},
};

/// The pair of this receiver and a sender.
pub(super) fn pair_with(core: &Core, sender: OrganisationNumber) -> Pair {
    Pair {
        sender,
        receiver: core.notary.organisation(),
    }
}

/// Makes the statement of a day that has ended, without storing it.
pub(super) async fn write(core: &Core, sender: OrganisationNumber, day: Date) -> Result<NewText, Refusal> {
    let claims = claims(core, sender, day).await?;
    let text = sign(&core.notary.signing().signer(), &claims).map_err(unsigned)?;
    Ok(NewText {
        text,
        made_at: claims.time,
    })
}

/// Makes it and stores it, unless there is one.
pub(super) async fn make(core: &Core, sender: OrganisationNumber, day: Date) -> Result<(), Refusal> {
    let keep = KeepOwn {
        peer: sender,
        day,
        new: write(core, sender, day).await?,
    };
    core.db.change(keep).await?;
    Ok(())
}

async fn claims(core: &Core, sender: OrganisationNumber, day: Date) -> Result<StatementClaims, Refusal> {
    let pool = core.db.reader();
    let ends = bounds(day).ok_or_else(|| unsigned(NotSigned::Claims(InvalidStatement::Day)))?;
    // First, so that what is counted is what these receipts prove, whatever is receipted while it is counted.
    let receipts = head(core, &sender).await?;
    let last = entry::last_before(pool, &sender, ends.until, receipts.last).await?;
    Ok(StatementClaims {
        pair: pair_with(core, sender),
        day,
        time: core.clock.now(),
        transmissions: Transmissions {
            tally: count(pool, &sender, &ends, receipts.last).await?,
            last,
        },
        view: View::Receiver {
            lacks: entry::lacking(pool, &sender, last, receipts.last).await?,
        },
        receipts,
        software: core.notary.software.clone(),
    })
}

async fn head(core: &Core, sender: &OrganisationNumber) -> Result<Receipts, StoreError> {
    let found = peer::find(core.db.reader(), sender).await?;
    Ok(found.map_or(
        Receipts {
            last: 0,
            head: Digest::ZERO,
        },
        |peer| Receipts {
            last: peer.last_sequence,
            head: peer.last_sha256,
        },
    ))
}

fn unsigned(error: NotSigned) -> Refusal {
    Failure::Internal(Cause::of(&error)).into()
}
