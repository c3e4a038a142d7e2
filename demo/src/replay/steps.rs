//! The steps of the replay. Each may be repeated, and goes on while a service is away: that is how the crash tests use
//! them too.

use std::{
    collections::HashSet,
    future::Future,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use anyhow::{Context as _, bail};
use framme_shared::wire::pb::{receiver as receiver_pb, report as report_pb, sender as sender_pb};
use jiff::Timestamp;
use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use tonic::{Code, Status};
use uuid::Uuid;

use super::{official, plan, table::Table};
use crate::{
    samples::{SampleReport, Samples},
    world::{CASEWORKERS, ReceiverNode, World, areas_of},
};

/// How often a step looks again.
const STEP: Duration = Duration::from_millis(50);
/// How long a step may wait for something to become true.
const LIMIT: Duration = Duration::from_secs(180);

/// The reports, made once from the seed.
#[derive(Debug)]
pub struct Replay {
    reports: Vec<report_pb::Report>,
    reached_nobody: HashSet<String>,
    answered: AtomicUsize,
}

impl Replay {
    /// Makes the reports.
    pub fn new(seed: u64) -> anyhow::Result<Self> {
        let mut samples = Samples::new(seed);
        let mut rng = SmallRng::seed_from_u64(seed);
        let written: Timestamp = "2023-06-01T10:00:00Z".parse()?;
        let mut replay = Self {
            reports: Vec::new(),
            reached_nobody: HashSet::new(),
            answered: AtomicUsize::new(0),
        };
        for planned in plan(seed)? {
            let areas = areas_of(&planned.police_district);
            let home = areas[rng.random_range(0..areas.len())].clone();
            let sample = SampleReport {
                police_district: planned.police_district,
                children: vec![home; planned.children as usize],
                urgency: report_pb::Urgency::Normal,
                written,
            };
            let report = samples.report(&sample);
            if planned.reached_nobody {
                replay.reached_nobody.insert(report.report_id.clone());
            }
            replay.reports.push(report);
        }
        Ok(replay)
    }

    /// The reports' ids.
    pub fn report_ids(&self) -> impl Iterator<Item = &str> {
        self.reports.iter().map(|report| report.report_id.as_str())
    }

    /// How many submissions and assignments the replay makes.
    pub fn calls(&self) -> usize {
        let assigned = self
            .reports
            .iter()
            .filter(|report| !self.reached_nobody.contains(&report.report_id));
        self.reports.len() + assigned.map(|report| report.children.len()).sum::<usize>()
    }

    /// How many of them have been answered so far.
    pub fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }

    /// Submits every report, each until it is answered.
    pub async fn submit(&self, world: &World) -> anyhow::Result<()> {
        for report in &self.reports {
            until_answered(|| async {
                let request = sender_pb::SubmitReportRequest {
                    report: Some(report.clone()),
                };
                world.sender.desk()?.submit_report(request).await.map_err(Into::into)
            })
            .await?;
            self.answered.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Returns when every transmission is stored by its receiver.
    pub async fn wait_until_stored(&self, world: &World) -> anyhow::Result<()> {
        wait_until("every report is stored by its receiver", || async {
            let reports = all_reports(world).await?;
            Ok(reports.len() == self.reports.len()
                && children(&reports).all(|child| child.stage >= report_pb::Stage::Stored.into()))
        })
        .await
    }

    /// Assigns every child but those of the four reports; returns the number of reports assigned.
    pub async fn assign_all_but_those_who_reached_nobody(&self, world: &World) -> anyhow::Result<u64> {
        for receiver in &world.receivers {
            for transmission in unassigned(receiver).await? {
                if !self.reached_nobody.contains(&transmission.report_id) {
                    self.assign_children(receiver, &transmission).await?;
                }
            }
        }
        Ok((self.reports.len() - self.reached_nobody.len()) as u64)
    }

    async fn assign_children(
        &self,
        receiver: &ReceiverNode,
        transmission: &receiver_pb::TransmissionSummary,
    ) -> anyhow::Result<()> {
        for (index, child) in transmission.children.iter().enumerate() {
            // The same request in every repetition: version 5 of what it is about.
            let request_id = Uuid::new_v5(&child.child_id.parse()?, b"assign").to_string();
            let request = receiver_pb::AssignChildRequest {
                change: Some(receiver_pb::ChildChange {
                    request_id,
                    transmission_id: transmission.transmission_id.clone(),
                    child_id: child.child_id.clone(),
                    on_behalf_of_staff_id: String::new(),
                }),
                caseworker_staff_id: CASEWORKERS[index % CASEWORKERS.len()].to_owned(),
                known_to_service: 0,
            };
            until_answered(|| async {
                receiver
                    .intake_leader()?
                    .assign_child(request.clone())
                    .await
                    .map_err(Into::into)
            })
            .await?;
            self.answered.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Returns when the sender knows this many reports as delivered.
    pub async fn wait_until_delivered(&self, world: &World, count: u64) -> anyhow::Result<()> {
        wait_until("the sender knows what is delivered", || async {
            Ok(self.table(world).await?.sum().delivered == count)
        })
        .await
    }

    /// The sender's figures, in the official order.
    pub async fn table(&self, world: &World) -> anyhow::Result<Table> {
        let districts: Vec<String> = official::rows()?.into_iter().map(|row| row.police_district).collect();
        let figures = until_answered(|| async {
            let answer = world.sender.desk()?.get_figures(sender_pb::GetFiguresRequest {}).await;
            answer.map_err(Into::into)
        })
        .await?;
        Ok(Table::from_figures(&districts, &figures.into_inner().districts))
    }
}

/// The whole work list.
async fn unassigned(receiver: &ReceiverNode) -> anyhow::Result<Vec<receiver_pb::TransmissionSummary>> {
    let mut all = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = receiver_pb::ListTransmissionsRequest {
            page_size: 200,
            page_token,
            unassigned_only: true,
        };
        let page = until_answered(|| async {
            receiver
                .intake_leader()?
                .list_transmissions(request.clone())
                .await
                .map_err(Into::into)
        })
        .await?
        .into_inner();
        all.extend(page.transmissions);
        if page.next_page_token.is_empty() {
            return Ok(all);
        }
        page_token = page.next_page_token;
    }
}

/// All reports of the sender.
pub async fn all_reports(world: &World) -> anyhow::Result<Vec<sender_pb::ReportState>> {
    let mut all = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = sender_pb::ListReportsRequest {
            page_size: 200,
            page_token,
            standing: 0,
        };
        let page = until_answered(|| async {
            world
                .sender
                .desk()?
                .list_reports(request.clone())
                .await
                .map_err(Into::into)
        })
        .await?
        .into_inner();
        all.extend(page.reports);
        if page.next_page_token.is_empty() {
            return Ok(all);
        }
        page_token = page.next_page_token;
    }
}

/// Every child of these reports.
pub fn children(reports: &[sender_pb::ReportState]) -> impl Iterator<Item = &report_pb::ChildState> {
    reports
        .iter()
        .flat_map(|report| &report.transmissions)
        .flat_map(|transmission| &transmission.children)
}

/// Calls again while the service is away. An answer that is no is an error at once.
async fn until_answered<T, F>(mut call: impl FnMut() -> F) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<T>>,
{
    let mut ticks = tokio::time::interval(STEP);
    for _ in 0..LIMIT.as_millis() / STEP.as_millis() {
        ticks.tick().await;
        match call().await {
            Err(error) if is_away(&error) => {}
            answer => return answer,
        }
    }
    bail!("the service was away for {LIMIT:?}")
}

fn is_away(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Status>().is_some_and(|status| {
        matches!(
            status.code(),
            Code::Unavailable | Code::Unknown | Code::Cancelled | Code::DeadlineExceeded
        )
    })
}

async fn wait_until<F>(what: &str, mut holds: impl FnMut() -> F) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<bool>>,
{
    let mut ticks = tokio::time::interval(STEP);
    for _ in 0..LIMIT.as_millis() / STEP.as_millis() {
        ticks.tick().await;
        if holds().await.context(what.to_owned())? {
            return Ok(());
        }
    }
    bail!("waited {LIMIT:?} in vain until {what}")
}
