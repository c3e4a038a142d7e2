//! Which areas this service answers for: what is configured, else what its staff register names; what senders say that they
//! send here; and wherever something waits. The second is what nobody had in 2018: reports came, and no register knew of it.

use std::collections::BTreeSet;

use framme_shared::domain::municipality::Area;

use crate::{staff::Areas, store::staffing::Member};

/// Every area to watch over. Numbers that a reform has retired are left out: no child has one.
pub(super) fn watched(
    configured: &[Area],
    people: &[Member],
    asked: &[Areas],
    waiting: impl Iterator<Item = String>,
) -> BTreeSet<Area> {
    let parsed = |text: &str| Area::parse(text).ok();
    let mut areas: BTreeSet<Area> = configured.iter().copied().collect();
    if configured.is_empty() {
        areas.extend(
            people
                .iter()
                .flat_map(|member| member.access.areas.iter().filter_map(parsed)),
        );
    }
    areas.extend(asked.iter().flat_map(|areas| areas.iter().filter_map(parsed)));
    let waiting: Vec<Area> = waiting.filter_map(|area| parsed(&area)).collect();
    for area in waiting {
        // One that is watched over as part of its municipality needs no watching of its own, unless that is divided.
        if area.municipality().is_divided() || !areas.iter().any(|watched| watched.covers(&area)) {
            areas.insert(area);
        }
    }
    areas
}
