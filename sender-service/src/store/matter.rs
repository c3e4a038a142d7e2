//! What the clocks of transmissions depend on.

use std::collections::{HashMap, HashSet};

use framme_shared::{
    db::{StoreError, rows::ManyRows},
    domain::{clocks::Feedback, escalation::Facts, ids::TransmissionId, report::Urgency},
};
use sqlx::AnyConnection;

use super::{child, columns::Reader};

const FACTS: ManyRows = ManyRows {
    head: "-- matter::facts
SELECT transmission.transmission_id, report.report_type, report.urgency, transmission.submitted_at, transmission.received_at,
    report.phone_calls, report.phone_reached
FROM transmission
JOIN report ON report.report_id = transmission.report_id
WHERE transmission.transmission_id IN (VALUES",
    columns: 1,
    tail: ")",
};

/// The facts of these transmissions; unknown ids are left out.
pub async fn facts(
    conn: &mut AnyConnection,
    transmissions: &[TransmissionId],
) -> Result<HashMap<TransmissionId, Facts>, StoreError> {
    let rows = FACTS
        .fetch_all(&mut *conn, transmissions, |query, transmission| {
            query.bind(transmission.to_string())
        })
        .await?;
    let mut facts = HashMap::with_capacity(rows.len());
    for row in &rows {
        let reader = Reader::new(row, "transmission", "transmission_id");
        let known = Facts {
            report_type: reader.parsed("report_type")?,
            urgency: reader.word("urgency", Urgency::parse)?,
            submitted_at: reader.time("submitted_at")?,
            received_at: reader.time_or_null("received_at")?,
            children: Vec::new(),
            nobody_reached: reader.count("phone_calls")? > 0 && reader.count("phone_reached")? == 0,
            unmanned: Vec::new(),
        };
        facts.insert(reader.parsed("transmission_id")?, known);
    }
    let mut sent_on = HashSet::new();
    for child in child::of_transmissions(conn, transmissions).await? {
        if child.moved_to.is_some() {
            sent_on.insert(child.transmission);
            continue;
        }
        if let Some(facts) = facts.get_mut(&child.transmission) {
            let told = Feedback::from(child.state.feedback());
            facts.children.push((child.state, told));
        }
    }
    // A transmission all of whose children another one carries now keeps no clock running: their clocks go on there. One
    // that has no child left at all keeps every clock running, for what is not proven is not done.
    facts.retain(|transmission, facts| !facts.children.is_empty() || !sent_on.contains(transmission));
    Ok(facts)
}
