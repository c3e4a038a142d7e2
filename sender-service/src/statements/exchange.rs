//! What the receiver answers: verified, compared, stored.

use framme_shared::{
    db::{
        StoreError,
        statements::{KeepPeer, Kept, NewText},
        tasks::Desk,
    },
    domain::statement::{Numbers, Side, StatementClaims, StatementError, View, compare, verify},
};
use jiff::civil::Date;
use sqlx::AnyPool;

use super::count::look;
use crate::{context::Context, peer::Peer, store::entry};

/// Why an answer was not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotTaken {
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is not believed.
    #[error("the receiver's statement is not believed")]
    Statement(#[from] StatementError),
    /// It is of another day than was asked for.
    #[error("the receiver's statement is of another day")]
    WrongDay,
    /// The receiver has answered with another one before.
    #[error("the receiver makes two statements of one day")]
    Another,
}

/// The receiver's statement, if it is one of this pair.
pub(super) fn believe(context: &Context, peer: &Peer, text: &str) -> Result<StatementClaims, StatementError> {
    let verifier = peer.trust.verifier();
    verify(verifier.jws(), text, &peer.pair, Side::Receiver, context.clock.now())
}

/// Takes the receiver's statement of a day.
pub(super) async fn take(context: &Context, peer: &Peer, day: Date, text: String) -> Result<(), NotTaken> {
    let claims = believe(context, peer, &text)?;
    if claims.day != day {
        return Err(NotTaken::WrongDay);
    }
    let (pool, receiver) = (context.database.reader(), peer.organisation());
    let verdict = compare(&look(pool, &receiver, &claims).await?, &claims);
    let keep = KeepPeer {
        peer: receiver,
        day,
        lacking: lacking(pool, peer, &claims).await?,
        theirs: NewText {
            text,
            made_at: claims.time,
        },
        own: None,
        verdict,
        desk: Desk::District,
    };
    match context.database.change(keep).await? {
        Kept::Stored(_) => Ok(()),
        Kept::Another => Err(NotTaken::Another),
    }
}

/// The ranges of numbers that the receiver says it lacks, and in which there is one that it has receipted; for people.
async fn lacking(pool: &AnyPool, peer: &Peer, stated: &StatementClaims) -> Result<Option<String>, StoreError> {
    let View::Receiver { lacks } = &stated.view else {
        return Ok(None);
    };
    let mut found = Vec::new();
    for range in lacks {
        let first = entry::receipted_among(pool, &peer.organisation(), *range, stated.receipts.last).await?;
        if first.is_some() {
            found.push(written(*range));
        }
    }
    Ok(Some(found.join(", ")).filter(|found| !found.is_empty()))
}

fn written(range: Numbers) -> String {
    if range.first == range.last {
        range.first.to_string()
    } else {
        format!("{}-{}", range.first, range.last)
    }
}
