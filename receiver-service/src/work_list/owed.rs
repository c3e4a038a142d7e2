//! Pages of what this service owes, and of what it told that nobody at the police has confirmed.

use framme_shared::domain::lifecycle::Terms;
use jiff::Timestamp;

use super::list::{InvalidPageToken, scope_of};
use crate::{
    authority::{Caller, Rpc},
    core::Core,
    error::Refusal,
    store::owed::{self, Owed, Position},
};

/// What each duty's time is. One place, for whoever brings a policy.
pub const TERMS: Terms = Terms::OF_LAW;

/// A page.
#[derive(Debug)]
pub struct OwedPage {
    /// Its entries.
    pub entries: Vec<Owed>,
    /// For the next page; empty on the last.
    pub next: String,
}

/// Soonest or longest overdue first, from the page after `position`.
///
/// # Errors
/// Those of the database. The caller must be one that may list.
pub async fn owed(
    core: &Core,
    caller: &Caller,
    late_only: bool,
    position: &Position,
    size: u32,
) -> Result<OwedPage, Refusal> {
    let Some(scope) = scope_of(caller, Rpc::ListOwedFeedback) else {
        return Ok(OwedPage {
            entries: Vec::new(),
            next: String::new(),
        });
    };
    let before = if late_only { core.clock.now() } else { Timestamp::MAX };
    // One more than asked for tells whether there is a next page.
    let mut entries = owed::page(core.db.reader(), &scope, &TERMS, before, position, size + 1).await?;
    let has_more = entries.len() > size as usize;
    entries.truncate(size as usize);
    let next = match entries.last() {
        Some(last) if has_more => format!("{}.{}", last.position.due, last.position.key),
        _ => String::new(),
    };
    Ok(OwedPage { entries, next })
}

/// The position that a page token stands for; the empty one is the start.
///
/// # Errors
/// [`InvalidPageToken`].
pub fn owed_position_of(token: &str) -> Result<Position, InvalidPageToken> {
    if token.is_empty() {
        return Ok(Position::start());
    }
    let (due, key) = token.split_once('.').ok_or(InvalidPageToken)?;
    let is_key = key.split('/').count() == 4 && key.bytes().all(|byte| byte.is_ascii_graphic());
    match due.parse() {
        Ok(due) if is_key => Ok(Position {
            due,
            key: key.to_owned(),
        }),
        _ => Err(InvalidPageToken),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_token_is_refused() {
        assert_eq!(owed_position_of(""), Ok(Position::start()));
        for token in ["1", "x.a/b/c/d", "1.a/b", "1.a/b/c/\u{7}"] {
            assert_eq!(owed_position_of(token), Err(InvalidPageToken), "{token}");
        }
        assert!(owed_position_of("-1.a/b/review/owed").is_ok());
    }
}
