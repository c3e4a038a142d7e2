//! Files whose report never came: a person removes them, and never one that a report needs.

use std::time::Duration;

use framme_sender::{
    store::unsubmitted::{UnsubmittedFile, list_after},
    submission::unsubmitted::RemoveUnsubmitted,
};
use framme_shared::{
    domain::ids::{AttachmentId, ReportId},
    runtime::clock::Clock as _,
    wire::{
        pb::report::{ErrorReason, Report, attachment_chunk::Part},
        status::reason_of,
    },
};
use framme_tests::{database::TestDatabase, on_both_databases, worlds::eventually};
use jiff::{SignedDuration, Timestamp};
use sqlx::Row as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::{
    attachments::{ID, SIZE, committed, content, header, message, upload, uploaded, with_attachment},
    stage::{Stage, soon},
};

on_both_databases!(
    a_file_whose_report_never_came_is_listed_and_removed_by_somebody,
    a_report_whose_file_was_removed_can_still_be_submitted,
    a_submitted_report_keeps_its_files_however_old_they_are,
    a_file_that_was_written_a_moment_ago_is_neither_listed_nor_removed,
    an_old_file_of_a_report_that_still_gets_others_is_left,
    a_submission_at_the_same_moment_keeps_its_file_or_is_told_that_it_is_gone,
    an_upload_that_is_removed_under_way_starts_again,
);

const DAY: Duration = Duration::from_secs(24 * 3600);

/// As `--older-than-days 30`.
fn thirty_days_ago(stage: &Stage) -> Timestamp {
    stage.clock.now() - SignedDuration::from_hours(30 * 24)
}

/// Nothing is newer.
fn in_a_moment(stage: &Stage) -> Timestamp {
    stage.clock.now() + SignedDuration::from_secs(1)
}

fn id_of(report: &Report) -> ReportId {
    ReportId::parse(&report.report_id).unwrap()
}

async fn listed(stage: &Stage) -> Vec<UnsubmittedFile> {
    let reader = stage.context.database.reader();
    list_after(reader, thirty_days_ago(stage), None, 10).await.unwrap()
}

async fn remove(stage: &Stage, report: ReportId, before: Timestamp) -> bool {
    let change = RemoveUnsubmitted {
        report,
        attachment: AttachmentId::parse(ID).unwrap(),
        before,
        by: "adm-1".parse().unwrap(),
    };
    stage.context.database.change(change).await.unwrap()
}

async fn count(stage: &Stage, table: &'static str) -> i64 {
    let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
    let mut connection = stage.database.connect().await;
    sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
}

async fn a_file_whose_report_never_came_is_listed_and_removed_by_somebody(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = with_attachment(&mut stage);
    let _ = upload(&stage, &report, 0, &content()[..SIZE / 2]).await;
    let written_at = stage.clock.now();
    stage.clock.advance(31 * DAY);
    let file = UnsubmittedFile {
        report: id_of(&report),
        attachment: AttachmentId::parse(ID).unwrap(),
        size_bytes: SIZE as u64,
        committed_bytes: SIZE as u64 / 2,
        written_at,
    };
    assert_eq!(listed(&stage).await, [file]);

    assert!(remove(&stage, id_of(&report), thirty_days_ago(&stage)).await);
    assert!(listed(&stage).await.is_empty());
    assert_eq!(
        (
            count(&stage, "attachment").await,
            count(&stage, "attachment_chunk").await
        ),
        (0, 0)
    );
    let mut connection = stage.database.connect().await;
    let entry = sqlx::query("SELECT subject, actor, data FROM ledger WHERE kind = 'attachment_removed'");
    let entry = entry.fetch_one(&mut connection).await.unwrap();
    let text = |column: &str| entry.get::<String, _>(column);
    assert_eq!(
        (text("subject"), text("actor")),
        (report.report_id.clone(), "adm-1".to_owned())
    );
    assert!(text("data").contains(ID));
    assert!(
        !remove(&stage, id_of(&report), thirty_days_ago(&stage)).await,
        "it is gone"
    );
}

async fn a_report_whose_file_was_removed_can_still_be_submitted(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let (with_file, mut without) = (with_attachment(&mut stage), with_attachment(&mut stage));
    for report in [&with_file, &without] {
        upload(&stage, report, 0, &content()).await.unwrap();
        assert!(remove(&stage, id_of(report), in_a_moment(&stage)).await);
    }
    let refused = stage.send(with_file.clone()).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::AttachmentIncomplete));
    upload(&stage, &with_file, 0, &content()).await.unwrap();
    stage.send(with_file).await.unwrap();
    without.attachments.clear();
    stage.send(without).await.unwrap();
    soon(stage.deliver(0)).await;
    assert_eq!(stage.first.arrived().len(), 2);
    assert!(stage.first.files() == [content()]);
}

