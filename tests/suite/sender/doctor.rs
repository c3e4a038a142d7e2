//! The doctor finds nothing after a real run, and finds and names each damage that is planted.

use std::time::Duration;

use framme_sender::{
    Config,
    config::{
        AttachmentLimits, ConfirmationConfig, DrillConfig, FeedbackConfig, FiguresConfig, LocalConfig, OutboxConfig,
        ReadinessConfig, ReceiverConfig, ReconciliationConfig,
    },
    doctor::{Subject, examine},
};
use framme_shared::{
    domain::{
        clocks::ClockPolicy, escalation::LaddersInConfig, ids::ReportId, lifecycle::RejectionReason,
        receipt::Statement, statement::Schedule,
    },
    runtime::{
        clock::Clock as _,
        diagnosis::{Extent, Finding},
        serve::ServeLimits,
        telemetry::LogFormat,
    },
    wire::pb::report::Urgency,
};
use framme_tests::{database::TestDatabase, on_both_databases};
use sqlx::{AssertSqlSafe, Row as _};

use super::{
    attachments,
    receiver::caseworker,
    requests,
    stage::{HARSTAD, Stage, TROMSO, soon},
};

on_both_databases!(
    a_real_run_leaves_nothing_to_find,
    a_flipped_byte_in_a_receipt_is_found,
    a_missing_receipt_is_found_where_it_was,
    a_chain_that_lost_its_end_is_found,
    a_receipt_under_another_number_is_found,
    a_receipt_kept_under_another_report_is_found,
    a_child_made_assigned_by_hand_is_found,
    a_child_made_assigned_without_a_caseworker_is_found,
    a_child_given_to_another_caseworker_by_hand_is_found,
    a_child_closed_by_nobody_is_found,
    a_report_made_delivered_by_hand_is_found,
    a_report_delivered_at_another_time_is_found,
    a_missing_child_is_found,
    a_renumbered_transmission_is_found,
    a_flipped_byte_in_content_is_found,
    content_whose_key_is_gone_is_found,
    a_flipped_byte_in_a_file_is_found_when_everything_is_opened,
    what_was_handed_over_and_never_receipted_is_found,
    a_receiver_that_never_answers_is_found_once_it_had_time,
    a_certificate_near_its_end_is_found,
);

/// Reports of every kind: one delivered after a revocation, one open at one of two receivers, one rejected, one closed by a
/// person and one on its way.
struct Run {
    stage: Stage,
    delivered: ReportId,
    open: ReportId,
}

impl Run {
    async fn of(database: TestDatabase) -> Self {
        let mut stage = Stage::set(database).await;
        let delivered = stage.submit(&[TROMSO, TROMSO], Urgency::Acute).await;
        soon(stage.deliver(0)).await;
        let assigned = stage.first.children()[0];
        stage.first.assigns_all();
        stage.first.states(Statement::Opened, None);
        stage.clock.advance(Duration::from_secs(60));
        stage.first.states(Statement::Revoked, Some(assigned));
        stage.first.states(Statement::Assigned(caseworker()), Some(assigned));
        let rejected = stage.submit(&[TROMSO], Urgency::Urgent).await;
        soon(stage.deliver(0)).await;
        let child = stage.first.children()[0];
        stage
            .first
            .states(Statement::Rejected(RejectionReason::Duplicate), Some(child));
        soon(stage.track(0)).await;
        requests::close(&stage, &rejected).await;
        let open = stage.submit(&[TROMSO, HARSTAD], Urgency::Normal).await;
        for receiver in [0, 1] {
            soon(stage.deliver(receiver)).await;
        }
        stage.second.assigns_all();
        for receiver in [0, 1] {
            soon(stage.track(receiver)).await;
        }
        stage.submit(&[TROMSO], Urgency::Normal).await;
        Self { stage, delivered, open }
    }

    /// Does this to the database, past the service.
    async fn damage(&self, sql: String) {
        let mut connection = self.stage.database.connect().await;
        let done = sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        assert_eq!(done.rows_affected(), 1, "the damage is done");
    }

    /// Flips the last bit of the one value that this yields, and writes it back.
    async fn flip(&self, select: String, update: String) {
        let mut connection = self.stage.database.connect().await;
        let row = sqlx::query(AssertSqlSafe(select))
            .fetch_one(&mut connection)
            .await
            .unwrap();
        let mut bytes: Vec<u8> = row.get(0);
        *bytes.last_mut().unwrap() ^= 1;
        let done = sqlx::query(AssertSqlSafe(update))
            .bind(bytes)
            .execute(&mut connection)
            .await
            .unwrap();
        assert_eq!(done.rows_affected(), 1, "the damage is done");
    }

