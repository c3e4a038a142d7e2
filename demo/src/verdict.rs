//! After the run: is every report there once, and is nothing green that should not be?

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use framme_shared::wire::pb::{
    receiver as receiver_pb,
    report::Stage,
    sender::{ReportState, Standing},
};

use crate::{
    replay::{all_reports, children},
    world::{ReceiverNode, World},
};

/// What was found, in reports. All must be 0 after a run in which every child was assigned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Submitted with success, and unknown to the sender, or with a child that no receiver has.
    pub lost: usize,
    /// On both sides, and not delivered.
    pub not_delivered: usize,
    /// With a child that receivers have more than once, or not submitted at all.
    pub duplicated: usize,
    /// Delivered at the sender, with a child that has no caseworker at its receiver.
    pub falsely_delivered: usize,
}

impl Verdict {
    /// Compares what was submitted with what both sides hold.
    pub async fn of(world: &World, submitted: &HashSet<String>) -> anyhow::Result<Self> {
        let held = held_children(world).await?;
        let reports: HashMap<String, ReportState> = all_reports(world)
            .await?
            .into_iter()
            .map(|report| (report.report_id.clone(), report))
            .collect();

        let invented = reports.keys().filter(|id| !submitted.contains(*id)).count();
        let mut verdict = Self {
            lost: 0,
            not_delivered: 0,
            duplicated: invented,
            falsely_delivered: 0,
        };
        for id in submitted {
            let Some(report) = reports.get(id) else {
                verdict.lost += 1;
                continue;
            };
            let copies: Vec<&[bool]> = children(std::slice::from_ref(report))
                .map(|child| held.get(&child.child_id).map_or(&[][..], Vec::as_slice))
                .collect();
            let delivered = report.standing == i32::from(Standing::Delivered);
            let lost = copies.iter().any(|copies| copies.is_empty());
            verdict.lost += usize::from(lost);
            verdict.not_delivered += usize::from(!lost && !delivered);
            verdict.duplicated += usize::from(copies.iter().any(|copies| copies.len() > 1));
            verdict.falsely_delivered += usize::from(delivered && copies.concat().contains(&false));
        }
        Ok(verdict)
    }

    /// Nothing was found.
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }
}

/// Every child at every receiver: for each copy of it, whether it has a caseworker.
async fn held_children(world: &World) -> anyhow::Result<HashMap<String, Vec<bool>>> {
    let delivered = [i32::from(Stage::Assigned), i32::from(Stage::Assessed)];
    let mut held: HashMap<String, Vec<bool>> = HashMap::new();
    for receiver in &world.receivers {
        for child in all_transmissions(receiver)
            .await?
            .into_iter()
            .flat_map(|transmission| transmission.children)
        {
            held.entry(child.child_id)
                .or_default()
                .push(delivered.contains(&child.stage));
        }
    }
    Ok(held)
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
            "lost {}, not delivered {}, duplicated {}, falsely delivered {}",
            self.lost, self.not_delivered, self.duplicated, self.falsely_delivered
        )
    }
}
