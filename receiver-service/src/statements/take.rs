//! The sender's statement of a day: verified, compared, stored, and answered with the own one.

use framme_shared::{
    db::{
        statements::{self, KeepPeer, Kept, NewText},
        tasks::Desk,
    },
    domain::{
        jws::Kind,
        organisation::OrganisationNumber,
        statement::{Side, StatementClaims, bounds, compare, day_of, verify},
    },
    wire::status::{Cause, Failure},
};
use jiff::ToSpan as _;

use super::{
    count::look,
    make::{pair_with, write},
};
use crate::{core::Core, error::Refusal};

/// Days further back are not stated any more: each costs a reading of that day.
const MOST_DAYS_BACK: i32 = 400;

/// Takes a statement of this sender, and returns the receiver's own of the same day.
///
/// # Errors
/// `INVALID_FIELD` and `TOO_LARGE` when it is not believed, `CONTENT_DIFFERS`, and those of storage.
pub async fn take(core: &Core, sender: OrganisationNumber, text: &str) -> Result<String, Refusal> {
    let claims = believe(core, sender, text)?;
    let day = claims.day;
    let stored = statements::texts(core.db.reader(), &sender, day).await?;
    match (stored.peer, &stored.own) {
        (Some(first), Some(own)) if first == text => return Ok(own.clone()),
        (Some(first), _) if first != text => return Err(Failure::ContentDiffers.into()),
        _ => {}
    }
    let own = match stored.own {
        Some(_) => None,
        None => Some(write(core, sender, day).await?),
    };
    let keep = KeepPeer {
        peer: sender,
        day,
        verdict: compare(&look(core.db.reader(), &sender, &claims).await?, &claims),
        theirs: NewText {
            text: text.to_owned(),
            made_at: claims.time,
        },
        own,
        lacking: None,
        desk: Desk::Intake,
    };
    match core.db.change(keep).await? {
        Kept::Stored(Some(own)) => Ok(own),
        // It was there, or was to be stored by the same change.
        Kept::Stored(None) => Err(Failure::ConcurrentChange.into()),
        Kept::Another => Err(Failure::ContentDiffers.into()),
    }
}

/// The sender's statement, if it is one of this pair.
pub(super) fn believe(core: &Core, sender: OrganisationNumber, text: &str) -> Result<StatementClaims, Refusal> {
    let limit = Kind::Statement.most_bytes();
    if text.is_empty() {
        return Err(Failure::invalid_field("statement", "must be given").into());
    }
    if text.len() > limit {
        return Err(Failure::TooLarge {
            what: "a statement",
            limit: format!("{limit} bytes"),
        }
        .into());
    }
    let (verifier, now) = (core.trust.verifier(), core.clock.now());
    let verified = verify(verifier.jws(), text, &pair_with(core, sender), Side::Sender, now);
    let claims = verified.map_err(|error| {
        if error.is_ours() {
            Failure::Internal(Cause::of(&error))
        } else {
            Failure::invalid_field(
                "statement",
                format!(
                    "must be the caller's signed statement for this receiver: {}",
                    error.reason()
                ),
            )
        }
    })?;
    if bounds(claims.day).is_none_or(|day| now < day.until) {
        return Err(Failure::invalid_field("statement", "must be of a day that has ended").into());
    }
    let first = day_of(now).checked_sub(MOST_DAYS_BACK.days());
    if first.is_ok_and(|first| claims.day < first) {
        return Err(Failure::invalid_field("statement", "must be of one of the last 400 days").into());
    }
    Ok(claims)
}