    async fn faults(&self) -> Vec<String> {
        faults(&self.stage, Extent::Sample(200)).await
    }
}

pub(crate) fn config(stage: &Stage) -> Config {
    let receiver = |number| ReceiverConfig {
        organisation: stage.receiver_number(number),
        endpoint: "https://127.0.0.1:1".to_owned(),
        municipalities: Vec::new(),
    };
    Config {
        organisation: stage.context.organisation,
        production: false,
        log_format: LogFormat::default(),
        database: stage.database.config().clone(),
        tls: stage.tls.clone(),
        tls_reload_seconds: 30,
        local: LocalConfig {
            address: "127.0.0.1:0".parse().unwrap(),
            tls: None,
            limits: ServeLimits::local(),
        },
        outbox: OutboxConfig::default(),
        letters: framme_sender::config::LettersConfig::default(),
        confirmation: ConfirmationConfig::default(),
        feedback: FeedbackConfig::default(),
        attachments: AttachmentLimits::default(),
        reconciliation: ReconciliationConfig::default(),
        figures: FiguresConfig::default(),
        statements: Schedule::default(),
        directory: None,
        notification: Default::default(),
        contacts: Vec::new(),
        readiness: ReadinessConfig {
            enabled: false,
            ..ReadinessConfig::default()
        },
        drills: DrillConfig {
            scheduled: false,
            ..DrillConfig::default()
        },
        clocks: ClockPolicy::default(),
        escalation: LaddersInConfig::default(),
        receivers: vec![receiver(0), receiver(1)],
    }
}

async fn findings(stage: &Stage, extent: Extent) -> Vec<Finding> {
    let config = config(stage);
    let subject = Subject {
        config: &config,
        database: &stage.context.database,
        keys: &stage.context.keys,
        now: stage.clock.now(),
    };
    examine(&subject, extent, || ()).await.unwrap()
}

/// Each fault as `check: text`.
pub(super) async fn faults(stage: &Stage, extent: Extent) -> Vec<String> {
    let found = findings(stage, extent).await;
    let faults = found.iter().filter(|finding| !finding.is_good);
    faults.map(|fault| format!("{}: {}", fault.check, fault.text)).collect()
}

/// There is a fault that has all these words.
fn assert_named(faults: &[String], words: &[&str]) {
    assert!(
        faults.iter().any(|fault| words.iter().all(|word| fault.contains(word))),
        "{words:?} in {faults:#?}"
    );
}

async fn a_real_run_leaves_nothing_to_find(database: TestDatabase) {
    let run = Run::of(database).await;
    for extent in [Extent::Sample(2), Extent::Everything] {
        assert_eq!(faults(&run.stage, extent).await, Vec::<String>::new());
    }
}

async fn a_flipped_byte_in_a_receipt_is_found(database: TestDatabase) {
    let run = Run::of(database).await;
    let receiver = run.stage.receiver_number(0);
    let of_second = format!("WHERE receiver = '{receiver}' AND sequence = 2");
    let mut connection = run.stage.database.connect().await;
    let row = sqlx::query(AssertSqlSafe(format!("SELECT jws FROM receipt {of_second}")))
        .fetch_one(&mut connection)
        .await
        .unwrap();
    let mut jws: Vec<char> = row.get::<String, _>(0).chars().collect();
    let middle = jws.len() / 2;
    jws[middle] = if jws[middle] == 'A' { 'B' } else { 'A' };
    let jws: String = jws.into_iter().collect();
    run.damage(format!("UPDATE receipt SET jws = '{jws}' {of_second}"))
        .await;
    let found = run.faults().await;
    assert_named(&found, &[&format!("receipts of {receiver}"), "number 2"]);
    assert_named(&found, &["children", &run.delivered.to_string(), "receipt 2 of"]);
}

async fn a_missing_receipt_is_found_where_it_was(database: TestDatabase) {
    let run = Run::of(database).await;
    let receiver = run.stage.receiver_number(0);
    run.damage(format!(
        "DELETE FROM receipt WHERE receiver = '{receiver}' AND sequence = 2"
    ))
    .await;
    let found = run.faults().await;
    assert_named(
        &found,
        &[&format!("receipts of {receiver}"), "number 3", "2 was expected"],
    );
    assert_named(&found, &["children", &run.delivered.to_string()]);
}

