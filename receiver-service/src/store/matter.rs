//! What the clocks of transmissions depend on.

use std::collections::{HashMap, HashSet};

use framme_shared::{
    db::{StoreError, rows::ManyRows},
    domain::{
        clocks::Feedback,
        escalation::{Facts, Rung},
        ids::TransmissionId,
        lifecycle::Stage,
        staff_role::StaffRole,
    },
};
use sqlx::AnyConnection;

use super::{
    child,
    columns::{self, Columns},
    staff,
};
use crate::staff::Access;

const FACTS: ManyRows = ManyRows {
    head: "-- matter::facts
        SELECT transmission_id, report_type, urgency_rank, submitted_at, stored_at
        FROM transmission
        WHERE transmission_id IN (VALUES",
    columns: 1,
    tail: ")",
};

/// The facts of these transmissions; unknown ids are left out. Children that this service has rejected or redirected are
/// not its own any more: the sender keeps their clocks.
pub async fn facts(
    connection: &mut AnyConnection,
    transmissions: &[TransmissionId],
) -> Result<HashMap<TransmissionId, Facts>, StoreError> {
    let rows = FACTS
        .fetch_all(&mut *connection, transmissions, |query, id| query.bind(id.to_string()))
        .await?;
    let mut facts = HashMap::with_capacity(rows.len());
    for row in &rows {
        let columns = Columns::keyed(row, "transmission", "transmission_id")?;
        let known = Facts {
            report_type: columns::report_type(&columns)?,
            urgency: columns::urgency(&columns)?,
            submitted_at: columns.time("submitted_at")?,
            received_at: columns.opt_time("stored_at")?,
            children: Vec::new(),
            nobody_reached: false,
            unmanned: Vec::new(),
        };
        facts.insert(columns.parsed("transmission_id")?, known);
    }
    let mut areas: HashMap<TransmissionId, HashSet<String>> = HashMap::new();
    let mut gone_elsewhere = HashSet::new();
    for (transmission, child) in child::of_transmissions(connection, transmissions).await? {
        if matches!(child.state.stage(), Stage::Rejected | Stage::Redirected) {
            gone_elsewhere.insert(transmission);
        } else if let Some(facts) = facts.get_mut(&transmission) {
            areas.entry(transmission).or_default().insert(child.area);
            let told = Feedback::from(child.state.feedback());
            facts.children.push((child.state, told));
        }
    }
    // A transmission all of whose children went elsewhere keeps no clock running here, unlike one of which none is left.
    facts.retain(|transmission, facts| !facts.children.is_empty() || !gone_elsewhere.contains(transmission));
    if !facts.is_empty() {
        let active = staff::active(connection).await?;
        for (transmission, facts) in &mut facts {
            let areas = areas.remove(transmission).unwrap_or_default();
            facts.unmanned = unmanned(&active, &areas);
        }
    }
    Ok(facts)
}

/// Rungs on which nobody is there who can see to each of these areas.
fn unmanned(active: &[Access], areas: &HashSet<String>) -> Vec<Rung> {
    let is_covered = |role| {
        let covers = |area: &String| {
            active
                .iter()
                .any(|one| one.roles.contains(role) && one.areas.cover(area))
        };
        areas.iter().all(covers)
    };
    let rungs = [
        (Rung::IntakeLeaders, StaffRole::IntakeLeader),
        (Rung::Duty, StaffRole::Duty),
    ];
    let unmanned = rungs.into_iter().filter(|(_, role)| !is_covered(*role));
    unmanned.map(|(rung, _)| rung).collect()
}
