//! After the run: is every report there once, and is nothing green that should not be?

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use framme_shared::wire::pb::{receiver as receiver_pb, report::Stage, sender::Standing};

use crate::{
    replay::all_reports,
    world::{ReceiverNode, World},
};

/// What was found. All must be 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Submitted with success, and not at the sender, not at its receiver, or not delivered after all were assigned.
    pub lost: usize,
    /// At a receiver more than once.
    pub duplicated: usize,
    /// Delivered at the sender, with a child that has no caseworker at the receiver.
    pub falsely_delivered: usize,
}

impl Verdict {
    /// Compares what was submitted with what both sides hold.
    pub async fn of(world: &World, submitted: &HashSet<String>) -> anyhow::Result<Self> {
        let mut at_receivers: HashMap<String, Vec<receiver_pb::TransmissionSummary>> = HashMap::new();
        for receiver in &world.receivers {
            for transmission in all_transmissions(receiver).await? {
                at_receivers
                    .entry(transmission.report_id.clone())
                    .or_default()
                    .push(transmission);
            }
        }
        let reports = all_reports(world).await?;
        let delivered: HashSet<&String> = reports
            .iter()
            .filter(|report| report.standing == i32::from(Standing::Delivered))
            .map(|report| &report.report_id)
            .collect();
        let is_assigned = |id: &String| {
            at_receivers
                .get(id)
                .is_some_and(|transmissions| transmissions.iter().all(every_child_is_assigned))
        };
        Ok(Self {
            lost: submitted
                .iter()
                .filter(|id| !delivered.contains(id) || !at_receivers.contains_key(*id))
                .count(),
            duplicated: reports.len().saturating_sub(submitted.len())
                + at_receivers
                    .values()
                    .filter(|transmissions| transmissions.len() > 1)
                    .count(),
            falsely_delivered: delivered.iter().filter(|id| !is_assigned(id)).count(),
        })
    }

    /// Nothing was found.
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }
}

fn every_child_is_assigned(transmission: &receiver_pb::TransmissionSummary) -> bool {
    let delivered = [i32::from(Stage::Assigned), i32::from(Stage::Assessed)];
    transmission
        .children
        .iter()
        .all(|child| delivered.contains(&child.stage))
}

async fn all_transmissions(receiver: &ReceiverNode) -> anyhow::Result<Vec<receiver_pb::TransmissionSummary>> {
    let mut client = receiver.intake_leader()?;
    let mut all = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = receiver_pb::ListTransmissionsRequest {
            page_size: 1_000,
            page_token,
            unassigned_only: false,
        };
        let page = client.list_transmissions(request).await?.into_inner();
        all.extend(page.transmissions);
        if page.next_page_token.is_empty() {
            return Ok(all);
        }
        page_token = page.next_page_token;
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "lost {}, duplicated {}, falsely delivered {}",
            self.lost, self.duplicated, self.falsely_delivered
        )
    }
}
