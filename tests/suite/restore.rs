//! Either side is restored from a backup that is a thousand reports old: afterwards both agree, nothing is numbered twice, and
//! people were told.

use std::{collections::HashSet, path::PathBuf};

use framme_demo::{
    samples::{SampleReport, Samples},
    verdict::Verdict,
    world::{CASEWORKERS, LocalTransport, Process, Storage, World, WorldOptions, programs_beside_this_one},
};
use framme_shared::{
    runtime::clock::{Clock as _, SystemClock},
    wire::pb::{
        receiver::{AssignChildRequest, ChildChange, ListTransmissionsRequest, TransmissionSummary},
        report::Urgency,
        sender::{GetFiguresRequest, SubmitReportRequest},
    },
};
use framme_tests::{
    database::{Folder, postgres_server},
    tables::database_url,
    worlds::eventually,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};
use uuid::Uuid;

/// Before the backup, and since.
const BEFORE: usize = 100;
const SINCE: usize = 1_000;
/// Calls under way at once.
const AT_ONCE: usize = 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_restored_from_an_old_backup_gets_back_what_it_lost_on_sqlite() {
    restored_receiver(Storage::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_restored_from_an_old_backup_gets_back_what_it_lost_on_postgresql() {
    let server = postgres_server();
    restored_receiver(Storage::Postgres { server }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_restored_from_an_old_backup_gets_back_what_it_lost_on_sqlite() {
    restored_sender(Storage::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_restored_from_an_old_backup_gets_back_what_it_lost_on_postgresql() {
    let server = postgres_server();
    restored_sender(Storage::Postgres { server }).await;
}

async fn restored_receiver(storage: Storage) {
    let mut pair = PairUnderTest::start("restored-receiver", storage).await;
    pair.deliver(BEFORE).await;
    let backup = Backup::of(&pair.world.receivers[0].process).await;
    pair.deliver(SINCE).await;

    let receipts_before = pair.receipts().await;
    backup.restore(&pair.world.receivers[0].process).await;
    pair.until_all_are_delivered().await;

    assert!(
        pair.tasks_of_the_receiver()
            .await
            .contains(&"restored_from_backup".to_owned())
    );
    assert!(
        pair.tasks_of_the_sender()
            .await
            .contains(&"receiver_restored_from_backup".to_owned())
    );
    pair.assert_that_both_hold_one_history().await;
    assert_eq!(
        pair.receipts().await[..receipts_before.len()],
        receipts_before,
        "no receipt was made anew"
    );
    pair.deliver(10).await;
}

async fn restored_sender(storage: Storage) {
    let mut pair = PairUnderTest::start("restored-sender", storage).await;
    pair.deliver(BEFORE).await;
    let backup = Backup::of(&pair.world.sender.process).await;
    pair.deliver(SINCE).await;

    // The receiver is away at first: what is submitted gets numbers that were used before.
    pair.world.receivers[0].process.kill().await.unwrap();
    backup.restore(&pair.world.sender.process).await;
    pair.submit(20).await;
    pair.world.receivers[0].process.start().await.unwrap();
    pair.until_all_are_delivered().await;

    assert!(
        pair.tasks_of_the_sender()
            .await
            .contains(&"restored_from_backup".to_owned())
    );
    let at_the_receiver = pair.tasks_of_the_receiver().await;
    assert!(at_the_receiver.contains(&"sender_restored_from_backup".to_owned()));
    pair.assert_that_both_hold_one_history().await;
    pair.deliver(10).await;
}

struct PairUnderTest {
    world: World,
    samples: Samples,
    submitted: HashSet<String>,
    _folder: Folder,
}

impl PairUnderTest {
    async fn start(name: &str, storage: Storage) -> Self {
        let folder = Folder::new(name);
        let options = WorldOptions {
            directory: folder.path().join(name),
            storage,
            receivers: 1,
            programs: programs_beside_this_one().unwrap(),
            local: LocalTransport::Unix,
        };
        Self {
            world: World::start(&options).await.unwrap(),
            samples: Samples::new(4),
            submitted: HashSet::new(),
            _folder: folder,
        }
    }

    async fn submit(&mut self, count: usize) {
        let area = self.world.receivers[0].areas[0].clone();
        let reports: Vec<_> = (0..count)
            .map(|_| {
                let sample = SampleReport {
                    police_district: "Troms".to_owned(),
                    children: vec![area.clone()],
                    urgency: Urgency::Normal,
                    written: SystemClock.now(),
                };
                self.samples.report(&sample)
            })
            .collect();
        self.submitted
            .extend(reports.iter().map(|report| report.report_id.clone()));
        let client = self.world.sender.system().unwrap();
        stream::iter(reports)
            .map(|report| {
                let mut client = client.clone();
                async move { client.submit_report(SubmitReportRequest { report: Some(report) }).await }
            })
            .buffer_unordered(AT_ONCE)
            .try_for_each(|_| async { Ok(()) })
            .await
            .unwrap();
    }

    async fn deliver(&mut self, count: usize) {
        self.submit(count).await;
        self.until_all_are_delivered().await;
    }

    /// Gives whatever waits at the receiver to a caseworker until the sender knows of everything.
    async fn until_all_are_delivered(&self) {
        eventually("every report is delivered", || async {
            self.assign_what_waits().await;
            // Cheap to ask; then what both sides hold, for a sender does not know at once that its receiver was restored.
            if self.delivered().await? < self.submitted.len() as u64 {
                return None;
            }
            let verdict = Verdict::of(&self.world, &self.submitted).await.ok()?;
            verdict.is_clean().then_some(())
        })
        .await;
    }

    async fn delivered(&self) -> Option<u64> {
        let figures = self
            .world
            .sender
            .desk()
            .unwrap()
            .get_figures(GetFiguresRequest {})
            .await;
        let districts = figures.ok()?.into_inner().districts;
        Some(districts.iter().map(|district| district.reports_delivered).sum())
    }

    async fn assign_what_waits(&self) {
        let client = self.world.receivers[0].intake_leader().unwrap();
        let request = ListTransmissionsRequest {
            page_size: 500,
            page_token: String::new(),
            unassigned_only: true,
        };
        let Ok(waiting) = client.clone().list_transmissions(request).await else {
            return;
        };
        stream::iter(waiting.into_inner().transmissions)
            .for_each_concurrent(AT_ONCE, |transmission| {
                let client = client.clone();
                // While the pair recovers this is refused, and asked for again.
                async move { assign(client, transmission).await }
            })
            .await;
    }

    async fn tasks_of_the_sender(&self) -> Vec<String> {
        let token = self.world.sender.desk_token.clone();
        tasks(&self.world.sender.process, &token).await
    }

    async fn tasks_of_the_receiver(&self) -> Vec<String> {
        let token = self.world.receivers[0].administrator_token.clone();
        tasks(&self.world.receivers[0].process, &token).await
    }

    /// Every receipt that the receiver holds, in order.
    async fn receipts(&self) -> Vec<(i64, Vec<u8>)> {
        let mut database = connect(&self.world.receivers[0].process).await;
        sqlx::query_as("SELECT sequence, sha256 FROM receipt ORDER BY sequence")
            .fetch_all(&mut database)
            .await
            .unwrap()
    }

    /// Whole chains on both sides, the same receipts, and the same numbers for the same transmissions.
    async fn assert_that_both_hold_one_history(&self) {
        self.world.sender.process.command(&["doctor", "--full"]).await.unwrap();
        let receiver = &self.world.receivers[0].process;
        receiver.command(&["doctor", "--full"]).await.unwrap();
        let mut sender = connect(&self.world.sender.process).await;
        let mut receiver = connect(receiver).await;
        let sent: Vec<(i64, String)> =
            sqlx::query_as("SELECT sequence, transmission_id FROM transmission ORDER BY sequence")
                .fetch_all(&mut sender)
                .await
                .unwrap();
        let held: Vec<(i64, String)> = sqlx::query_as("SELECT sequence, sent_id FROM transmission ORDER BY sequence")
            .fetch_all(&mut receiver)
            .await
            .unwrap();
        assert_eq!(sent, held);
        let known: Vec<(i64, Vec<u8>)> = sqlx::query_as("SELECT sequence, sha256 FROM receipt ORDER BY sequence")
            .fetch_all(&mut sender)
            .await
            .unwrap();
        assert_eq!(known, self.receipts().await);
    }
}

async fn assign(mut client: framme_demo::world::WorkList, transmission: TransmissionSummary) {
    for child in transmission.children {
        let request = AssignChildRequest {
            change: Some(ChildChange {
                request_id: Uuid::new_v4().to_string(),
                transmission_id: transmission.transmission_id.clone(),
                child_id: child.child_id,
                on_behalf_of_staff_id: String::new(),
            }),
            caseworker_staff_id: CASEWORKERS[0].to_owned(),
            known_to_service: 0,
        };
        let _ = client.assign_child(request).await;
    }
}

/// The kinds of the open tasks.
async fn tasks(process: &Process, token: &str) -> Vec<String> {
    let file = process.directory().join("task-list.token");
    std::fs::write(&file, token).unwrap();
    let file = file.display().to_string();
    let answer = process
        .command(&["task", "list", "--json", "--token-file", &file])
        .await
        .unwrap();
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let tasks = answer["tasks"].as_array().cloned().unwrap_or_default();
    tasks
        .iter()
        .map(|task| task["kind"].as_str().unwrap().to_owned())
        .collect()
}

async fn connect(process: &Process) -> AnyConnection {
    sqlx::any::install_default_drivers();
    AnyConnection::connect(&database_url(&process.config_file()))
        .await
        .unwrap()
}

/// A service's database as it was.
enum Backup {
    File(PathBuf),
    Copy {
        server: String,
        database: String,
        copy: String,
    },
}

impl Backup {
    async fn of(process: &Process) -> Self {
        let url = database_url(&process.config_file());
        if url.starts_with("sqlite") {
            let file = process.directory().join("backup.db");
            process.command(&["backup", &file.display().to_string()]).await.unwrap();
            return Self::File(file);
        }
        let database = url.rsplit_once('/').unwrap().1.to_owned();
        let backup = Self::Copy {
            server: postgres_server(),
            copy: format!("{database}_copy"),
            database,
        };
        process.kill().await.unwrap();
        backup.duplicate(false).await;
        process.start().await.unwrap();
        backup
    }

    /// As an operator does it: the service ends, the database is put back, the high-water mark is taken away.
    async fn restore(&self, process: &Process) {
        process.kill().await.unwrap();
        match self {
            Self::File(backup) => {
                let url = database_url(&process.config_file());
                let file = url.trim_start_matches("sqlite://");
                for suffix in ["-wal", "-shm"] {
                    let _ = std::fs::remove_file(format!("{file}{suffix}"));
                }
                std::fs::copy(backup, file).unwrap();
            }
            Self::Copy { .. } => self.duplicate(true).await,
        }
        let mark = process.directory().join("high-water-mark");
        let refused = process.start().await;
        assert!(
            refused.is_err(),
            "an older copy is not opened beside the mark of a newer one"
        );
        std::fs::remove_file(mark).unwrap();
        process.start().await.unwrap();
    }

    async fn duplicate(&self, back: bool) {
        let Self::Copy { server, database, copy } = self else {
            return;
        };
        let (from, to) = if back { (copy, database) } else { (database, copy) };
        let mut connection = AnyConnection::connect(server).await.unwrap();
        for sql in [
            format!("DROP DATABASE IF EXISTS \"{to}\" WITH (FORCE)"),
            format!("CREATE DATABASE \"{to}\" TEMPLATE \"{from}\""),
        ] {
            sqlx::raw_sql(AssertSqlSafe(sql))
                .execute(&mut connection)
                .await
                .unwrap();
        }
    }
}
