//! `receiver waiting`.

use framme_shared::{
    domain::staff_role::StaffRole,
    runtime::exit::Exit,
    wire::{
        pb::receiver::{CountWaitingRequest, CountWaitingResponse, WaitingInArea},
        time::from_pb,
    },
};

use super::{Common, client, output};

pub(super) async fn run(common: &Common) -> anyhow::Result<Exit> {
    let counted = client::waiting(common)?
        .count_waiting(CountWaitingRequest {})
        .await?
        .into_inner();
    let name = "framme.receiver.v1.CountWaitingResponse";
    output::message(common.json, name, &counted, || lines(&counted));
    Ok(Exit::Ok)
}

fn lines(counted: &CountWaitingResponse) -> Vec<String> {
    let mut lines = vec![format!(
        "{} reports wait, {} of them acute{}; {} drills",
        counted.reports,
        counted.acute,
        since(counted.oldest_submitted_time.as_ref()),
        counted.drills
    )];
    lines.extend(counted.areas.iter().map(line));
    lines
}

fn line(area: &WaitingInArea) -> String {
    let ask: Vec<&str> = area
        .ask()
        .filter_map(|role| Option::<StaffRole>::from(role).map(StaffRole::as_str))
        .collect();
    format!(
        "{:<8} {} reports, {} acute{}; {} drills; ask: {}",
        area.area,
        area.reports,
        area.acute,
        since(area.oldest_submitted_time.as_ref()),
        area.drills,
        ask.join(", ")
    )
}

fn since(oldest: Option<&prost_types::Timestamp>) -> String {
    match oldest.and_then(|time| from_pb(time).ok()) {
        Some(time) => format!(", the oldest since {time:.0}"),
        None => String::new(),
    }
}
