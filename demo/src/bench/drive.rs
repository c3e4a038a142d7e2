//! Sends reports and plays the people on both sides: a police system that submits and follows, and an intake leader who
//! assigns whatever comes in.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use framme_shared::{
    runtime::clock::{Clock as _, SystemClock},
    wire::pb::{receiver as receiver_pb, report as report_pb, sender as sender_pb},
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinHandle,
};
use uuid::Uuid;

use super::latency::Latency;
use crate::{
    samples::{SampleReport, Samples},
    world::{CASEWORKERS, ReceiverNode, WorkList, World},
};

/// Assignments under way at once.
const ASSIGNING: usize = 64;
/// How long the assigner waits when nothing has come in.
const IDLE: Duration = Duration::from_millis(2);

/// Drives one world.
pub(super) struct Driver<'a> {
    world: &'a World,
    samples: Samples,
    size: usize,
    submitted: HashSet<String>,
}

/// What is known of the reports under way.
#[derive(Default)]
struct UnderWay {
    /// A place in the window, given back when the report is delivered.
    permits: HashMap<String, OwnedSemaphorePermit>,
    latencies: Vec<(usize, Duration)>,
}

const SUBMIT: usize = 0;
const STORE: usize = 1;
const ASSIGN: usize = 2;
const KNOW: usize = 3;
const STAGES: [&str; 4] = [
    "submit: call to durable answer",
    "store: accepted to stored",
    "assign: stored to assigned",
    "know: assigned to known delivered",
];

impl<'a> Driver<'a> {
    pub(super) fn new(world: &'a World, size: usize) -> anyhow::Result<Self> {
        Ok(Self {
            world,
            samples: Samples::new(1),
            size,
            submitted: HashSet::new(),
        })
    }

    /// The ids of all reports that were answered with success.
    pub(super) fn submitted(&self) -> &HashSet<String> {
        &self.submitted
    }

    /// As fast as the window allows. Returns reports per second and latencies.
    pub(super) async fn full_load(&mut self, count: usize, window: usize) -> anyhow::Result<(f64, Vec<Latency>)> {
        let reports = self.reports(count);
        let started = Instant::now();
        let latencies = self.drive(reports, window, None).await?;
        Ok((count as f64 / started.elapsed().as_secs_f64(), latencies))
    }

    /// One after the other, `rate` per second.
    pub(super) async fn light_load(&mut self, count: usize, rate: u32) -> anyhow::Result<Vec<Latency>> {
        let reports = self.reports(count);
        self.drive(reports, count, Some(rate)).await
    }

    /// Made before the clock starts.
    fn reports(&mut self, count: usize) -> Vec<report_pb::Report> {
        let areas = &self.world.receivers[0].areas;
        let written = SystemClock.now();
        (0..count)
            .map(|index| {
                let sample = SampleReport {
                    police_district: "Troms".to_owned(),
                    children: vec![areas[index % areas.len()].clone()],
                    urgency: report_pb::Urgency::Normal,
                    written,
                };
                self.samples.report_of_size(&sample, self.size)
            })
            .collect()
    }

    async fn drive(
        &mut self,
        reports: Vec<report_pb::Report>,
        window: usize,
        rate: Option<u32>,
    ) -> anyhow::Result<Vec<Latency>> {
        let under_way = Arc::new(Mutex::new(UnderWay::default()));
        let places = Arc::new(Semaphore::new(window));
        let mut stream = self
            .world
            .sender
            .system()?
            .follow_reports(sender_pb::FollowReportsRequest {})
            .await?
            .into_inner();
        let follower = {
            let under_way = Arc::clone(&under_way);
            tokio::spawn(async move {
                while let Some(changed) = stream.message().await? {
                    note_changes(&under_way, &changed.reports);
                }
                anyhow::Ok(())
            })
        };
        let assigner = assign_everything(&self.world.receivers[0], &under_way)?;

        let client = self.world.sender.system()?;
        let mut pace = rate.map(|rate| tokio::time::interval(Duration::from_secs(1) / rate));
        let mut calls = Vec::with_capacity(reports.len());
        for report in reports {
            if let Some(pace) = pace.as_mut() {
                pace.tick().await;
            }
            let permit = Arc::clone(&places).acquire_owned().await?;
            self.submitted.insert(report.report_id.clone());
            under_way
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .permits
                .insert(report.report_id.clone(), permit);
            let (mut client, under_way) = (client.clone(), Arc::clone(&under_way));
            calls.push(tokio::spawn(async move {
                let called = Instant::now();
                client
                    .submit_report(sender_pb::SubmitReportRequest { report: Some(report) })
                    .await?;
                record(&under_way, SUBMIT, called.elapsed());
                anyhow::Ok(())
            }));
        }
        for call in calls {
            call.await??;
        }
        // All places are free again when every report is known as delivered.
        let all = u32::try_from(window)?;
        let _all_are_back = tokio::time::timeout(Duration::from_secs(120), places.acquire_many(all))
            .await
            .context("not every report was delivered within two minutes")??;
        follower.abort();
        assigner.abort();

        let under_way = under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let mut latencies: Vec<Latency> = STAGES.into_iter().map(Latency::new).collect();
        for (stage, took) in &under_way.latencies {
            latencies[*stage].record(*took);
        }
        Ok(latencies)
    }
}

