//! Files on their whole way: uploaded to the sender, delivered to the receiver, read by the intake leader.

mod files;

use std::time::Duration;

use framme_demo::{
    samples::{SampleReport, Samples},
    world::{Client, ReceiverNode, Storage, Usage},
};
use framme_shared::{
    runtime::random::{OsRandom, Random as _},
    wire::{
        pb::{
            receiver::{GetTransmissionRequest, ListTransmissionsRequest, TransmissionSummary},
            report::{ErrorReason, Report, Stage, Urgency},
            sender::{GetReportRequest, ReportState, SubmitReportRequest, sender_service_client::SenderServiceClient},
        },
        status::{Received, reason_of},
    },
};
use framme_tests::{
    database::postgres_server,
    worlds::{TestWorld, eventually},
};
use sqlx::{AnyConnection, Connection as _};
use tonic::Code;

use self::files::{File, LONG};

const MIB: u64 = 1024 * 1024;

/// What a service may grow by for a file of 100 MiB.
const MOST_GROWTH_MIB: f64 = 32.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_100_mib_arrives_whole_and_neither_service_grows_by_more_than_32_mib_on_sqlite() {
    a_file_of_100_mib_arrives_whole(Storage::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_100_mib_arrives_whole_and_neither_service_grows_by_more_than_32_mib_on_postgresql() {
    let server = postgres_server();
    a_file_of_100_mib_arrives_whole(Storage::Postgres { server }).await;
}

async fn a_file_of_100_mib_arrives_whole(storage: Storage) {
    let world = TestWorld::start("attachment-100", storage, 1).await;
    // What a service takes for its first report of any kind is not the file's.
    let small = File::new(MIB);
    let first = report(&world, &[(&small, &[])]);
    small
        .upload(&first.report_id, &mut world.sender.desk().unwrap())
        .await
        .unwrap();
    let transmission = delivered(&world, &first).await;
    let mut work_list = world.receivers[0].intake_leader().unwrap();
    small.download(&transmission, &mut work_list).await.unwrap();
    let services = [&world.sender.process, &world.receivers[0].process];
    let mut before = Vec::new();
    for service in services {
        before.push(Usage::of(service.pid().await).unwrap());
    }

    let file = File::new(100 * MIB);
    let report = report(&world, &[(&file, &[])]);
    file.upload(&report.report_id, &mut world.sender.desk().unwrap())
        .await
        .unwrap();
    let transmission = delivered(&world, &report).await;
    let read = file.download(&transmission, &mut work_list).await.unwrap();

    assert_eq!(read, (100 * MIB, file.sha256));
    for (service, before) in services.into_iter().zip(before) {
        let after = Usage::of(service.pid().await).unwrap();
        let growth = after.peak_mib - before.resident_mib;
        println!(
            "{}: {:.1} MiB before, grew by {growth:.1} MiB",
            service.name, before.resident_mib
        );
        assert!(growth <= MOST_GROWTH_MIB, "{} grew by {growth:.1} MiB", service.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_to_the_sender_that_broke_goes_on_at_the_committed_offset() {
    let world = TestWorld::start("attachment-resume", Storage::Sqlite, 1).await;
    let file = File::new(8 * MIB + 17);
    let report = report(&world, &[(&file, &[])]);
    let mut sender = world.sender.desk().unwrap();

    let mut breaking = world.sender.desk().unwrap();
    let committed = {
        let uploading = file.upload_and_hang_at(5 * MIB + MIB / 2, &report.report_id, &mut breaking);
        tokio::pin!(uploading);
        let five_mib = eventually("five pieces are durable", || {
            let mut sender = sender.clone();
            let (file, report) = (&file, &report);
            async move {
                let state = file.at_sender(&report.report_id, &mut sender).await.ok()?;
                (state.committed_bytes == 5 * MIB).then_some(state)
            }
        });
        tokio::select! {
            ended = &mut uploading => panic!("the upload ended by itself: {ended:?}"),
            state = five_mib => state,
        }
    };
    assert!(!committed.complete);

    let elsewhere = file
        .upload_from(4 * MIB, &report.report_id, &mut sender)
        .await
        .unwrap_err();
    assert_eq!(reason_of(&elsewhere), Some(ErrorReason::UploadOffset));

    let from = go_on(&file, &report, &mut sender).await;
    assert!(from >= 5 * MIB, "{from}");
    let transmission = delivered(&world, &report).await;
    let mut work_list = world.receivers[0].intake_leader().unwrap();
    let read = file.download(&transmission, &mut work_list).await.unwrap();
    assert_eq!(read, (file.size_bytes, file.sha256));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_killed_in_the_middle_of_an_upload_goes_on_at_the_committed_offset() {
    let world = TestWorld::start("attachment-sender-killed", Storage::Sqlite, 1).await;
    let file = File::new(6 * MIB);
    let report = report(&world, &[(&file, &[])]);
    let mut sender = world.sender.desk().unwrap();
    {
        let mut breaking = world.sender.desk().unwrap();
        let uploading = file.upload_and_hang_at(4 * MIB, &report.report_id, &mut breaking);
        let three_mib = eventually("three pieces are durable", || {
            let mut sender = sender.clone();
            let (file, report) = (&file, &report);
            async move {
                let state = file.at_sender(&report.report_id, &mut sender).await.ok()?;
                (state.committed_bytes >= 3 * MIB).then_some(())
            }
        });
        tokio::select! {
            ended = uploading => panic!("the upload ended by itself: {ended:?}"),
            () = three_mib => {}
        }
        world.sender.process.kill().await.unwrap();
    }
    world.sender.process.start().await.unwrap();

    let state = file.at_sender(&report.report_id, &mut sender).await.unwrap();
    assert!(state.committed_bytes >= 3 * MIB && !state.complete, "{state:?}");
    file.upload_from(state.committed_bytes, &report.report_id, &mut sender)
        .await
        .unwrap();
    let transmission = delivered(&world, &report).await;
    let mut work_list = world.receivers[0].intake_leader().unwrap();
    let read = file.download(&transmission, &mut work_list).await.unwrap();
    assert_eq!(read, (file.size_bytes, file.sha256));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_killed_in_the_middle_of_a_delivery_ends_with_one_whole_file_and_is_sent_the_rest_only() {
    let world = TestWorld::start("attachment-receiver-killed", Storage::Sqlite, 1).await;
    let receiver = &world.receivers[0];
    let file = File::new(48 * MIB);
    let report = report(&world, &[(&file, &[])]);
    file.upload(&report.report_id, &mut world.sender.desk().unwrap())
        .await
        .unwrap();
    let database = database_of(receiver);
    sqlx::any::install_default_drivers();

    submit(&world, &report).await;
    let mut reading = AnyConnection::connect(&database).await.unwrap();
    let mut committed = 0;
    let mut looks = tokio::time::interval(Duration::from_millis(5));
    while committed < 4 * MIB as i64 {
        looks.tick().await;
        committed = sqlx::query_scalar("SELECT COALESCE(MAX(committed_bytes), 0) FROM attachment")
            .fetch_one(&mut reading)
            .await
            .unwrap();
    }
    receiver.process.kill().await.unwrap();
    assert!(
        committed < file.size_bytes as i64,
        "the kill came too late to mean anything"
    );
    receiver.process.start().await.unwrap();

    let transmission = stored(&world, &report).await;
    let read = file
        .download(&transmission, &mut receiver.intake_leader().unwrap())
        .await
        .unwrap();
    assert_eq!(read, (file.size_bytes, file.sha256));
    let files: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM attachment")
        .fetch_one(&mut reading)
        .await
        .unwrap();
    let starts: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM ledger WHERE kind = 'upload_started'")
        .fetch_one(&mut reading)
        .await
        .unwrap();
    assert_eq!(
        (files, starts),
        (1, 1),
        "it went on where it was, and did not begin again"
    );
    receiver.process.command(&["doctor", "--full"]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_with_another_digest_than_announced_is_refused_and_nothing_of_it_is_kept() {
    let world = TestWorld::start("attachment-digest", Storage::Sqlite, 1).await;
    let mut file = File::new(3 * MIB);
    file.sha256 = File::new(3 * MIB).sha256;
    let report = report(&world, &[(&file, &[])]);
    let mut sender = world.sender.desk().unwrap();

    let refused = file.upload(&report.report_id, &mut sender).await.unwrap_err();

    assert_eq!(reason_of(&refused), Some(ErrorReason::DigestMismatch));
    let state = file.at_sender(&report.report_id, &mut sender).await.unwrap_err();
    assert_eq!(state.code(), Code::NotFound);
    let submitted = sender
        .submit_report(SubmitReportRequest {
            report: Some(report.clone()),
        })
        .await
        .unwrap_err();
    assert_eq!(reason_of(&submitted), Some(ErrorReason::AttachmentIncomplete));
    let known = sender
        .get_report(GetReportRequest {
            report_id: report.report_id,
            include_content: false,
        })
        .await;
    assert_eq!(known.unwrap_err().code(), Code::NotFound);
    assert_eq!(count(&world, "SELECT COUNT(*) FROM attachment_chunk").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_twenty_files_are_refused() {
    let world = TestWorld::start("attachment-21", Storage::Sqlite, 1).await;
    let files: Vec<File> = (0..21).map(|_| File::new(1_000)).collect();
    let named: Vec<(&File, &[&str])> = files.iter().map(|file| (file, &[][..])).collect();
    let mut report = report(&world, &named);
    let mut sender = world.sender.desk().unwrap();
    for file in &files {
        file.upload(&report.report_id, &mut sender).await.unwrap();
    }

    let refused = sender
        .submit_report(SubmitReportRequest {
            report: Some(report.clone()),
        })
        .await
        .unwrap_err();
    let refused = Received::from_status(&refused);
    assert!(
        refused.violations.iter().any(|(field, _)| field == "attachments"),
        "{:?}",
        refused.violations
    );

    report.attachments.pop();
    let transmission = delivered(&world, &report).await;
    let mut work_list = world.receivers[0].intake_leader().unwrap();
    let read = files[19].download(&transmission, &mut work_list).await.unwrap();
    assert_eq!(read, (1_000, files[19].sha256));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_concerns_one_child_reaches_only_that_childs_receiver() {
    let world = TestWorld::start("attachment-child", Storage::Sqlite, 2).await;
    let (for_all, for_second) = (File::new(2_000), File::new(3_000));
    let mut report = samples_report(&[&world.receivers[0], &world.receivers[1]]);
    let children: Vec<String> = (0..2).map(|_| OsRandom.new_uuid().to_string()).collect();
    for (child, id) in report.children.iter_mut().zip(&children) {
        child.child_id.clone_from(id);
    }
    report.attachments = vec![for_all.named(&[]), for_second.named(&[&children[1]])];
    let mut sender = world.sender.desk().unwrap();
    for file in [&for_all, &for_second] {
        file.upload(&report.report_id, &mut sender).await.unwrap();
    }
    submit(&world, &report).await;

    let mut names = Vec::new();
    for receiver in &world.receivers {
        let entry = listed(receiver, &report.report_id).await;
        let request = GetTransmissionRequest {
            transmission_id: entry.transmission_id.clone(),
        };
        let mut work_list = receiver.intake_leader().unwrap();
        let content = work_list
            .get_transmission(request)
            .await
            .unwrap()
            .into_inner()
            .report
            .unwrap();
        let here: Vec<String> = content
            .attachments
            .iter()
            .map(|file| file.attachment_id.clone())
            .collect();
        names.push((entry.attachment_count, here));
        assert!(for_all.download(&entry.transmission_id, &mut work_list).await.is_ok());
        let second = for_second.download(&entry.transmission_id, &mut work_list).await;
        assert_eq!(
            second.is_ok(),
            receiver.organisation == world.receivers[1].organisation,
            "{second:?}"
        );
    }
    let (all, second) = (for_all.id.to_string(), for_second.id.to_string());
    assert_eq!(names, [(1, vec![all.clone()]), (2, vec![all, second])]);
}

/// Uploads the rest, and returns from where. The broken stream's end may still move the offset: then it is asked again.
async fn go_on(file: &File, report: &Report, sender: &mut SenderServiceClient<Client>) -> u64 {
    loop {
        let from = file.at_sender(&report.report_id, sender).await.unwrap().committed_bytes;
        match file.upload_from(from, &report.report_id, sender).await {
            Ok(()) => return from,
            Err(status) => assert_eq!(reason_of(&status), Some(ErrorReason::UploadOffset), "{status:?}"),
        }
    }
}

/// A report about one child of the first receiver, with these files.
fn report(world: &TestWorld, files: &[(&File, &[&str])]) -> Report {
    let mut report = samples_report(&[&world.receivers[0]]);
    report.attachments = files.iter().map(|(file, children)| file.named(children)).collect();
    report
}

/// A report about one child of each of these receivers.
fn samples_report(receivers: &[&ReceiverNode]) -> Report {
    let sample = SampleReport {
        police_district: "Oslo".to_owned(),
        children: receivers.iter().map(|receiver| receiver.areas[0].clone()).collect(),
        urgency: Urgency::Normal,
        written: "2026-06-01T10:00:00Z".parse().unwrap(),
    };
    let mut report = Samples::new(1).report(&sample);
    report.report_id = OsRandom.new_uuid().to_string();
    report
}

async fn submit(world: &TestWorld, report: &Report) {
    let request = SubmitReportRequest {
        report: Some(report.clone()),
    };
    world.sender.desk().unwrap().submit_report(request).await.unwrap();
}

/// Submits the report and returns its transmission's id at the receiver when that has it.
async fn delivered(world: &TestWorld, report: &Report) -> String {
    submit(world, report).await;
    stored(world, report).await
}

/// The transmission's id when the sender knows, by a receipt, that the receiver has it.
async fn stored(world: &TestWorld, report: &Report) -> String {
    let waiting = eventually("the receiver has it", || async {
        let request = GetReportRequest {
            report_id: report.report_id.clone(),
            include_content: false,
        };
        let answer = world.sender.desk().unwrap().get_report(request).await.unwrap();
        let state = answer.into_inner().report?;
        is_stored(&state).then_some(())
    });
    tokio::time::timeout(LONG, waiting).await.unwrap();
    listed(&world.receivers[0], &report.report_id).await.transmission_id
}

fn is_stored(state: &ReportState) -> bool {
    let mut children = state
        .transmissions
        .iter()
        .flat_map(|transmission| &transmission.children);
    children.all(|child| child.stage() == Stage::Stored)
}

async fn listed(receiver: &ReceiverNode, report: &str) -> TransmissionSummary {
    eventually("the receiver lists it", || async {
        let request = ListTransmissionsRequest {
            page_size: 1_000,
            ..ListTransmissionsRequest::default()
        };
        let page = receiver
            .intake_leader()
            .unwrap()
            .list_transmissions(request)
            .await
            .unwrap();
        page.into_inner()
            .transmissions
            .into_iter()
            .find(|entry| entry.report_id == report)
    })
    .await
}

/// The URL of a receiver's database.
fn database_of(receiver: &ReceiverNode) -> String {
    let folder = receiver.process.log_file().parent().unwrap().to_owned();
    let name = folder.file_name().unwrap().to_string_lossy();
    format!("sqlite://{}", folder.join(format!("{name}.db")).display())
}

/// Counts in the sender's database.
async fn count(world: &TestWorld, sql: &'static str) -> i64 {
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}", world.directory.join("sender/sender.db").display());
    let mut connection = AnyConnection::connect(&url).await.unwrap();
    sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
}