async fn a_chain_that_lost_its_end_is_found(database: TestDatabase) {
    let run = Run::of(database).await;
    let receiver = run.stage.receiver_number(1);
    let last = run.stage.second.stated();
    run.damage(format!(
        "DELETE FROM receipt WHERE receiver = '{receiver}' AND sequence = {last}"
    ))
    .await;
    let found = run.faults().await;
    assert_named(
        &found,
        &[&format!("receipts of {receiver}"), "it ends at 1, but 2 were there"],
    );
    assert_named(&found, &["shows as assigned, and its receipts say stored"]);
}

async fn a_receipt_under_another_number_is_found(database: TestDatabase) {
    let run = Run::of(database).await;
    let receiver = run.stage.receiver_number(1);
    run.damage(format!(
        "UPDATE receipt SET sequence = 7 WHERE receiver = '{receiver}' AND sequence = 2"
    ))
    .await;
    assert_named(
        &run.faults().await,
        &[&format!("receipts of {receiver}"), "number 7: it is number 2"],
    );
}

async fn a_receipt_kept_under_another_report_is_found(database: TestDatabase) {
    let run = Run::of(database).await;
    let receiver = run.stage.receiver_number(0);
    let other = run.open;
    run.damage(format!(
        "UPDATE receipt SET report_id = '{other}' WHERE receiver = '{receiver}' AND sequence = 2"
    ))
    .await;
    let found = run.faults().await;
    assert_named(&found, &["number 2: it is kept under another report"]);
    assert_named(&found, &["children", &run.delivered.to_string()]);
}

async fn a_child_made_assigned_by_hand_is_found(database: TestDatabase) {
    let run = Run::of(database).await;
    let open = run.open;
    run.damage(format!(
        "UPDATE child SET stage = 'assigned', assigned_role = 'caseworker', assigned_staff = 'cw-1',
            assigned_time = stage_time
        WHERE report_id = '{open}' AND stage = 'stored'"
    ))
    .await;
    let found = run.faults().await;
    assert_named(
        &found,
        &[&open.to_string(), "shows as assigned, and its receipts say stored"],
    );
    assert_eq!(found.len(), 1, "{found:#?}");
}

async fn a_child_made_assigned_without_a_caseworker_is_found(database: TestDatabase) {
    let run = Run::of(database).await;
    let open = run.open;
    run.damage(format!(
        "UPDATE child SET stage = 'assigned' WHERE report_id = '{open}' AND stage = 'stored'"
    ))
    .await;
    let found = run.faults().await;
    assert_named(&found, &["children", &open.to_string(), "stored value child."]);
    assert_eq!(found.len(), 1, "{found:#?}");
}

async fn a_child_given_to_another_caseworker_by_hand_is_found(database: TestDatabase) {
    let run = Run::of(database).await;
    let (open, delivered) = (run.open, run.delivered);
    run.damage(format!(
        "UPDATE child SET assigned_staff = 'cw-9' WHERE report_id = '{open}' AND stage = 'assigned'"
    ))
    .await;
    let found = run.faults().await;
    assert_named(
        &found,
        &[&open.to_string(), "is assigned, and its receipts tell another story"],
    );
    assert!(!found[0].contains(&delivered.to_string()), "{found:#?}");
}

async fn a_child_closed_by_nobody_is_found(database: TestDatabase) {
    let run = Run::of(database).await;
    let open = run.open;
    run.damage(format!(
        "UPDATE child SET stage = 'closed' WHERE report_id = '{open}' AND stage = 'stored'"
    ))
    .await;
    assert_named(&run.faults().await, &[&open.to_string()]);
}

async fn a_report_made_delivered_by_hand_is_found(database: TestDatabase) {
    let run = Run::of(database).await;
    let open = run.open;
    run.damage(format!(
        "UPDATE report SET standing = 'delivered', delivered_at = submitted_at, children_open = 0
        WHERE report_id = '{open}'"
    ))
    .await;
    let found = run.faults().await;
    assert_named(
        &found,
        &[&open.to_string(), "it shows as delivered, and its children say open"],
    );
    assert_eq!(found.len(), 1, "{found:#?}");
}

async fn a_report_delivered_at_another_time_is_found(database: TestDatabase) {
    let run = Run::of(database).await;
    let delivered = run.delivered;
    run.damage(format!(
        "UPDATE report SET delivered_at = delivered_at - 1 WHERE report_id = '{delivered}'"
    ))
    .await;
    assert_named(&run.faults().await, &[&delivered.to_string(), "another time"]);
}

