//! Prints each stage of a report as the sender learns of it.

use std::collections::HashMap;

use anyhow::Context as _;
use framme_shared::wire::pb::{
    report::{ChildState, Stage},
    sender::{FollowReportRequest, ReportState, Standing},
};

use crate::world::World;

/// Follows one report until `until` holds, and prints what changes for each child and for the report.
pub(super) async fn follow(
    world: &World,
    report_id: &str,
    until: impl Fn(&ReportState) -> bool,
) -> anyhow::Result<ReportState> {
    let request = FollowReportRequest {
        report_id: report_id.to_owned(),
    };
    let mut changes = world.sender.desk()?.follow_report(request).await?.into_inner();
    let mut told = HashMap::new();
    loop {
        let report = changes
            .message()
            .await?
            .and_then(|change| change.report)
            .context("the sender ended the stream")?;
        for (index, child) in report.transmissions.iter().flat_map(|part| &part.children).enumerate() {
            if told.insert(child.child_id.clone(), child.stage) != Some(child.stage) {
                println!("    child {}: {}", index + 1, describe(child));
            }
        }
        if until(&report) {
            println!("    the report is {}", standing(&report));
            return Ok(report);
        }
    }
}

fn describe(child: &ChildState) -> String {
    match Stage::try_from(child.stage).unwrap_or(Stage::Unspecified) {
        Stage::Queued => "L0 queued: the sender holds it".to_owned(),
        Stage::Stored => "L1 stored: the receiver read it back from its storage and signed for it".to_owned(),
        Stage::Opened => "L2 opened by a person".to_owned(),
        Stage::Registered => "L3 registered with a case number".to_owned(),
        Stage::Assigned => format!("L4 ASSIGNED to caseworker {}", child.assigned_staff_id),
        Stage::Assessed => "L5 assessed".to_owned(),
        other => other.as_str_name().to_owned(),
    }
}

/// In a word.
pub(super) fn standing(report: &ReportState) -> &'static str {
    match Standing::try_from(report.standing).unwrap_or(Standing::Unspecified) {
        Standing::Delivered => "DELIVERED",
        Standing::Closed => "closed by a named person",
        Standing::Open | Standing::Unspecified => "open: not delivered",
    }
}