async fn a_submitted_report_keeps_its_files_however_old_they_are(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = uploaded(&mut stage).await;
    stage.clock.advance(31 * DAY);
    assert!(listed(&stage).await.is_empty());
    assert!(!remove(&stage, report, in_a_moment(&stage)).await);
    soon(stage.deliver(0)).await;
    assert!(stage.first.files() == [content()]);
}

async fn a_file_that_was_written_a_moment_ago_is_neither_listed_nor_removed(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = with_attachment(&mut stage);
    let _ = upload(&stage, &report, 0, &content()[..SIZE / 3]).await;
    stage.clock.advance(31 * DAY);
    assert_eq!(listed(&stage).await.len(), 1);
    let _ = upload(&stage, &report, SIZE / 3, &content()[SIZE / 3..SIZE / 2]).await;
    assert!(listed(&stage).await.is_empty());
    assert!(!remove(&stage, id_of(&report), thirty_days_ago(&stage)).await);
    upload(&stage, &report, SIZE / 2, &content()[SIZE / 2..]).await.unwrap();
}

async fn an_old_file_of_a_report_that_still_gets_others_is_left(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = with_attachment(&mut stage);
    upload(&stage, &report, 0, &content()).await.unwrap();
    stage.clock.advance(31 * DAY);
    let other = "76b7cf28-8bc9-49f4-9134-0894e0d7d8b7";
    let mut first = header(&report, 0);
    if let Some(Part::Header(header)) = first.chunk.as_mut().and_then(|chunk| chunk.part.as_mut()) {
        header.attachment_id = other.to_owned();
    }
    let _ = stage.system().upload_attachment(tokio_stream::iter([first])).await;
    assert_eq!(count(&stage, "attachment").await, 2);
    assert!(listed(&stage).await.is_empty());
    assert!(!remove(&stage, id_of(&report), thirty_days_ago(&stage)).await);
}

async fn a_submission_at_the_same_moment_keeps_its_file_or_is_told_that_it_is_gone(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    for round in 0..8 {
        let report = with_attachment(&mut stage);
        upload(&stage, &report, 0, &content()).await.unwrap();
        let (id, before) = (id_of(&report), in_a_moment(&stage));
        // Each round the removal comes a little later into the submission.
        let removal = async {
            for _ in 0..4 * round {
                listed(&stage).await;
            }
            remove(&stage, id, before).await
        };
        let (sent, removed) = tokio::join!(stage.send(report.clone()), removal);
        match sent {
            Ok(_) => assert!(!removed, "the file of a submitted report is removed"),
            Err(refused) => {
                assert!(removed);
                assert_eq!(reason_of(&refused), Some(ErrorReason::AttachmentIncomplete));
                upload(&stage, &report, 0, &content()).await.unwrap();
                stage.send(report).await.unwrap();
            }
        }
    }
    let pieces = SIZE.div_ceil(1024 * 1024) as i64;
    assert_eq!(
        (
            count(&stage, "attachment").await,
            count(&stage, "attachment_chunk").await
        ),
        (8, 8 * pieces)
    );
}

async fn an_upload_that_is_removed_under_way_starts_again(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = with_attachment(&mut stage);
    let (client, messages) = mpsc::channel(64);
    let mut system = stage.system();
    let uploading = tokio::spawn(async move { system.upload_attachment(ReceiverStream::new(messages)).await });
    client.send(header(&report, 0)).await.unwrap();
    let parts = content();
    let mut parts = parts
        .chunks(256 * 1024)
        .map(|data| message(Part::Data(data.to_vec().into())));
    for part in parts.by_ref().take(5) {
        client.send(part).await.unwrap();
    }
    eventually("its first piece is durable", || async {
        committed(&stage, &report).await.filter(|bytes| *bytes > 0)
    })
    .await;
    assert!(remove(&stage, id_of(&report), in_a_moment(&stage)).await);
    for part in parts {
        client.send(part).await.unwrap();
    }
    drop(client);
    let refused = soon(uploading).await.unwrap().unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::UploadOffset));
    assert_eq!(committed(&stage, &report).await, None);

    upload(&stage, &report, 0, &content()).await.unwrap();
    stage.send(report).await.unwrap();
    soon(stage.deliver(0)).await;
    assert!(stage.first.files() == [content()]);
}
