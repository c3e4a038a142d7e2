//! Which rung is told, of those on which somebody is.

use super::ladder::Ladder;

/// A place on a ladder, and what was passed over for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) place: usize,
    pub(super) skipped: Vec<usize>,
    /// Nobody is there on any rung: the place is the last all the same.
    pub(super) nobody: bool,
}

/// The first rung from a place on with somebody there; where there is none, the highest one below, which is told again;
/// and where there is none at all, the last.
pub(super) fn choose(ladder: &Ladder, from: usize, is_manned: impl Fn(usize) -> bool) -> Choice {
    let all = 0..=ladder.last();
    let above = all.clone().find(|place| *place >= from && is_manned(*place));
    let found = above.or_else(|| all.clone().rev().find(|place| is_manned(*place)));
    let place = found.unwrap_or(ladder.last());
    // Below the place where the search began nothing is skipped: those were told, or are not to be.
    let passed = all.filter(|other| *other >= from && !is_manned(*other) && *other != place);
    let skipped = match above {
        Some(above) => passed.filter(|other| *other < above).collect(),
        None => passed.collect(),
    };
    Choice {
        place,
        skipped,
        nobody: found.is_none(),
    }
}
