//! Databases from before a migration go on: nothing that was kept is lost or read otherwise.

use std::sync::Arc;

use framme_shared::{
    db::{Database, Schema},
    runtime::clock::{Clock as _, SystemClock},
};
use framme_tests::{database::TestDatabase, on_both_databases};
use sqlx::AnyConnection;

on_both_databases!(
    a_senders_contents_and_receipts_from_before_are_read_as_they_were,
    a_receivers_contents_receipts_and_answers_from_before_are_read_as_they_were,
);

const TRANSMISSION: &str = "0190b8a4-0000-4000-8000-000000000001";
const REPORT: &str = "6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20";
const CHILD: &str = "76b7cf28-8bc9-59f4-9134-0894e0d7d8b7";
const ORGANISATION: &str = "974761076";
const REQUEST: &str = "f81d4fae-7dec-41d0-a765-00a0c91e6bf6";

/// The schema as it was up to this migration.
fn up_to(schema: &'static Schema, number: usize) -> &'static Schema {
    Box::leak(Box::new(Schema {
        name: schema.name,
        migrations: &schema.migrations[..number],
    }))
}

/// Migrates to the state before, runs these statements, and opens the database with everything that came since.
async fn upgraded(
    test: &TestDatabase,
    before: &'static Schema,
    now: &'static Schema,
    sql: &[&'static str],
) -> Database {
    Database::migrate(test.config(), before, SystemClock.now())
        .await
        .unwrap();
    let mut connection: AnyConnection = test.connect().await;
    for statement in sql {
        let query = sqlx::query(*statement).bind(vec![7_u8; 32]);
        query.execute(&mut connection).await.unwrap();
    }
    drop(connection);
    test.open_with(now, Arc::new(SystemClock)).await
}

async fn a_senders_contents_and_receipts_from_before_are_read_as_they_were(test: TestDatabase) {
    use framme_sender::store::{SCHEMA, confirmation, receipt, view};
    let database = upgraded(
        &test,
        up_to(&SCHEMA, 3),
        &SCHEMA,
        &[
            "INSERT INTO data_key (report_id, master_key_id, wrapped, written_at, written_by)
            VALUES ('6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20', 'k', $1, 1, 'test')",
            "INSERT INTO report (report_id, submitted_sha256, report_type, urgency, police_district, submitted_at,
                submitted_by, answer, standing, delivered_at, children, children_open, written_at, written_by)
            VALUES ('6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20', $1, 'notice', 'normal', 'Troms', 1, 'test', $1, 'open', NULL,
                1, 1, 1, 'test')",
            "INSERT INTO transmission (transmission_id, report_id, receiver, sequence, content, content_sha256,
                submitted_at, urgency_rank, delivery_state, attempts, next_attempt_at, lease_token, lease_until,
                last_failure, written_at, written_by)
            VALUES ('0190b8a4-0000-4000-8000-000000000001', '6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20', '974761076', 1, $1,
                $1, 1, 2, 'handed_over', 1, 1, NULL, 0, NULL, 1, 'test')",
            "INSERT INTO child (report_id, child_id, transmission_id, place, municipality, stage, stage_time, opened,
                registered, written_at, written_by)
            SELECT '6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20', '76b7cf28-8bc9-59f4-9134-0894e0d7d8b7',
                '0190b8a4-0000-4000-8000-000000000001', 0, '5501', 'stored', 1, 0, 0, 1, 'test'
            WHERE $1 IS NOT NULL",
            "INSERT INTO receipt (receiver, sequence, report_id, transmission_id, jws, sha256, written_at, written_by)
            VALUES ('974761076', 1, '6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20', '0190b8a4-0000-4000-8000-000000000001',
                'head.body.signature', $1, 1, 'test')",
        ],
    )
    .await;
    let report = REPORT.parse().unwrap();
    let parts = view::sealed_parts(database.reader(), &report).await.unwrap();
    assert_eq!(parts[0].transmission.to_string(), TRANSMISSION);
    assert_eq!(parts[0].content, [7; 32]);
    let receipts = receipt::of_report(database.reader(), &report).await.unwrap();
    assert_eq!(receipts, ["head.body.signature"]);
    let shown = view::look_up(database.reader(), &report).await.unwrap().unwrap();
    assert_eq!(shown.children().next().unwrap().child.to_string(), CHILD);
    // It was handed over, so it is asked for after a day.
    let receiver = ORGANISATION.parse().unwrap();
    for (hours, due) in [(23, false), (25, true)] {
        let at = jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(hours);
        let found = confirmation::any_due(database.reader(), &receiver, at).await;
        assert_eq!(found.unwrap(), due);
    }
}

async fn a_receivers_contents_receipts_and_answers_from_before_are_read_as_they_were(test: TestDatabase) {
    use framme_receiver::store::{SCHEMA, receipt, request, transmission};
    let database = upgraded(
        &test,
        up_to(&SCHEMA, 1),
        &SCHEMA,
        &[
            "INSERT INTO transmission (transmission_id, sender, sent_id, sequence, report_id, report_type, urgency_rank,
                submitted_at, arrived_at, stored_at, stored_receipt_sequence, attachment_count, content_sha256,
                wrapped_key, master_key_id, written_at, written_by, content_sealed)
            VALUES ('0190b8a4-0000-4000-8000-000000000001', '974761076', '0190b8a4-0000-4000-8000-000000000001', 1,
                '6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20', 'notice', 2, 1, 1, 1, 1, 0, $1, $1, 'k', 1, 'test', $1)",
            "INSERT INTO receipt (sender, sequence, transmission_id, child_id, level, jws, sha256, made_at)
            VALUES ('974761076', 1, '0190b8a4-0000-4000-8000-000000000001', NULL, 'stored', 'head.body.signature', $1, 1)",
            "INSERT INTO request (caller, request_id, method, fingerprint, answer, wrapped_key, master_key_id, answered_at)
            VALUES ('staff/il-1', 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6', 'AssignChild', $1, $1, NULL, NULL, 1)",
        ],
    )
    .await;
    let mut connection = database.reader().acquire().await.unwrap();
    let id = TRANSMISSION.parse().unwrap();
    let found = transmission::content(&mut connection, &[id]).await.unwrap();
    assert_eq!(found[&id].0.sealed, [7; 32]);
    let organisation = ORGANISATION.parse().unwrap();
    let kept = receipt::find(&mut *connection, &organisation, 1)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(kept.jws, "head.body.signature");
    let request = REQUEST.parse().unwrap();
    let answered = request::find(&mut *connection, "staff/il-1", &request).await;
    let answered = answered.unwrap().unwrap();
    assert_eq!((answered.answer, answered.receipt), (vec![7; 32], None));
}
