//! Reports that go through a world while something happens to it.

use std::{
    collections::HashSet,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use framme_demo::{
    samples::{SampleReport, Samples},
    world::{CASEWORKERS, LocalClient, World},
};
use framme_shared::{
    runtime::random::{OsRandom, Random as _},
    wire::pb::{
        receiver::{AssignChildRequest, ChildChange, ListTransmissionsRequest},
        report::{Report, Urgency},
        sender::{GetFiguresRequest, SubmitReportRequest},
    },
};
use tonic::{Code, Status};
use uuid::Uuid;

/// Between two looks at the work list, and two attempts of a call.
const STEP: Duration = Duration::from_millis(20);

/// What was submitted with success so far.
#[derive(Debug, Default)]
pub struct Traffic {
    submitted: Mutex<HashSet<String>>,
    answered: AtomicUsize,
}

impl Traffic {
    /// The ids of what was submitted with success.
    pub fn submitted(&self) -> HashSet<String> {
        self.submitted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many submissions were answered with success.
    pub fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }

    /// Submits so many reports, one child each, to the senders in turn; each until it is answered by one of them.
    ///
    /// # Panics
    /// When a sender refuses one.
    pub async fn submit(&self, world: &World, senders: &[&LocalClient], count: usize, seed: u64) {
        let mut samples = Samples::new(seed);
        for number in 0..count {
            let report = report(world, &mut samples, number);
            let mut turn = number;
            until_answered(|| {
                let sender = senders[turn % senders.len()];
                turn += 1;
                let request = SubmitReportRequest {
                    report: Some(report.clone()),
                };
                async move {
                    let mut sender = sender.sender(&world.sender.desk_token).expect("the address is right");
                    sender.submit_report(request).await
                }
            })
            .await;
            self.submitted
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(report.report_id);
            self.answered.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Assigns every child that waits at these interfaces of receivers, asked in turn, until the sender knows that many
    /// reports as delivered.
    ///
    /// # Panics
    /// When a receiver refuses.
    pub async fn assign_until_delivered(&self, world: &World, receivers: &[(&LocalClient, &str)], delivered: u64) {
        let mut turn = 0;
        let mut ticks = tokio::time::interval(STEP);
        while delivered_at(world).await < delivered {
            ticks.tick().await;
            let (receiver, token) = receivers[turn % receivers.len()];
            turn += 1;
            // One that is down is passed over: the next turn asks the other.
            let _ = assign_all(receiver, token).await;
        }
    }
}

fn report(world: &World, samples: &mut Samples, number: usize) -> Report {
    let receiver = &world.receivers[number % world.receivers.len()];
    let sample = SampleReport {
        police_district: "Oslo".to_owned(),
        children: vec![receiver.areas[number % receiver.areas.len()].clone()],
        urgency: Urgency::Normal,
        written: "2026-06-01T10:00:00Z".parse().expect("it is a time"),
    };
    let mut report = samples.report(&sample);
    report.report_id = OsRandom.new_uuid().to_string();
    report
}

/// How many reports are delivered; 0 while the sender is away.
async fn delivered_at(world: &World) -> u64 {
    let answer = match world.sender.desk() {
        Ok(mut desk) => desk.get_figures(GetFiguresRequest {}).await,
        Err(_) => return 0,
    };
    answer.map_or(0, |figures| {
        let districts = figures.into_inner().districts;
        districts.iter().map(|district| district.reports_delivered).sum()
    })
}

async fn assign_all(receiver: &LocalClient, token: &str) -> Result<(), Status> {
    let mut work_list = receiver.work_list(token).expect("the address is right");
    let request = ListTransmissionsRequest {
        page_size: 500,
        page_token: String::new(),
        unassigned_only: true,
    };
    let page = work_list.list_transmissions(request).await?.into_inner();
    for entry in page.transmissions {
        for (index, child) in entry.children.iter().enumerate() {
            let id: Uuid = child.child_id.parse().expect("a child's id is a UUID");
            let request = AssignChildRequest {
                change: Some(ChildChange {
                    request_id: Uuid::new_v5(&id, b"assign").to_string(),
                    transmission_id: entry.transmission_id.clone(),
                    child_id: child.child_id.clone(),
                    on_behalf_of_staff_id: String::new(),
                }),
                caseworker_staff_id: CASEWORKERS[index % CASEWORKERS.len()].to_owned(),
                known_to_service: 0,
            };
            work_list.assign_child(request).await?;
        }
    }
    Ok(())
}

async fn until_answered<T, F: Future<Output = Result<T, Status>>>(mut call: impl FnMut() -> F) -> T {
    let mut ticks = tokio::time::interval(STEP);
    loop {
        match call().await {
            Ok(answer) => return answer,
            Err(status) => assert!(is_away(&status), "{status:?}"),
        }
        ticks.tick().await;
    }
}

fn is_away(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Unavailable | Code::Unknown | Code::Cancelled | Code::DeadlineExceeded | Code::Aborted
    )
}
