//! Pages of the work list.

use framme_shared::domain::ids::TransmissionId;

use super::view::Visible;
use crate::{
    authority::{Caller, Holder, Reach, Role, Rpc, rule},
    core::Core,
    error::Refusal,
    store::work_list::{self, Position, Scope},
};

/// A page token that none of our answers had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the next_page_token of a page before")]
pub struct InvalidPageToken;

/// A page.
#[derive(Debug)]
pub struct Page {
    /// Its entries.
    pub entries: Vec<Visible>,
    /// For the next page; empty on the last.
    pub next: String,
}

/// Most urgent and oldest first, from the page after `token`.
///
/// # Errors
/// Those of the database. The caller must be one that may list.
pub async fn list(
    core: &Core,
    caller: &Caller,
    waiting_only: bool,
    position: &Position,
    size: u32,
) -> Result<Page, Refusal> {
    let Some(scope) = scope_of(caller, Rpc::ListTransmissions) else {
        return Ok(Page {
            entries: Vec::new(),
            next: String::new(),
        });
    };
    // One more than asked for tells whether there is a next page.
    let mut entries = work_list::page(core.db.reader(), &scope, waiting_only, position, size + 1).await?;
    let has_more = entries.len() > size as usize;
    entries.truncate(size as usize);
    let next = match entries.last() {
        Some(last) if has_more => encode(&last.position()),
        _ => String::new(),
    };
    let entries = entries
        .into_iter()
        .filter_map(|entry| Visible::to(caller, Rpc::ListTransmissions, entry))
        .collect();
    Ok(Page { entries, next })
}

/// What the database is asked for by a call that lists: at least what the caller reaches, by the caller's widest role.
pub(super) fn scope_of(caller: &Caller, rpc: Rpc) -> Option<Scope> {
    match &caller.holder {
        Holder::CaseSystem(_) => Some(Scope::Everything),
        Holder::Person(access) => {
            let reaches = |reach| {
                access
                    .roles
                    .iter()
                    .any(|role| rule(rpc, Role::Staff(*role)).is_some_and(|rule| rule.reach == reach))
            };
            if reaches(Reach::Everything) {
                Some(Scope::Everything)
            } else if reaches(Reach::Served) {
                Some(Scope::Served {
                    areas: access.areas.stored().to_owned(),
                    staff: access.staff.clone(),
                })
            } else {
                reaches(Reach::Own).then(|| Scope::Own(access.staff.clone()))
            }
        }
    }
}

fn encode(position: &Position) -> String {
    format!(
        "{}.{}.{}",
        position.urgency_rank, position.submitted_at, position.transmission
    )
}

/// The position that a page token stands for; the empty one is the start.
///
/// # Errors
/// [`InvalidPageToken`].
pub fn position_of(token: &str) -> Result<Position, InvalidPageToken> {
    if token.is_empty() {
        return Ok(Position::start());
    }
    let mut parts = token.splitn(3, '.');
    let mut next = || parts.next().ok_or(InvalidPageToken);
    let (rank, submitted, transmission) = (next()?, next()?, next()?);
    TransmissionId::parse(transmission).map_err(|_| InvalidPageToken)?;
    Ok(Position {
        urgency_rank: rank.parse().map_err(|_| InvalidPageToken)?,
        submitted_at: submitted.parse().map_err(|_| InvalidPageToken)?,
        transmission: transmission.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_token_leads_back_to_its_position() {
        let position = Position {
            urgency_rank: 1,
            submitted_at: 1_700_000_000_000_000,
            transmission: "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20".to_owned(),
        };
        assert_eq!(position_of(&encode(&position)), Ok(position));
        assert_eq!(position_of(""), Ok(Position::start()));
    }

    #[test]
    fn another_token_is_refused() {
        for token in ["1", "1.2", "1.2.x", "a.2.6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20", "."] {
            assert_eq!(position_of(token), Err(InvalidPageToken), "{token}");
        }
    }
}