async fn a_missing_child_is_found(database: TestDatabase) {
    let run = Run::of(database).await;
    let open = run.open;
    run.damage(format!(
        "DELETE FROM child WHERE report_id = '{open}' AND stage = 'stored'"
    ))
    .await;
    assert_named(&run.faults().await, &[&open.to_string(), "1 of 2 children are there"]);
}

async fn a_renumbered_transmission_is_found(database: TestDatabase) {
    let run = Run::of(database).await;
    let receiver = run.stage.receiver_number(0);
    run.damage(format!(
        "UPDATE transmission SET sequence = 90 WHERE receiver = '{receiver}' AND sequence = 2"
    ))
    .await;
    let found = run.faults().await;
    assert_named(
        &found,
        &[&format!("transmissions to {receiver}"), "number 2 is missing"],
    );
    assert_eq!(found.len(), 1, "{found:#?}");
}

async fn a_flipped_byte_in_content_is_found(database: TestDatabase) {
    let run = Run::of(database).await;
    let receiver = run.stage.receiver_number(1);
    let mut connection = run.stage.database.connect().await;
    let transmission: String = sqlx::query_scalar(AssertSqlSafe(format!(
        "SELECT transmission_id FROM transmission WHERE receiver = '{receiver}'"
    )))
    .fetch_one(&mut connection)
    .await
    .unwrap();
    run.flip(
        format!("SELECT content FROM transmission_content WHERE transmission_id = '{transmission}'"),
        format!("UPDATE transmission_content SET content = $1 WHERE transmission_id = '{transmission}'"),
    )
    .await;
    assert_named(&run.faults().await, &["sealed content", "1 do not hold", &transmission]);
}

async fn content_whose_key_is_gone_is_found(database: TestDatabase) {
    let run = Run::of(database).await;
    run.damage(format!("DELETE FROM data_key WHERE report_id = '{}'", run.delivered))
        .await;
    assert_named(
        &run.faults().await,
        &["sealed content", "1 do not hold", "its data key is missing"],
    );
}

async fn a_flipped_byte_in_a_file_is_found_when_everything_is_opened(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    let report = attachments::uploaded(&mut stage).await;
    soon(stage.deliver(0)).await;
    soon(stage.track(0)).await;
    let of_file = "WHERE start_byte = 0";
    let run = Run {
        stage,
        delivered: report,
        open: report,
    };
    assert_eq!(faults(&run.stage, Extent::Everything).await, Vec::<String>::new());
    run.flip(
        format!("SELECT sealed FROM attachment_chunk {of_file}"),
        format!("UPDATE attachment_chunk SET sealed = $1 {of_file}"),
    )
    .await;
    let found = faults(&run.stage, Extent::Everything).await;
    assert_named(&found, &["sealed content", "1 do not hold", &report.to_string()]);
}

async fn what_was_handed_over_and_never_receipted_is_found(database: TestDatabase) {
    let mut stage = Stage::set(database).await;
    stage.submit(&[TROMSO], Urgency::Normal).await;
    soon(stage.deliver(0)).await;
    let receiver = stage.receiver_number(0).to_string();
    let about = |faults: Vec<String>| {
        faults
            .into_iter()
            .filter(|fault| fault.starts_with("handed over"))
            .collect::<Vec<_>>()
    };
    assert_eq!(about(faults(&stage, Extent::Everything).await), Vec::<String>::new());
    stage.clock.advance(Duration::from_secs(601));
    assert_named(&about(faults(&stage, Extent::Everything).await), &[&receiver]);
}

async fn a_receiver_that_never_answers_is_found_once_it_had_time(database: TestDatabase) {
    let stage = Stage::set(database).await;
    assert_eq!(faults(&stage, Extent::Everything).await, Vec::<String>::new());
    stage.clock.advance(Duration::from_secs(601));
    let found = faults(&stage, Extent::Everything).await;
    for receiver in [0, 1] {
        assert_named(
            &found,
            &[&stage.receiver_number(receiver).to_string(), "it has never answered"],
        );
    }
}

async fn a_certificate_near_its_end_is_found(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let good = findings(&stage, Extent::Everything).await;
    assert!(
        good.iter()
            .any(|finding| finding.check == "certificate" && finding.is_good)
    );
    stage.clock.advance(Duration::from_secs(20 * 365 * 24 * 3600));
    assert_named(
        &faults(&stage, Extent::Everything).await,
        &["certificate", "it expired"],
    );
}