fn record(under_way: &Mutex<UnderWay>, stage: usize, took: Duration) {
    under_way
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .latencies
        .push((stage, took));
}

/// A report that has become delivered gives its place in the window back.
fn note_changes(under_way: &Mutex<UnderWay>, reports: &[sender_pb::ReportState]) {
    let now = SystemClock.now();
    let now = prost_types::Timestamp {
        seconds: now.as_second(),
        nanos: now.subsec_nanosecond(),
    };
    let mut under_way = under_way.lock().unwrap_or_else(PoisonError::into_inner);
    for report in reports {
        if report.standing == i32::from(sender_pb::Standing::Delivered)
            && under_way.permits.remove(&report.report_id).is_some()
            && let Some(assigned) = report.delivered_time
        {
            under_way.latencies.push((KNOW, between(&assigned, &now)));
        }
    }
}

fn assign_everything(
    receiver: &ReceiverNode,
    under_way: &Arc<Mutex<UnderWay>>,
) -> anyhow::Result<JoinHandle<anyhow::Result<()>>> {
    let client = receiver.intake_leader()?;
    let under_way = Arc::clone(under_way);
    Ok(tokio::spawn(async move {
        let mut ticks = tokio::time::interval(IDLE);
        loop {
            let request = receiver_pb::ListTransmissionsRequest {
                page_size: 256,
                page_token: String::new(),
                unassigned_only: true,
            };
            let waiting = client
                .clone()
                .list_transmissions(request)
                .await?
                .into_inner()
                .transmissions;
            if waiting.is_empty() {
                ticks.tick().await;
                continue;
            }
            stream::iter(waiting)
                .map(|transmission| assign(client.clone(), transmission, &under_way))
                .buffer_unordered(ASSIGNING)
                .try_for_each(|()| async { Ok(()) })
                .await?;
        }
    }))
}

async fn assign(
    mut client: WorkList,
    transmission: receiver_pb::TransmissionSummary,
    under_way: &Mutex<UnderWay>,
) -> anyhow::Result<()> {
    let stored = transmission.stored_time.context("a listed transmission is stored")?;
    let submitted = transmission
        .submitted_time
        .context("a listed transmission was submitted")?;
    record(under_way, STORE, between(&submitted, &stored));
    for child in transmission.children {
        let request = receiver_pb::AssignChildRequest {
            change: Some(receiver_pb::ChildChange {
                request_id: Uuid::new_v5(&child.child_id.parse()?, b"assign").to_string(),
                transmission_id: transmission.transmission_id.clone(),
                child_id: child.child_id,
                on_behalf_of_staff_id: String::new(),
            }),
            caseworker_staff_id: CASEWORKERS[0].to_owned(),
            known_to_service: 0,
        };
        let changed = client
            .assign_child(request)
            .await?
            .into_inner()
            .changed
            .and_then(|changed| changed.child);
        let assigned = changed
            .and_then(|child| child.stage_time)
            .context("an assigned child has a time")?;
        record(under_way, ASSIGN, between(&stored, &assigned));
    }
    Ok(())
}

/// From one moment to a later one; both services and this program have the same clock.
fn between(earlier: &prost_types::Timestamp, later: &prost_types::Timestamp) -> Duration {
    let micros = |time: &prost_types::Timestamp| time.seconds * 1_000_000 + i64::from(time.nanos) / 1_000;
    Duration::from_micros(u64::try_from(micros(later) - micros(earlier)).unwrap_or(0))
}
