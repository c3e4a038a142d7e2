//! The sender's directory: who gets reports, and what happens when the register changes under a running service.

mod at_run_time;
mod broken;
mod register;
mod retired;
mod routing;
mod without_receiver;

use std::sync::Arc;

use framme_sender::{
    directory::{DirectoryWorker, Looked},
    exchanges::Exchanges,
};
use framme_shared::{
    domain::{ids::TransmissionId, organisation::OrganisationNumber},
    runtime::{clock::Clock as _, shutdown::Shutdown, tls::TlsStore, trust::ReceiptTrust},
    wire::pb::sender::{ReportState, RouteTransmissionRequest},
};
use framme_tests::database::TestDatabase;

use crate::sender::{doctor::config, stage::Stage};

/// The stage with a register in a file, and the worker that looks at it.
struct Scene {
    stage: Stage,
    exchanges: Arc<Exchanges>,
    worker: DirectoryWorker,
    shutdown: Shutdown,
}

impl Scene {
    /// With this register in force.
    async fn set(database: TestDatabase, register: &str) -> Self {
        let stage = Stage::set(database).await;
        let file = stage.database.folder().join("directory.toml");
        std::fs::write(&file, register).unwrap();
        let clock: Arc<dyn framme_shared::runtime::clock::Clock> = stage.clock.clone();
        let tls = TlsStore::load(stage.tls.clone(), Arc::clone(&clock)).unwrap();
        let trust = ReceiptTrust::load(&stage.tls).unwrap();
        let shutdown = Shutdown::new();
        let exchanges = Exchanges::new(&stage.context, &config(&stage), &tls, &trust, &shutdown).unwrap();
        let exchanges = Arc::new(exchanges);
        let every = std::time::Duration::from_secs(30);
        let worker = DirectoryWorker::new(Arc::clone(&stage.context), Arc::clone(&exchanges), Some(file), every);
        let mut scene = Self {
            stage,
            exchanges,
            worker,
            shutdown,
        };
        scene.look().await;
        scene
    }

    /// Writes another register, as a person or a program does.
    fn write(&self, register: &str) {
        std::fs::write(self.stage.database.folder().join("directory.toml"), register).unwrap();
    }

    /// Lets the worker look once.
    async fn look(&mut self) -> Looked {
        self.worker.step().await.unwrap()
    }

    /// Writes another register and lets the worker look.
    async fn change(&mut self, register: &str) -> Looked {
        self.write(register);
        self.look().await
    }

    /// Submits a report about children in these municipalities, and says where its parts go.
    async fn submit(&mut self, municipalities: &[&str]) -> ReportState {
        let report = self
            .stage
            .report(municipalities, framme_shared::wire::pb::report::Urgency::Normal);
        self.stage.send(report).await.unwrap().report.unwrap()
    }

    /// The open tasks of this kind: subject and particulars.
    async fn tasks_of(&self, kind: &str) -> Vec<(String, String)> {
        let reader = self.stage.context.database.reader();
        let open = framme_sender::tasks::page(reader, 0, false, 1_000).await.unwrap();
        let of_kind = open.into_iter().filter(|task| task.kind == kind);
        of_kind.map(|task| (task.subject, task.data)).collect()
    }

    fn route(&self, state: &ReportState, to: &str, request: u8) -> RouteTransmissionRequest {
        RouteTransmissionRequest {
            report_id: state.report_id.clone(),
            transmission_id: state.transmissions[0].transmission_id.clone(),
            request_id: format!("5b1f4a4e-6c1e-4a3b-9a55-0d3f6c1e7b{request:02}"),
            receiver_organisation_number: to.to_owned(),
            reason: "Barnet bor der nå.".to_owned(),
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.shutdown.abort();
    }
}

/// To whom each part goes, and how many children it has; by receiver.
fn parts(state: &ReportState) -> Vec<(&str, usize)> {
    let part = |part: &framme_shared::wire::pb::sender::TransmissionState| part.children.len();
    state
        .transmissions
        .iter()
        .map(|it| (it.receiver_organisation_number.as_str(), part(it)))
        .collect()
}

fn number(text: &str) -> OrganisationNumber {
    text.parse().unwrap()
}

fn transmission_of(state: &ReportState) -> TransmissionId {
    state.transmissions[0].transmission_id.parse().unwrap()
}

/// The day on the stage.
const TODAY: &str = "2026-03-02";
const YESTERDAY: &str = "2026-03-01";

fn assert_today(stage: &Stage) {
    assert!(stage.clock.now().to_string().starts_with(TODAY));
}
