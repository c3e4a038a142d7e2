//! How long a caller of the local interface is believed.

use std::time::Duration;

use framme_sender::store::{SCHEMA, credential};
use framme_shared::{
    db::{Database, Schema},
    runtime::clock::{Clock as _, SystemClock},
    wire::{
        pb::{report::ErrorReason, sender::ListReportsRequest},
        status::reason_of,
    },
};
use framme_tests::{database::TestDatabase, on_both_databases};
use tonic::Status;

use super::stage::Stage;

on_both_databases!(
    a_credential_is_refused_from_its_end_on_even_if_it_was_used_a_moment_before,
    a_credential_from_before_they_ended_ends_400_days_after_it_was_issued,
);

async fn call(stage: &Stage) -> Result<(), Status> {
    let listed = stage.desk().list_reports(ListReportsRequest::default()).await;
    listed.map(drop)
}

async fn a_credential_is_refused_from_its_end_on_even_if_it_was_used_a_moment_before(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let valid = Duration::from_secs(90 * 24 * 3600);
    let moment = Duration::from_millis(1);
    stage.clock.advance(valid - moment);
    call(&stage).await.unwrap();
    stage.clock.advance(moment);
    let refused = call(&stage).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::Unauthenticated));
}

async fn a_credential_from_before_they_ended_ends_400_days_after_it_was_issued(test: TestDatabase) {
    let before: &'static Schema = Box::leak(Box::new(Schema {
        name: SCHEMA.name,
        migrations: &SCHEMA.migrations[..1],
    }));
    let now = SystemClock.now();
    Database::migrate(test.config(), before, now).await.unwrap();
    let mut connection = test.connect().await;
    let sql =
        "INSERT INTO credential (credential_id, kind, secret_sha256, role, holder, issued_at, revoked_at, written_at, \
                written_by)
        VALUES ($1, 'token', $2, 'desk', 'desk-1', $3, NULL, $3, 'IssueCredential')";
    let inserted = sqlx::query(sql)
        .bind("6f1d1f5e-4c1e-4a3b-9a55-0d3f6c1e7b20")
        .bind(vec![7_u8; 32])
        .bind(now.as_microsecond());
    inserted.execute(&mut connection).await.unwrap();

    let database = test.open(&SCHEMA).await;
    let kept = credential::list(database.reader()).await.unwrap();
    assert_eq!(kept.len(), 1);
    let valid = kept[0].expires_at.duration_since(kept[0].issued_at);
    assert_eq!(valid.as_secs(), 400 * 24 * 3600);
}
